/** Takeovers to be measured: each by a process that was not there before. */
import { fileURLToPath } from 'node:url';
import { RunningProcess } from '../../test/support/child-process.ts';
import type { Cluster } from '../../test/support/cluster.ts';
import { eventually } from '../../test/support/eventually.ts';
import { runPeer } from '../../test/support/peer.ts';
import type { Input } from './input.ts';
import type { InstanceEvent, InstanceSettings } from './instance-events.ts';

export interface Takeover {
  /** Changelog records that were replayed. */
  readonly restored: number;
  /** From the assignment (Kafka Streams: from the first store) until every store is there. */
  readonly restoreMs: number;
  /** From the same moment to the first record that was processed. */
  readonly firstRecordMs: number;
  /** To the first record of the last partition; Kafka Streams does not say. */
  readonly allPartitionsMs: number | null;
  /** From the death of the former instance to the assignment: the session timeout, mostly. */
  readonly detectionMs: number | null;
  /** How late the event loop was until all tasks ran. */
  readonly loopDelayMaxMs: number | null;
  readonly loopDelayP99Ms: number | null;
}

const INSTANCE = fileURLToPath(new URL('instance.ts', import.meta.url));
const TIMEOUT_MS = 900_000;
const waiting = { timeoutMs: TIMEOUT_MS, everyMs: 5 };

/** This project's instances, one after the other; each ends by SIGKILL. */
export class HiveFrame {
  readonly #settings: Omit<InstanceSettings, 'redisUrl' | 'fills'>;
  readonly #input: Input;
  #running: RunningProcess | null = null;
  #killedAtMs = 0;

  constructor(settings: Omit<InstanceSettings, 'redisUrl' | 'fills'>, input: Input) {
    this.#settings = settings;
    this.#input = input;
  }

  /** Counts all that is there, then is killed. */
  async fill(redisUrl: string | null, cluster: Cluster): Promise<void> {
    const child = this.#start({ redisUrl, fills: true });
    await cluster.waitForCommitted(this.#settings.applicationId, this.#input.topic, {
      timeoutMs: TIMEOUT_MS,
      check: () => child.assertRunning(),
    });
    await this.kill();
  }

  /** Takes over from the instance that was killed last. @throws Error when a key was not counted as often as it was written */
  async takeOver(redisUrl: string | null): Promise<Takeover> {
    const killedAtMs = this.#killedAtMs;
    const child = this.#start({ redisUrl, fills: false });
    await eventually('all partitions were processed', () => this.#isDone(child), waiting);
    await this.kill();
    const events = eventsOf(child);
    const assigned = events.find((event) => event.event === 'assigned')!;
    const firsts = events.filter((event) => event.event === 'first').map(({ atMs }) => atMs - assigned.atMs);
    const running = events.find((event) => event.event === 'running')!;
    const { restored, loopDelayMaxMs, loopDelayP99Ms } = running;
    return {
      restored,
      restoreMs: running.atMs - assigned.atMs,
      firstRecordMs: Math.min(...firsts),
      allPartitionsMs: Math.max(...firsts),
      detectionMs: assigned.atMs - killedAtMs,
      loopDelayMaxMs,
      loopDelayP99Ms,
    };
  }

  async kill(): Promise<void> {
    this.#running?.kill('SIGKILL');
    await this.#running?.exited;
    this.#killedAtMs = Date.now();
    this.#running = null;
  }

  #start(how: Pick<InstanceSettings, 'redisUrl' | 'fills'>): RunningProcess {
    const settings: InstanceSettings = { ...this.#settings, ...how };
    const args = ['--conditions=hf-source', INSTANCE];
    const env = { INSTANCE: JSON.stringify(settings) };
    return (this.#running = new RunningProcess({ name: 'instance', command: process.execPath, args, env }));
  }

  /** Every probe was counted as often as it was written, and never otherwise in the end. */
  #isDone(child: RunningProcess): boolean {
    child.assertRunning();
    const events = eventsOf(child);
    const counts = new Map(
      events.flatMap((event) => (event.event === 'count' ? [[event.key, event.count]] : [])),
    );
    for (const [key, count] of counts) {
      if (count > this.#input.expectedCount) throw new Error(`${key} was counted ${count} times`);
    }
    const isCounted = (key: string) => counts.get(key) === this.#input.expectedCount;
    return events.some(({ event }) => event === 'running') && this.#input.probes.every(isCounted);
  }
}

function eventsOf(child: RunningProcess): InstanceEvent[] {
  return child.lines
    .filter((line) => line.startsWith('{"event"'))
    .map((line) => JSON.parse(line) as InstanceEvent);
}

/** Kafka Streams, exactly_once_v2, RocksDB, state restored from the changelog onto an empty disk. */
export class KafkaStreams {
  readonly #words: readonly string[];
  readonly #options: Readonly<Record<string, string | number>>;

  constructor(settings: Omit<InstanceSettings, 'redisUrl' | 'fills' | 'sessionTimeoutMs'>, threads: number) {
    this.#words = [settings.brokers, settings.input, settings.output];
    this.#options = { 'application-id': settings.applicationId, threads };
  }

  async fill(): Promise<void> {
    await runPeer('Restore', [...this.#words, 'fill'], this.#options);
  }

  async takeOver(): Promise<Takeover> {
    const lines = await runPeer('Restore', [...this.#words, 'restore'], this.#options);
    const said = JSON.parse(lines.at(-1)!) as Pick<Takeover, 'restored' | 'restoreMs' | 'firstRecordMs'>;
    return { ...said, allPartitionsMs: null, detectionMs: null, loopDelayMaxMs: null, loopDelayP99Ms: null };
  }
}
