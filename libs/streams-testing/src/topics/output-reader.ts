import { RecordCursor, type FetchedRecords, type LogPort, type LogReader } from '@hiveframe/streams';
import { decodeAnnouncement } from '@hiveframe/streams/internal';
import type { RawTestRecord, RecordFeed } from './test-output-topic.ts';

/** The committed records of a topic, from its beginning; in a repartition topic without the watermarks that travel there. */
export class OutputReader implements RecordFeed {
  readonly #log: LogPort;
  readonly #topic: string;
  readonly #reader: LogReader;
  readonly #records: RawTestRecord[] = [];
  #isAssigned = false;

  constructor(log: LogPort, topic: string) {
    this.#log = log;
    this.#topic = topic;
    this.#reader = log.reader({ isolation: 'read_committed' });
  }

  async next(): Promise<RawTestRecord | undefined> {
    if (this.#records.length === 0) await this.#fetch();
    return this.#records.shift();
  }

  async size(): Promise<number> {
    await this.#fetch();
    return this.#records.length;
  }

  async #fetch(): Promise<void> {
    if (!this.#isAssigned) await this.#assign();
    for (;;) {
      const fetched = await this.#reader.poll({ maxWaitMs: 0 });
      if (fetched.length === 0) return;
      for (const one of [...fetched].sort((a, b) => a.partition - b.partition)) this.#decode(one);
    }
  }

  async #assign(): Promise<void> {
    const found = (await this.#log.admin.describe([this.#topic])).get(this.#topic);
    for (let partition = 0; partition < (found?.numPartitions ?? 0); partition++) {
      this.#reader.assign({ topic: this.#topic, partition }, 0);
      this.#isAssigned = true;
    }
  }

  #decode(fetched: FetchedRecords): void {
    const cursor = new RecordCursor();
    cursor.reset(fetched.batches, fetched.fromOffset);
    while (cursor.next()) {
      if (cursor.keyStart < 0 && decodeAnnouncement(cursor.headers()) !== null) continue;
      this.#records.push({
        key: cursor.key(),
        value: cursor.value(),
        timestampMs: cursor.timestampMs,
        partition: fetched.partition,
        headers: cursor.headers(),
      });
    }
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}
