/** One namespace of a real Kubernetes: `kubectl` and `helm` on the PATH, its node on this machine. */
import { randomUUID } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run } from '../support/child-process.ts';

const CHART = fileURLToPath(new URL('../../helm/hiveframe-streams/', import.meta.url));
const SERVICES = fileURLToPath(new URL('./services.yaml', import.meta.url));

/** False, and told, where there is no cluster. */
export function hasKubernetes(): boolean {
  const answer = spawnSync('kubectl', ['get', 'nodes', '--output=name']);
  const found = answer.status === 0 && process.env['KUBECONFIG'] !== undefined;
  if (!found) process.stderr.write('NOT RUN: tests on Kubernetes: no KUBECONFIG that kubectl can use\n');
  return found;
}

export interface PodStatus {
  readonly name: string;
  readonly uid: string;
  /** Undefined until it has one. */
  readonly ip: string | undefined;
  readonly isReady: boolean;
  /** When it became ready or ceased to be, epoch ms in whole seconds. */
  readonly readySinceMs: number;
  readonly restarts: number;
}
interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly uid: string };
    readonly status: {
      readonly podIP?: string;
      readonly conditions?: readonly { readonly type: string; readonly lastTransitionTime: string }[];
      readonly containerStatuses?: readonly { readonly ready: boolean; readonly restartCount: number }[];
    };
  }[];
}

/** Values of the chart, by path. */
export type Values = Readonly<Record<string, string | number>>;

export class Kube implements AsyncDisposable {
  readonly namespace = `hiveframe-${randomUUID().slice(0, 8)}`;

  static async open(): Promise<Kube> {
    const kube = new Kube();
    await kube.kubectl('create', 'namespace', kube.namespace);
    return kube;
  }

  /** Starts Kafka and Redis. */
  async startServices(): Promise<{ readonly brokers: string; readonly redisUrl: string }> {
    await this.kubectl('apply', '--filename', SERVICES);
    await this.kubectl('wait', '--for=condition=Ready', 'pod/kafka', 'pod/redis', '--timeout=180s');
    const [kafka, redis] = [await this.#addressOf('kafka'), await this.#addressOf('redis')];
    return { brokers: `${kafka}:9092`, redisUrl: `redis://${redis}:6379` };
  }

  /** Installs a release of the chart, or upgrades it; returns when all its pods are ready. */
  async install(release: string, values: Values): Promise<void> {
    await this.#upgrade(release, values, '--wait', '--timeout=300s');
  }
  /** As `install`, but returns at once. */
  async begin(release: string, values: Values): Promise<void> {
    await this.#upgrade(release, values);
  }
  async uninstall(release: string): Promise<void> {
    await this.#helm('uninstall', release, '--wait', '--timeout=120s');
  }
  async test(release: string): Promise<void> {
    await this.#helm('test', release, '--timeout=120s');
  }

  /** Of the service. */
  async pods(release: string): Promise<readonly PodStatus[]> {
    const selector = `--selector=app.kubernetes.io/component=streams,app.kubernetes.io/instance=${release}`;
    const lines = await this.kubectl('get', 'pods', selector, '--output=json');
    return (JSON.parse(lines.join('\n')) as PodList).items.map(({ metadata: { name, uid }, status }) => ({
      name,
      uid,
      ip: status.podIP,
      isReady: status.containerStatuses?.[0]?.ready ?? false,
      readySinceMs: Date.parse(
        status.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? '',
      ),
      restarts: status.containerStatuses?.[0]?.restartCount ?? 0,
    }));
  }

  /** Ends the service's process of a pod as the kernel would: nothing is told, nothing is finished. */
  crash({ uid, name }: PodStatus): void {
    const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && isServiceOf(uid, entry));
    if (pids.length !== 1)
      throw new Error(`${pids.length} processes of the service in ${name}: is its node another machine?`);
    process.kill(Number(pids[0]), 'SIGKILL');
  }

  /** As `crash`, and for good: another pod takes its place. */
  async kill(pod: PodStatus): Promise<void> {
    this.crash(pod);
    await this.kubectl('delete', 'pod', pod.name, '--force', '--grace-period=0', '--wait=false');
  }

  kubectl(...words: readonly string[]): Promise<readonly string[]> {
    return run({ name: 'kubectl', command: 'kubectl', args: ['--namespace', this.namespace, ...words] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kubectl('delete', 'namespace', this.namespace, '--wait=false');
  }

  #upgrade(release: string, values: Values, ...words: readonly string[]): Promise<readonly string[]> {
    const sets = Object.entries(values).map(([name, value]) => `--set=${name}=${value}`);
    return this.#helm('upgrade', '--install', release, CHART, ...words, ...sets);
  }
  #helm(...words: readonly string[]): Promise<readonly string[]> {
    return run({ name: 'helm', command: 'helm', args: ['--namespace', this.namespace, ...words] });
  }
  async #addressOf(pod: string): Promise<string> {
    return (await this.kubectl('get', 'pod', pod, '--output=jsonpath={.status.podIP}')).join('');
  }
}

function isServiceOf(uid: string, pid: string): boolean {
  try {
    const isOfPod = readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(`pod${uid}`);
    return isOfPod && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('dist/main.js');
  } catch {
    return false; // it ended meanwhile
  }
}
