/** CPU that the services have used, seen from outside; null where they do not run on this machine or cannot be asked. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { Redis } from 'ioredis';
import { cpuSecondsOf } from '../test/support/child-process.ts';

export interface ServiceCpu {
  readonly brokerSeconds: number | null;
  readonly redisSeconds: number | null;
}

const LISTENING = '0A';

export class Services {
  readonly #brokerPids: readonly (number | null)[];
  readonly #redis: Redis | null;

  constructor(brokers: string, redisUrl: string | null) {
    this.#brokerPids = brokers.split(',').map(pidBehind);
    this.#redis = redisUrl === null ? null : new Redis(redisUrl);
  }

  async cpu(): Promise<ServiceCpu> {
    return { brokerSeconds: this.#brokerSeconds(), redisSeconds: await this.#redisSeconds() };
  }

  close(): void {
    this.#redis?.disconnect();
  }

  #brokerSeconds(): number | null {
    let sum = 0;
    for (const pid of this.#brokerPids) {
      if (pid === null) return null;
      sum += cpuSecondsOf(pid);
    }
    return sum;
  }

  async #redisSeconds(): Promise<number | null> {
    if (this.#redis === null) return null;
    const info = await this.#redis.info('cpu');
    const seconds = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1]);
    return seconds('used_cpu_user') + seconds('used_cpu_sys');
  }
}

/** The process on this machine that listens at the address; null for one elsewhere, behind a proxy or of another user. */
function pidBehind(address: string): number | null {
  const [host = '', port = ''] = address.split(/:(?=\d+$)/);
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(host)) return null;
  const sockets = ['tcp', 'tcp6'].flatMap((table) => listeningSockets(table, Number(port)));
  const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && holdsOneOf(name, sockets));
  if (pid === undefined || readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('docker-proxy')) return null;
  return Number(pid);
}

/** Links of /proc/PID/fd. Columns of the table: local address is the second, state the fourth, inode the tenth. */
function listeningSockets(table: string, port: number): readonly string[] {
  const lines = readFileSync(`/proc/net/${table}`, 'utf8').trim().split('\n').slice(1);
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => state === LISTENING && parseInt(local.split(':')[1]!, 16) === port)
    .map((columns) => `socket:[${columns[9]}]`);
}

function holdsOneOf(pid: string, sockets: readonly string[]): boolean {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).some((file) => sockets.includes(readlinkSync(`${folder}/${file}`)));
  } catch {
    return false; // ended meanwhile, or of another user
  }
}
