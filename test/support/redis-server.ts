/** Redis servers of a test's own, to be broken: small memory, killed, paused, in cluster mode. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { tmpdir } from 'node:os';
import { Redis } from 'ioredis';
import { RunningProcess } from './child-process.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';

/** `HFS_REDIS_SERVER`, else redis-server on the PATH; undefined, and told, when there is none. */
export function redisServerBinary(): string | undefined {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'redis-server'));
  const binary = process.env['HFS_REDIS_SERVER'] ?? onPath.find((path) => existsSync(path));
  if (binary === undefined) {
    process.stderr.write(
      'NOT RUN: tests that break a Redis of their own: HFS_REDIS_SERVER is not set, and no redis-server is on the PATH\n',
    );
  }
  return binary;
}

const READY = /Ready to accept connections|mode=sentinel/;

export class RedisServer {
  readonly port: number;
  readonly #binary: string;
  readonly #folder: string;
  readonly #args: readonly string[];
  #process: RunningProcess | undefined;

  private constructor(port: number, binary: string, folder: string, args: readonly string[]) {
    this.port = port;
    this.#binary = binary;
    this.#folder = folder;
    this.#args = args;
  }

  /** A Sentinel that watches nothing yet. */
  static async startSentinel(binary: string): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'sentinel-'));
    const config = join(folder, 'sentinel.conf');
    await writeFile(config, '');
    const server = new RedisServer(await freePort(), binary, folder, [config, '--sentinel']);
    await server.start();
    return server;
  }

  /** Keeps nothing on disk unless `args` say so. */
  static async start(binary: string, args: readonly string[] = []): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'redis-'));
    const server = new RedisServer(await freePort(), binary, folder, ['--save', '', ...args]);
    await server.start();
    return server;
  }

  /** A cluster of one node that owns all slots: it refuses scripts whose keys lie in several, as any cluster does. */
  static async startCluster(binary: string): Promise<RedisServer> {
    const enabled = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'];
    const server = await RedisServer.start(binary, enabled);
    await server.admin(async (client) => {
      await client.cluster('ADDSLOTSRANGE', 0, 16383);
      await eventually('the cluster is up', async () =>
        (await client.cluster('INFO')).includes('cluster_state:ok'),
      );
    });
    return server;
  }

  /** Where it keeps its files, if it does. */
  get folder(): string {
    return this.#folder;
  }
  get pid(): number {
    return this.#process!.pid;
  }
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }
  get url(): string {
    return `redis://${this.address}`;
  }

  async start(): Promise<void> {
    const place = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder];
    this.#process = new RunningProcess({
      name: 'redis-server',
      command: this.#binary,
      args: [...this.#args, ...place],
    });
    await eventually('Redis takes connections', () => {
      this.#process!.assertRunning();
      return this.#process!.lines.some((line) => READY.test(line));
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.#process!.kill(signal);
  }

  /** kill -9 and wait for the end. */
  async crash(): Promise<void> {
    this.kill('SIGKILL');
    await this.#process!.exited;
  }

  /** SIGTERM, as an operator would; resolves when it has ended. */
  async shutDown(): Promise<void> {
    await this.#process!.stop();
  }

  /** Runs commands with a client of its own. */
  async admin<T>(use: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(this.port, '127.0.0.1');
    try {
      return await use(client);
    } finally {
      client.disconnect();
    }
  }

  async stop(): Promise<void> {
    await this.crash();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
