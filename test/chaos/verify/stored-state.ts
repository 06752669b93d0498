/** Whether Redis holds what the changelog says: both read by clients of their own, compared by the documented bytes
 *  (`changelog-codec.ts`, `store-keys.ts`), sharing no code with the engine.
 *   K1 Every window in Redis has exactly the entries that the replayed changelog gives it.
 *   K2 Every window of the changelog that is not in Redis was closed: its end lies behind the watermark.
 *   K3 The index of the windows lists exactly the windows that are there.
 *   K4 The stored changelog offset lies behind the last committed record, and not behind the end. */
import type { Redis } from 'ioredis';
import { dumpTopic, type DumpedRecord } from '../../support/dump.ts';
import { APPLICATION_ID, TOPICS, type Parts } from '../cluster/parts.ts';

const STORE = 'sensor-stats';
const CHANGELOG = `${APPLICATION_ID}-${STORE}-changelog`;
const WINDOW_MS = 30_000;
const DELAY_MS = 10_000;

/** Window start → key (hex) → value (hex). */
type Windows = Map<number, Map<string, string>>;

export interface StoredStateVerdict {
  readonly windows: number;
  readonly entries: number;
  /** What differs; empty: nothing does. */
  readonly differences: readonly string[];
}

/** While nothing runs that writes. */
export async function compareStoredState({ cluster, redis }: Parts): Promise<StoredStateVerdict> {
  const changelog = await dumpTopic(cluster.brokers, CHANGELOG);
  const watermarks = watermarksOf(await dumpTopic(cluster.brokers, TOPICS.input, { values: false }));
  return redis.server.admin(async (client) => {
    const comparisons = [...watermarks].map(([partition, watermarkMs]) =>
      new PartitionComparison(client, partition, watermarkMs).compare(
        changelog.filter((record) => record.partition === partition),
      ),
    );
    const all = await Promise.all(comparisons);
    return {
      windows: all.reduce((sum, { windows }) => sum + windows, 0),
      entries: all.reduce((sum, { entries }) => sum + entries, 0),
      differences: all.flatMap(({ differences }) => differences),
    };
  });
}

/** By partition: the highest event time minus the delay. */
function watermarksOf(input: readonly DumpedRecord[]): ReadonlyMap<number, number> {
  const watermarks = new Map<number, number>();
  for (const { partition, timestampMs } of input) {
    watermarks.set(partition, Math.max(watermarks.get(partition) ?? 0, timestampMs - DELAY_MS));
  }
  return watermarks;
}

class PartitionComparison {
  readonly #client: Redis;
  readonly #prefix: string;
  readonly #partition: number;
  readonly #watermarkMs: number;
  readonly #differences: string[] = [];

  constructor(client: Redis, partition: number, watermarkMs: number) {
    this.#client = client;
    this.#prefix = `hfs:{${APPLICATION_ID}:${STORE}:${partition}}:`;
    this.#partition = partition;
    this.#watermarkMs = watermarkMs;
  }

  async compare(changelog: readonly DumpedRecord[]): Promise<StoredStateVerdict> {
    const expected = replay(changelog);
    const stored = await this.#readWindows();
    this.#compareWindows(stored, expected); // K1
    for (const start of expected.keys()) {
      const closed = start + WINDOW_MS <= this.#watermarkMs;
      if (!stored.has(start) && !closed) this.#differ(`window ${start} is missing`); // K2
    }
    await this.#compareIndex(stored); // K3
    await this.#compareOffset(changelog.at(-1)?.offset ?? -1); // K4
    const entries = Array.from(stored.values(), ({ size }) => size).reduce((sum, size) => sum + size, 0);
    return { windows: stored.size, entries, differences: this.#differences };
  }

  #differ(what: string): void {
    this.#differences.push(`partition ${this.#partition}: ${what}`);
  }

  async #readWindows(): Promise<Windows> {
    const prefix = `${this.#prefix}window:`;
    const windows: Windows = new Map();
    for (const key of await this.#client.keys(`${prefix}*`)) {
      windows.set(Number(key.slice(prefix.length)), await this.#readEntries(key));
    }
    return windows;
  }

  async #readEntries(key: string): Promise<Map<string, string>> {
    const entries = Object.entries(await this.#client.hgetallBuffer(key));
    return new Map(
      entries.map(([field, value]) => [Buffer.from(field).toString('hex'), value.toString('hex')]),
    );
  }

  #compareWindows(stored: Windows, expected: Windows): void {
    for (const [start, entries] of stored) {
      const demanded = expected.get(start) ?? new Map<string, string>();
      const keys = new Set([...entries.keys(), ...demanded.keys()]);
      const different = [...keys].filter((key) => entries.get(key) !== demanded.get(key));
      if (different.length > 0)
        this.#differ(`window ${start}: ${different.length} of ${keys.size} entries differ`);
    }
  }

  async #compareIndex(stored: Windows): Promise<void> {
    const listed = (await this.#client.zrange(`${this.#prefix}windows`, '0', '-1')).map(Number);
    const there = [...stored.keys()].toSorted((a, b) => a - b);
    if (listed.join() !== there.join())
      this.#differ(`the index lists ${listed.join()}, there are ${there.join()}`);
  }

  async #compareOffset(lastOffset: number): Promise<void> {
    const stored = Number(await this.#client.hget(`${this.#prefix}meta`, 'offset'));
    // Behind the last record lies at most the marker that ends its transaction, and markers of aborted ones.
    if (stored <= lastOffset)
      this.#differ(`stands at changelog offset ${stored}, the last record is ${lastOffset}`);
  }
}

/** Changelog key: key bytes | window start int64 BE. A null value deletes. */
function replay(changelog: readonly DumpedRecord[]): Windows {
  const windows: Windows = new Map();
  for (const { key, value } of changelog) {
    const start = Number(key!.readBigInt64BE(key!.length - 8));
    const entries = windows.get(start) ?? new Map<string, string>();
    windows.set(start, entries);
    const name = key!.subarray(0, -8).toString('hex');
    if (value === null) entries.delete(name);
    else entries.set(name, value.toString('hex'));
  }
  return new Map([...windows].filter(([, entries]) => entries.size > 0));
}
