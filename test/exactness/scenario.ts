/** One case on real Kafka and Redis: topics of its own, the built application, input and the verdict of the verifier. */
import { Redis } from 'ioredis';
import { Cluster, type Progress, type WaitOptions } from '../support/cluster.ts';
import { runPeer, startPeer, type PeerOptions } from '../support/peer.ts';
import { ReferenceApp, type AppSettings } from '../support/reference-app.ts';
import type { RunningProcess } from '../support/child-process.ts';
import { dumpTopic, type DumpedRecord } from '../support/dump.ts';
import { verify, type EmitMode, type Verdict } from '../support/verifier.ts';

export interface Services {
  readonly brokers: string;
  readonly redisUrl: string;
}

export interface ScenarioOptions extends Services {
  readonly emit: EmitMode;
  readonly inputConfig?: Record<string, string>;
  /** What the application connects to, where that is not what the test connects to. */
  readonly appServices?: Partial<Services>;
}

const NUM_PARTITIONS = 4;
let serial = 0;

export class Scenario {
  readonly id = `exact-${Date.now().toString(36)}-${process.pid}-${serial++}`;
  readonly input = `${this.id}-in`;
  readonly output = `${this.id}-out`;
  readonly alerts = `${this.id}-alerts`;
  readonly deadLetters = `${this.id}-dead-letters`;
  readonly cluster: Cluster;
  #options: ScenarioOptions;
  #processes: RunningProcess[] = [];

  private constructor(options: ScenarioOptions, cluster: Cluster) {
    this.#options = options;
    this.cluster = cluster;
  }

  static async open(options: ScenarioOptions): Promise<Scenario> {
    const scenario = new Scenario(options, await Cluster.connect(options.brokers));
    try {
      await scenario.#createTopics();
      return scenario;
    } catch (error) {
      await scenario.close();
      throw error;
    }
  }

  async startApp(settings: AppSettings = {}): Promise<ReferenceApp> {
    const { brokers, redisUrl, emit, appServices } = this.#options;
    const app = await ReferenceApp.start({
      KAFKA_BROKERS: appServices?.brokers ?? brokers,
      REDIS_URL: appServices?.redisUrl ?? redisUrl,
      APPLICATION_ID: this.id,
      INPUT_TOPIC: this.input,
      OUTPUT_TOPIC: this.output,
      ALERT_TOPIC: this.alerts,
      DEAD_LETTER_TOPIC: this.deadLetters,
      EMIT: emit,
      ...settings,
    });
    this.#processes.push(app);
    return app;
  }

  /** Writes readings and waits until they are all there. */
  async generate(count: number, options: PeerOptions = {}): Promise<void> {
    await runPeer('Generate', [this.#options.brokers, this.input, count], options);
  }

  /** Writes readings while the application runs. */
  startGenerating(count: number, rate: number): RunningProcess {
    const generator = startPeer('Generate', [this.#options.brokers, this.input, count], { rate });
    this.#processes.push(generator);
    return generator;
  }

  /** Another program of the peer that writes to the input topic; its last line is JSON. */
  async produce<T>(program: string, options: PeerOptions = {}): Promise<T> {
    const lines = await runPeer(program, [this.#options.brokers, this.input], options);
    return JSON.parse(lines.at(-1)!) as T;
  }

  waitForCommitted(app: RunningProcess, options: Partial<WaitOptions> = {}): Promise<Progress> {
    return this.cluster.waitForCommitted(this.id, this.input, {
      timeoutMs: 180_000,
      check: () => app.assertRunning(),
      ...options,
    });
  }

  /** What this project's verifier says; where a referee is given, it must agree. */
  verdict(): Promise<Verdict> {
    return verify(this.#options.brokers, this, this.#options.emit);
  }

  deadLettered(): Promise<readonly DumpedRecord[]> {
    return dumpTopic(this.#options.brokers, this.deadLetters);
  }

  inputRecords(): Promise<readonly DumpedRecord[]> {
    return dumpTopic(this.#options.brokers, this.input);
  }

  /** Removes all that the application keeps in Redis; how many keys those were. */
  forgetState(): Promise<number> {
    return removeKeys(this.#options.redisUrl, this.id);
  }

  /** Ends what still runs and removes topics, groups and keys. */
  async close(): Promise<void> {
    await Promise.all(this.#processes.filter((child) => !child.hasExited).map((child) => child.stop(10_000)));
    await this.cluster.removeAll(this.id);
    await this.cluster.close();
    await this.forgetState();
  }

  async #createTopics(): Promise<void> {
    await this.cluster.createTopic(this.input, NUM_PARTITIONS, this.#options.inputConfig);
    for (const topic of [this.output, this.alerts, this.deadLetters]) {
      await this.cluster.createTopic(topic, NUM_PARTITIONS);
    }
  }
}

async function removeKeys(url: string, part: string): Promise<number> {
  const redis = new Redis(url);
  let removed = 0;
  try {
    for await (const keys of redis.scanStream({ match: `*${part}*`, count: 1000 })) {
      if ((keys as string[]).length > 0) removed += await redis.unlink(...(keys as string[]));
    }
    return removed;
  } finally {
    redis.disconnect();
  }
}
