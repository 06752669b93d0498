/** One run of one contender, from its topics to the verifier's word. */
import { Cluster } from '../test/support/cluster.ts';
import { runPeer } from '../test/support/peer.ts';
import { measureLatency, type Latency, type Load } from './latency-measure.ts';
import { measure, type Measurement } from './measure.ts';
import type { Contender, Run, Scenario, Task } from './scenarios/scenario.ts';
import { Services } from './services.ts';

export const NUM_PARTITIONS = 4;

export interface Exactness {
  /** What the verifier says; a run that is not exact counts for nothing. */
  readonly exact: boolean;
}

/** What all runs of a session share. */
export class Runs {
  readonly cluster: Cluster;
  readonly #services: Services;
  readonly #scenario: Scenario;
  readonly #session = `bench-${Date.now().toString(36)}`;
  #made = 0;

  private constructor(cluster: Cluster, services: Services, scenario: Scenario) {
    this.cluster = cluster;
    this.#services = services;
    this.#scenario = scenario;
  }

  static async open(brokers: string, redisUrl: string | null, scenario: Scenario): Promise<Runs> {
    return new Runs(await Cluster.connect(brokers), new Services(brokers, redisUrl), scenario);
  }

  async close(): Promise<void> {
    this.#services.close();
    await this.cluster.removeAll(this.#session);
    await this.cluster.close();
  }

  /** Writes the input that all runs read. */
  async generate(records: number, sensors: number): Promise<string> {
    const input = await this.#newInput(this.#session);
    await runPeer('Generate', [this.cluster.brokers, input, records], { sensors });
    return input;
  }

  /** How fast the contender works on an input that is there. */
  async throughput(
    contender: Contender,
    input: string,
  ): Promise<Exactness & { readonly measurement: Measurement }> {
    const task = await this.#newTask(input);
    const place = { cluster: this.cluster, services: this.#services, input };
    const measurement = await this.#during(contender, task, (run) => measure(run, place));
    return { measurement, ...(await this.#verify(task)) };
  }

  /** How long a reading takes through the contender while readings come at a fixed rate. */
  async latency(contender: Contender, load: Load): Promise<Exactness & { readonly latency: Latency }> {
    const task = await this.#newTask(null);
    const words = [this.cluster.brokers, task.input, this.#scenario.resultTopic(task)];
    const latency = await this.#during(contender, task, (run) => measureLatency(run, words, load));
    return { latency, ...(await this.#verify(task)) };
  }

  async #during<T>(contender: Contender, task: Task, work: (run: Run) => Promise<T>): Promise<T> {
    const run = await contender.start(task);
    let result: T;
    try {
      result = await work(run);
    } finally {
      await run.child.stop();
    }
    await run.end?.();
    return result;
  }

  /** input: null for one of its own, empty. */
  async #newTask(input: string | null): Promise<Task> {
    const id = `${this.#session}-${++this.#made}`;
    const topics = { output: `${id}-out`, alerts: `${id}-alerts`, deadLetters: `${id}-dead-letters` };
    for (const topic of Object.values(topics)) await this.cluster.createTopic(topic, NUM_PARTITIONS);
    return { id, input: input ?? (await this.#newInput(id)), ...topics };
  }

  async #newInput(id: string): Promise<string> {
    await this.cluster.createTopic(`${id}-in`, NUM_PARTITIONS);
    return `${id}-in`;
  }

  async #verify(task: Task): Promise<Exactness> {
    const { program, words, options } = this.#scenario.verifier(task);
    const exact = await isExact(program, [this.cluster.brokers, task.input, task.output, ...words], options);
    await this.cluster.removeAll(`${task.id}-`);
    return { exact };
  }
}

export async function isExact(
  program: string,
  words: readonly string[],
  options: Readonly<Record<string, string | number>> = {},
): Promise<boolean> {
  try {
    await runPeer(program, words, options);
    return true;
  } catch (error) {
    process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return false;
  }
}
