/** Reads partitions. A poll asks the cluster, which keeps the question until there is something, or the time is over. */
import {
  LogError,
  type FetchedRecords,
  type LogReader,
  type ReaderOptions,
  type TopicPartition,
} from '@hiveframe/streams';
import type { SimulatedCluster } from '../cluster/simulated-cluster.ts';
import { outOfRange } from '../cluster/failures.ts';
import { partitionKey } from '../cluster/partition-key.ts';
import { Unanswered } from '../kernel/network.ts';
import { REQUEST_TIMEOUT_MS, type Connection } from './connection.ts';

const DEFAULT_BUFFERED_BYTES = 32 * 1024 * 1024;
/** A fetch of a partition ends after a few batches, at places that change. */
const MOST_BATCHES = 8;

interface Position {
  readonly at: TopicPartition;
  offset: number;
  paused: boolean;
  /** Said once, the partition is silent until it is assigned anew. */
  failed: boolean;
  /** When the cluster last said that there is nothing more. */
  caughtUpAtMs: number;
}
/** What was asked for, to recognise an answer that came too late for its position. */
interface Question {
  readonly position: Position;
  readonly fromOffset: number;
}
interface Answer extends Question {
  readonly fetched: FetchedRecords | LogError;
}
interface Answers {
  readonly found: readonly Answer[];
  /** There was nothing more. */
  readonly caughtUp: readonly Question[];
}

export class SimulatedReader implements LogReader {
  readonly #connection: Connection;
  readonly #committedOnly: boolean;
  readonly #maxBytes: number;
  readonly #positions = new Map<string, Position>();
  #moved = Promise.withResolvers<void>();
  #isClosed = false;

  constructor(connection: Connection, { isolation, maxBufferedBytes }: ReaderOptions) {
    this.#connection = connection;
    this.#committedOnly = isolation === 'read_committed';
    this.#maxBytes = maxBufferedBytes ?? DEFAULT_BUFFERED_BYTES;
  }

  assign({ topic, partition }: TopicPartition, fromOffset: number): void {
    const at = { topic, partition };
    const position = { at, offset: fromOffset, paused: false, failed: false, caughtUpAtMs: -Infinity };
    this.#positions.set(partitionKey(at), position);
    this.#wake();
  }
  unassign(at: TopicPartition): void {
    this.#positions.delete(partitionKey(at));
  }
  pause(at: TopicPartition): void {
    const position = this.#positions.get(partitionKey(at));
    if (position !== undefined) position.paused = true;
  }
  resume(at: TopicPartition): void {
    const position = this.#positions.get(partitionKey(at));
    if (position === undefined) return;
    position.paused = false;
    this.#wake();
  }

  async poll({ maxWaitMs }: { readonly maxWaitMs: number }): Promise<readonly FetchedRecords[]> {
    const { time } = this.#connection.process;
    if (this.#isClosed) throw new LogError({ kind: 'unavailable' }, 'Cannot read: the reader was closed.');
    const deadlineMs = time.nowMs + maxWaitMs;
    for (;;) {
      if (this.#isClosed) return [];
      const moved = this.#moved.promise;
      const askedAtMs = time.nowMs;
      const { found, caughtUp } = await this.#fetch(deadlineMs, moved);
      for (const { position } of caughtUp) position.caughtUpAtMs = askedAtMs;
      const fetched = this.#take(found);
      if (fetched.length > 0 || time.nowMs >= deadlineMs) return fetched;
    }
  }

  sinceCaughtUpMs(at: TopicPartition): number {
    const { time } = this.#connection.process;
    return time.nowMs - (this.#positions.get(partitionKey(at))?.caughtUpAtMs ?? -Infinity);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#positions.clear();
    this.#wake();
  }

  #wake(): void {
    this.#moved.resolve();
    this.#moved = Promise.withResolvers();
  }

  async #fetch(deadlineMs: number, moved: Promise<void>): Promise<Answers> {
    const questions = [...this.#positions.values()]
      .filter(({ paused, failed }) => !paused && !failed)
      .map((position) => ({ position, fromOffset: position.offset }));
    const { time } = this.#connection.process;
    try {
      return await this.#connection.ask(
        'fetch',
        (cluster) => this.#execute(cluster, questions, deadlineMs, moved),
        { giveUpMs: Math.max(0, deadlineMs - time.nowMs) + REQUEST_TIMEOUT_MS },
      );
    } catch (error) {
      if (error instanceof Unanswered) return { found: [], caughtUp: [] };
      throw error;
    }
  }

  #execute(
    cluster: SimulatedCluster,
    questions: readonly Question[],
    deadlineMs: number,
    moved: Promise<void>,
  ): Answers | Promise<Answers> {
    const answers = this.#read(cluster, questions);
    if (answers.found.length > 0 || this.#connection.process.time.nowMs >= deadlineMs) return answers;
    return this.#wait(cluster, questions, deadlineMs, moved);
  }

  async #wait(
    cluster: SimulatedCluster,
    questions: readonly Question[],
    deadlineMs: number,
    moved: Promise<void>,
  ): Promise<Answers> {
    const { time } = this.#connection.process;
    let isOver = false;
    const over = new Promise<void>((resolve) => {
      time.at(deadlineMs, resolve);
      void moved.then(resolve);
    }).then(() => {
      isOver = true;
    });
    for (;;) {
      await Promise.race([cluster.change(), over]);
      const answers = this.#read(cluster, questions);
      if (answers.found.length > 0 || isOver) return answers;
    }
  }

  #read(cluster: SimulatedCluster, questions: readonly Question[]): Answers {
    const maxBatches = this.#connection.random.whole(1, MOST_BATCHES);
    let leftBytes = this.#maxBytes;
    const found: Answer[] = [];
    const caughtUp: Question[] = [];
    for (const question of questions) {
      if (leftBytes <= 0) break;
      const bounds = { committedOnly: this.#committedOnly, maxBatches, maxBytes: leftBytes };
      const fetched = readOne(cluster, question, bounds);
      if (fetched === null) {
        if (question.fromOffset >= cluster.partition(question.position.at).endOffset) caughtUp.push(question);
        continue;
      }
      if (!(fetched instanceof LogError)) leftBytes -= fetched.sizeBytes;
      found.push({ ...question, fetched });
    }
    return { found, caughtUp };
  }

  /** Leaves out what was unassigned, paused or moved meanwhile. */
  #take(answers: readonly Answer[]): FetchedRecords[] {
    const isCurrent = ({ position, fromOffset }: Answer) =>
      this.#positions.get(partitionKey(position.at)) === position &&
      !position.paused &&
      position.offset === fromOffset;
    const taken: FetchedRecords[] = [];
    for (const { position, fetched } of answers.filter(isCurrent)) {
      if (fetched instanceof LogError) {
        position.failed = true;
        throw fetched;
      }
      taken.push(fetched);
    }
    for (const fetched of taken) this.#positions.get(partitionKey(fetched))!.offset = fetched.nextOffset;
    return taken;
  }
}

/** null: nothing new. */
function readOne(
  cluster: SimulatedCluster,
  { position, fromOffset }: Question,
  bounds: { readonly committedOnly: boolean; readonly maxBatches: number; readonly maxBytes: number },
): FetchedRecords | LogError | null {
  const partition = cluster.partition(position.at);
  const { startOffset, endOffset, lastStableOffset } = partition;
  if (fromOffset < startOffset || fromOffset > endOffset)
    return outOfRange(position.at, startOffset, endOffset);
  if (fromOffset >= partition.endFor(bounds.committedOnly)) return null;
  const { at } = position;
  return {
    ...at,
    fromOffset,
    highWatermark: endOffset,
    lastStableOffset,
    ...partition.read(fromOffset, bounds),
  };
}
