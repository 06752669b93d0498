import { randomUUID } from 'node:crypto';
import type { LogPort } from '@hiveframe/streams';

/** Topics that no other test has, on a cluster that tests share: `orders-4f1c…`. Deleted at the end. */
export class TestTopics implements AsyncDisposable {
  readonly #log: Pick<LogPort, 'admin'>;
  readonly #created: string[] = [];
  readonly #suffix = randomUUID().slice(0, 8);
  #count = 0;

  /** @param log `kafkajs(...)`, connected; it is not closed here */
  constructor(log: Pick<LogPort, 'admin'>) {
    this.#log = log;
  }

  /** A name that was never given before: for an application id, a group, a key prefix, or a topic that others create. */
  uniqueName(prefix: string): string {
    return `${prefix}-${this.#suffix}-${++this.#count}`;
  }

  /** Creates a topic; resolves with its name. */
  async create(
    prefix: string,
    {
      numPartitions = 1,
      config,
    }: { readonly numPartitions?: number; readonly config?: Readonly<Record<string, string>> } = {},
  ): Promise<string> {
    const topic = this.uniqueName(prefix);
    await this.#log.admin.create([{ topic, numPartitions, ...(config === undefined ? {} : { config }) }]);
    this.#created.push(topic);
    return topic;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#log.admin.deleteTopics(this.#created.splice(0));
  }
}
