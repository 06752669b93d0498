/** Steps 1 to 4 of taking over a task (`open-task.ts`), and what they bring together. */
import { TopologyError } from '../errors/streams.error.ts';
import type { CommittedOffset, PartitionOffset, TopicPartition } from '../ports/log.ts';
import { isSamePartition } from '../ports/topic-partition.ts';
import type { StorePartition } from '../ports/store.ts';
import { restore } from '../state/restore/restore.ts';
import type { RestoreListener } from '../state/restore/restore-progress.ts';
import type { SinkPartition } from '../sink/sink.ts';
import { StateStore } from '../state/state-store.ts';
import {
  changelogTopic,
  resolveTopic,
  type GraphNode,
  type SourceSpec,
  type StoreDeclaration,
  type SubTopology,
} from '../topology/graph.ts';
import { AtLeastOnce } from '../transaction/at-least-once.ts';
import { AtMostOnce } from '../transaction/at-most-once.ts';
import type { CommitProtocol } from '../transaction/commit-protocol.ts';
import { ExactlyOnce } from '../transaction/exactly-once.ts';
import { StoreFlusher } from '../transaction/store-flusher.ts';
import { TaskWatermark, type WatermarkInput } from '../watermark/task-watermark.ts';
import { decodeStreamTimes } from '../watermark/watermark-metadata.ts';
import { WriterWatermarks } from '../watermark/writer-watermarks.ts';
import { goneForNow, isGoneOfPattern } from './gone-topic.ts';
import { openSink } from './open-sink.ts';
import type { TaskEnvironment } from './task-environment.ts';
import { formatTaskId, type TaskId } from './task-id.ts';

export interface OpenListener {
  readonly onRestore: RestoreListener;
  /** Something outside the record that is processed failed for good: the worker decides. */
  onFailure(error: Error): void;
  /** A handler answers later: no commit before that. */
  onPending(answer: Promise<void>): void;
  /** An operator asks for a commit before it is due. */
  onCommitRequested(): void;
}

/** One input partition of the task, and where it goes on. */
export interface TaskInput extends TopicPartition {
  readonly node: GraphNode;
  readonly spec: SourceSpec;
  startOffset: number;
  position: number;
  endOffset: number;
  /** What the writers of a repartition topic announced; null: it is another topic. */
  readonly writers: WriterWatermarks | null;
}

/** The topics that a task reads for a source, those that have its partition: others of the sub-topology may have more. */
export function inputTopics(
  { partition }: TaskId,
  { topic, pattern }: SourceSpec,
  environment: Pick<TaskEnvironment, 'applicationId' | 'matchedTopics' | 'numPartitions'>,
): readonly string[] {
  const topics =
    pattern === undefined
      ? [resolveTopic(topic, environment.applicationId)]
      : environment.matchedTopics(topic.name);
  return topics.filter((one) => partition < environment.numPartitions(one));
}

export class Takeover {
  readonly id: TaskId;
  readonly taskId: string;
  readonly subTopology: SubTopology;
  readonly environment: TaskEnvironment;
  readonly protocol: CommitProtocol;
  readonly inputs: readonly TaskInput[];
  readonly watermark: TaskWatermark;
  /** As committed: see `Punctuators`. */
  punctuatedMs: number | null = null;
  readonly states = new Map<string, StateStore>();
  readonly sinks = new Map<GraphNode, SinkPartition<unknown, unknown>>();
  readonly flusher: StoreFlusher;
  readonly #partitions = new Map<StoreDeclaration, StorePartition>();

  constructor(id: TaskId, subTopology: SubTopology, environment: TaskEnvironment) {
    this.id = id;
    this.taskId = formatTaskId(id);
    this.subTopology = subTopology;
    this.environment = environment;
    this.inputs = subTopology.sources.flatMap((node) =>
      inputTopics(id, node.spec as SourceSpec, environment).map((topic) => this.#input(node, topic)),
    );
    this.watermark = new TaskWatermark(this.#watermarkInputs(), environment.clock.nowMs());
    this.protocol = this.#protocol();
    const { pacing, telemetry } = environment;
    this.flusher = new StoreFlusher({
      elapsedMs: () => pacing.elapsedMs(),
      flushed: (store, ms) => telemetry.record('flush-latency-ms', ms, { store }),
    });
  }

  #input(node: GraphNode, topic: string): TaskInput {
    const spec = node.spec as SourceSpec;
    const writers =
      spec.carriesWatermarks === true
        ? new WriterWatermarks(this.environment.limits(topic).numWriters)
        : null;
    return {
      topic,
      partition: this.id.partition,
      node,
      spec,
      startOffset: 0,
      position: 0,
      endOffset: 0,
      writers,
    };
  }

  #watermarkInputs(): WatermarkInput[] {
    const hasStreams = this.inputs.some(({ spec }) => spec.table !== true);
    return this.inputs.map(({ spec, writers }) => ({
      delayMs: spec.watermarkDelayMs,
      idleAfterMs: spec.idleAfterMs,
      advancesWhenIdle: spec.advancesWhenIdle === true,
      holdsTime: spec.holdsTime !== false && !(hasStreams && spec.table === true),
      writers,
    }));
  }

  #protocol(): CommitProtocol {
    const { guarantee, log, member, applicationId, transactionTimeoutMs } = this.environment;
    if (guarantee === 'at_least_once') return new AtLeastOnce(log.writer(), member);
    if (guarantee === 'at_most_once') return new AtMostOnce(log.writer(), member);
    const transactionalId = `${applicationId}-${this.taskId}`;
    return new ExactlyOnce(log.transactionalWriter({ transactionalId, transactionTimeoutMs }), () =>
      member.membership(),
    );
  }

  /** Beside each other: neither needs the other, and both come after the fence. */
  async readCommittedAndOpenStores(): Promise<void> {
    try {
      await allOf([() => this.#readCommitted(), () => this.#openStores()], (step) => step());
    } catch (error) {
      throw isGoneOfPattern(error, this.inputs, ({ spec }) => spec) ? goneForNow(error) : error;
    }
  }

  async #readCommitted(): Promise<void> {
    const { log, applicationId } = this.environment;
    const [committed, starts] = await Promise.all([
      log.admin.committed(applicationId, this.inputs),
      log.admin.offsets(this.inputs, 'start'),
    ]);
    // Then: where nothing fences the owner before, its offsets still rise, and must not be taken for ones beyond the end.
    const ends = await log.admin.offsets(this.inputs, 'lastStable');
    for (const [index, input] of this.inputs.entries()) {
      const found = committed.find((one) => isSamePartition(one, input));
      this.#restoreTimes(index, found);
      input.startOffset = offsetOf(starts, input);
      input.endOffset = offsetOf(ends, input);
      input.position = this.#checked(input, found?.offset ?? input.startOffset);
    }
  }

  #restoreTimes(index: number, committed: CommittedOffset | undefined): void {
    const times = decodeStreamTimes(committed?.metadata);
    if (committed === undefined || times === null) return;
    this.watermark.restore(index, times);
    if (this.protocol instanceof AtMostOnce) {
      this.protocol.goOn(committed);
      this.inputs[index]!.writers?.forgive(); // announcements may be lost with the records that were under way
    }
    const { punctuatedMs = null } = times;
    if (punctuatedMs !== null) this.punctuatedMs = Math.max(this.punctuatedMs ?? 0, punctuatedMs);
  }

  /** A position that the log cannot serve is never skipped in silence. */
  #checked(input: TaskInput, position: number): number {
    const { topic, partition, startOffset, endOffset } = input;
    if (position > endOffset && position > startOffset) {
      throw new TopologyError(
        `Cannot go on with ${topic}-${partition}: offset ${position} was committed, but the log ends at ${endOffset}: the topic was made anew, or has lost its end. Reset the application, or give it another applicationId.`,
      );
    }
    if (position >= startOffset) return position;
    this.environment.overtaken({ topic, partition, offset: position }, startOffset);
    return startOffset;
  }

  async #openStores(): Promise<void> {
    const { applicationId, stores } = this.environment;
    await allOf(this.subTopology.stores, async (declaration) => {
      const { name, kind } = declaration;
      const place = { applicationId, store: name, partition: this.id.partition };
      this.#partitions.set(declaration, await stores.open(place, { name, kind }));
    });
  }

  /** Its topic is all that a task of a sink reads. */
  async openSinks(): Promise<void> {
    await allOf(this.subTopology.nodes, async (node) => {
      if (node.spec.kind !== 'operator' || node.spec.sink === undefined) return;
      const input = this.inputs[0]!;
      const endOffset = async (): Promise<number> =>
        offsetOf(await this.environment.log.admin.offsets([input], 'lastStable'), input);
      const opened = await openSink(node.spec.sink, { ...input, endOffset }, this.environment);
      this.sinks.set(node, opened.partition);
      input.position = opened.readFrom;
    });
  }

  async restoreStores(signal: AbortSignal, onRestore: RestoreListener): Promise<void> {
    await allOf([...this.#partitions], ([declaration, partition]) =>
      this.#restoreStore(declaration, partition, signal, onRestore),
    );
  }

  async #restoreStore(
    declaration: StoreDeclaration,
    partition: StorePartition,
    signal: AbortSignal,
    onRestore: RestoreListener,
  ): Promise<void> {
    const { applicationId, log, clock, restores, maxCachedBytes, maxBatchBytes } = this.environment;
    const { taskId } = this;
    const { name, kind } = declaration;
    const topic = changelogTopic(name, applicationId);
    const changelog = { topic, partition: this.id.partition };
    const windowed = kind === 'window';
    const place = { changelog, taskId, store: name };
    const offset = declaration.changelog
      ? await restore({ ...place, windowed, partition, log, clock, turns: restores, signal, onRestore })
      : (partition.changelogOffset ?? 0);
    this.flusher.add(name, partition, topic, offset);
    const state = new StateStore({ declaration, changelogTopic: topic, maxCachedBytes, maxBatchBytes });
    await state.attach(partition, offset === 0);
    this.states.set(name, state);
  }

  async close(): Promise<void> {
    await Promise.allSettled([
      this.protocol.close(),
      ...Array.from(this.#partitions.values(), (partition) => partition.close()),
    ]);
  }
}

/** Ends when all have ended. @throws what the first of them failed with */
async function allOf<T>(items: readonly T[], action: (item: T) => Promise<void>): Promise<void> {
  const failed = (await Promise.allSettled(items.map(action))).find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function offsetOf(offsets: readonly PartitionOffset[], at: TopicPartition): number {
  return offsets.find((one) => isSamePartition(one, at))!.offset;
}
