/** Who writes the input: not the application, and without faults of their own. Some write in transactions, which take their
 *  time and may be aborted; what they wrote then must never be seen. */
import { LogError, partitionFor, RecordBatchWriter, type OutputBatch } from '@hiveframe/streams';
import type { SimulatedCluster } from '../cluster/simulated-cluster.ts';
import type { TransactionToken } from '../cluster/server-transaction.ts';
import type { Random } from '../kernel/random.ts';
import type { VirtualTime } from '../kernel/virtual-time.ts';
import { keyNamedBy, MALFORMED, type Reading } from './input.ts';

export interface ProducersOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly cluster: SimulatedCluster;
  /** Topics with as many partitions each. */
  readonly topics: readonly string[];
  readonly numRecords: number;
  /** From the start to the last write. */
  readonly durationMs: number;
  /** One record in each partition first. */
  readonly beginEverywhere: boolean;
}

/** Event time begins here and passes this much, whatever the virtual time does. */
const START_MS = 10_000;
const EVENT_SPAN_MS = 6_000;
/** Beyond every window of the workload. */
const LAST_EVENT_MS = 60_000;
const TIMEOUT_MS = 10_000;
const MALFORMED_SHARE = 0.04;

export class Producers {
  readonly #options: ProducersOptions;
  #count = 0;
  #transactions = 0;

  constructor(options: ProducersOptions) {
    this.#options = options;
  }

  start(): void {
    const { time, random, numRecords, durationMs, beginEverywhere } = this.#options;
    if (beginEverywhere) this.#writeEverywhere('first', START_MS);
    for (let left = numRecords; left > 0;) {
      const size = Math.min(left, random.whole(1, 4));
      left -= size;
      const inTransaction = random.chance(0.3);
      time.after(random.between(0, durationMs), () =>
        inTransaction ? this.#transact(size) : this.#write(size),
      );
    }
  }

  /** One record into every partition of the input, and for the partitions of the groups and of the keys that they name: closes
   *  all windows, and makes every task commit once more, and write each of its stores. */
  finish(): void {
    this.#writeEverywhere('last', LAST_EVENT_MS);
    this.#writeEverywhere('last-naming', LAST_EVENT_MS, groupThatNames);
  }

  #writeEverywhere(prefix: string, at: number, groupIn = groupOfItsOwn): void {
    const { cluster, topics } = this.#options;
    const { numPartitions } = this;
    for (const topic of topics) {
      for (let partition = 0; partition < numPartitions; partition++) {
        const key = nameIn(partition, numPartitions, prefix);
        const group = groupIn(partition, numPartitions);
        cluster.append([this.#batch(topic, key, { id: this.#id(), group, at })]);
      }
    }
  }

  #write(size: number): void {
    for (let i = 0; i < size; i++) this.#options.cluster.append([this.#next()]);
  }

  /** In two steps with time between them, then its end. */
  #transact(size: number): void {
    const { time, random, cluster } = this.#options;
    const transactionalId = `producer-${this.#transactions++}`;
    const { epoch } = cluster.transactions.open(transactionalId);
    const token = { transactionalId, epoch, number: 1 };
    const send = () => cluster.appendIn(token, TIMEOUT_MS, [this.#next()]);
    send();
    time.after(random.between(0, 100), () => {
      attempt(() => {
        for (let i = 1; i < size; i++) send();
        time.after(random.between(0, 100), () => this.#end(token));
      });
    });
  }

  #end(token: TransactionToken): void {
    const { random, cluster } = this.#options;
    attempt(() => cluster.transactions.end(token, random.chance(0.4) ? 'aborted' : 'committed'));
  }

  #next(): OutputBatch {
    const { random, time, topics } = this.#options;
    const topic = random.pick(topics);
    const key = `key-${random.whole(0, 4)}`;
    const progress = Math.min(1, time.nowMs / (this.#options.durationMs + 1_000));
    const at =
      START_MS + Math.floor(progress * EVENT_SPAN_MS) - random.whole(0, random.chance(0.2) ? 2_000 : 200);
    const reading = { id: this.#id(), group: `group-${random.whole(0, 3)}`, at };
    return this.#batch(topic, key, random.chance(MALFORMED_SHARE) ? reading.id : reading);
  }

  /** A reading, or, of an id, what nobody can read. */
  #batch(topic: string, key: string, content: Reading | string): OutputBatch {
    const keyBytes = Buffer.from(key);
    const value = typeof content === 'string' ? `${MALFORMED}${content}` : JSON.stringify(content);
    const records = new RecordBatchWriter();
    records.append(keyBytes, Buffer.from(value), Math.floor(this.#options.time.nowMs));
    return { topic, partition: partitionFor(keyBytes, this.numPartitions), records: records.take() };
  }

  get numPartitions(): number {
    const { cluster, topics } = this.#options;
    return cluster.partitionsOf(topics[0]!).length;
  }

  #id(): string {
    return `r${this.#count++}`;
  }
}

/** A fault may have ended the transaction. */
function attempt(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
  }
}

function groupOfItsOwn(partition: number, numPartitions: number): string {
  return nameIn(partition, numPartitions, 'group');
}

/** Whose key (`keyNamedBy`) lies in the partition. */
function groupThatNames(partition: number, numPartitions: number): string {
  for (let i = 0; ; i++) {
    const group = `group-${i}`;
    if (partitionFor(Buffer.from(keyNamedBy(group)), numPartitions) === partition) return group;
  }
}

function nameIn(partition: number, numPartitions: number, prefix: string): string {
  for (let i = 0; ; i++) {
    const name = `${prefix}-${i}`;
    if (partitionFor(Buffer.from(name), numPartitions) === partition) return name;
  }
}
