/** Taking over a task, numbered as in docs/ARCHITECTURE.md:
 *   1 open the transactional id: the old owner is fenced, its open transaction ended
 *   2 read the committed offsets (stable only)
 *   3 open the store partitions: their epoch is bumped, their changelog offset read
 *   4 replay the changelog from there to its end
 *   5 compile the operators and go on from the committed offsets */
import type { CommittedOffset, TopicPartition } from '../ports/log.ts';
import type { StorePartition } from '../ports/store.ts';
import type { Holder, Next, OperatorContext, WatermarkListener } from '../processor/operator.ts';
import { restore, type RestoreProgress } from '../state/restore.ts';
import { StateStore } from '../state/state-store.ts';
import { RecordCollector } from '../sink/record-collector.ts';
import { DeadLetterOutput } from '../sink/dead-letter.ts';
import { sinkNode } from '../sink/sink-node.ts';
import { DirectIntake, CommitAheadIntake, type Intake } from '../source/intake.ts';
import { RecordQueue } from '../source/record-queue.ts';
import { AtLeastOnce } from '../transaction/at-least-once.ts';
import { AtMostOnce } from '../transaction/at-most-once.ts';
import type { CommitProtocol } from '../transaction/commit-protocol.ts';
import { ExactlyOnce } from '../transaction/exactly-once.ts';
import { StoreFlusher } from '../transaction/store-flusher.ts';
import {
  changelogTopic,
  resolveTopic,
  type GraphNode,
  type SinkSpec,
  type SourceSpec,
  type StoreDeclaration,
  type SubTopology,
} from '../topology/graph.ts';
import { InvariantError } from '../errors/streams.error.ts';
import { PartitionGroup } from '../watermark/partition-group.ts';
import { TaskWatermark } from '../watermark/task-watermark.ts';
import { decodeStreamTimes } from '../watermark/watermark-metadata.ts';
import { compile } from './compile.ts';
import { Punctuators } from './punctuators.ts';
import { RecordFailures } from './record-failures.ts';
import type { TaskEnvironment } from './task-environment.ts';
import { formatTaskId, type TaskId } from './task-id.ts';
import { TaskRecord } from './task-record.ts';

/** An operator's part in a commit, in topological order. */
export interface CommitStage {
  readonly position: number;
  readonly holder: Holder | null;
  readonly emit: (() => void) | null;
}

export interface OpenedTask {
  readonly protocol: CommitProtocol;
  readonly queues: readonly RecordQueue[];
  readonly intake: Intake;
  readonly group: PartitionGroup;
  readonly watermark: TaskWatermark;
  readonly record: TaskRecord;
  readonly collector: RecordCollector;
  readonly failures: RecordFailures;
  readonly states: ReadonlyMap<string, StateStore>;
  readonly flusher: StoreFlusher;
  readonly stages: readonly CommitStage[];
  readonly punctuators: Punctuators;
  /** The operator that ran last. */
  readonly operator: { name: string };
  /** Tells the operators where the watermark stands. */
  advance(watermarkMs: number): void;
  close(): Promise<void>;
}

export interface OpenListener {
  onRestore(progress: RestoreProgress): void;
  /** Something outside the record that is processed failed for good: the worker decides. */
  onFailure(error: Error): void;
  /** A handler answers later: no commit before that. */
  onPending(answer: Promise<void>): void;
}

export async function openTask(
  id: TaskId,
  subTopology: SubTopology,
  environment: TaskEnvironment,
  signal: AbortSignal,
  listener: OpenListener,
): Promise<OpenedTask> {
  const opening = new OpeningTask(id, subTopology, environment);
  try {
    await opening.protocol.open(); // 1
    await opening.readCommitted(); // 2
    await opening.openStores(signal, (progress) => listener.onRestore(progress)); // 3, 4
    return opening.assemble(listener); // 5
  } catch (error) {
    await opening.close();
    throw error;
  }
}

class OpeningTask {
  readonly protocol: CommitProtocol;
  readonly #id: TaskId;
  readonly #name: string;
  readonly #subTopology: SubTopology;
  readonly #environment: TaskEnvironment;
  readonly #inputs: readonly (TopicPartition & { readonly node: GraphNode; readonly spec: SourceSpec })[];
  readonly #watermark: TaskWatermark;
  readonly #states = new Map<string, StateStore>();
  readonly #partitions: StorePartition[] = [];
  readonly #flusher = new StoreFlusher();
  #positions: readonly number[] = [];

  constructor(id: TaskId, subTopology: SubTopology, environment: TaskEnvironment) {
    this.#id = id;
    this.#name = formatTaskId(id);
    this.#subTopology = subTopology;
    this.#environment = environment;
    this.#inputs = subTopology.sources.map((node) => {
      const spec = node.spec as SourceSpec;
      return {
        topic: resolveTopic(spec.topic, environment.applicationId),
        partition: id.partition,
        node,
        spec,
      };
    });
    this.#watermark = new TaskWatermark(
      this.#inputs.map(({ spec }) => ({ delayMs: spec.watermarkDelayMs, idleAfterMs: spec.idleAfterMs })),
      environment.clock.nowMs(),
    );
    this.protocol = this.#protocol();
  }

  #protocol(): CommitProtocol {
    const { guarantee, log, member, applicationId, transactionTimeoutMs } = this.#environment;
    if (guarantee === 'at_least_once') return new AtLeastOnce(log.writer(), member);
    if (guarantee === 'at_most_once') return new AtMostOnce(log.writer(), member);
    const transactionalId = `${applicationId}-${this.#name}`;
    return new ExactlyOnce(log.transactionalWriter({ transactionalId, transactionTimeoutMs }), () =>
      member.membership(),
    );
  }

  async readCommitted(): Promise<void> {
    const { log, applicationId } = this.#environment;
    const committed = await log.admin.committed(applicationId, this.#inputs);
    const starts = await log.admin.offsets(this.#inputs, 'start');
    this.#positions = this.#inputs.map((input, index) => {
      const found = committed.find((one) => same(one, input));
      this.#restoreTimes(index, found);
      return found?.offset ?? starts.find((one) => same(one, input))!.offset;
    });
  }

  #restoreTimes(index: number, committed: CommittedOffset | undefined): void {
    const times = decodeStreamTimes(committed?.metadata);
    if (times !== null) this.#watermark.restore(index, times.maxEventTimeMs, times.watermarkMs);
  }

  async openStores(signal: AbortSignal, onRestore: (progress: RestoreProgress) => void): Promise<void> {
    await Promise.all(
      this.#subTopology.stores.map((declaration) => this.#openStore(declaration, signal, onRestore)),
    );
  }

  async #openStore(
    declaration: StoreDeclaration,
    signal: AbortSignal,
    onRestore: (progress: RestoreProgress) => void,
  ): Promise<void> {
    const { applicationId, stores, log, maxCachedBytes, maxBatchBytes } = this.#environment;
    const { name, kind } = declaration;
    const partition = await stores.open(
      { applicationId, store: name, partition: this.#id.partition },
      { name, kind },
    ); // 3
    this.#partitions.push(partition);
    const topic = changelogTopic(name, applicationId);
    const changelog = { topic, partition: this.#id.partition };
    const windowed = kind === 'window';
    const offset = declaration.changelog
      ? await restore({ log, changelog, store: name, windowed, partition, signal, onProgress: onRestore }) // 4
      : (partition.changelogOffset ?? 0);
    this.#flusher.add(name, partition, topic, offset);
    const state = new StateStore({ declaration, changelogTopic: topic, maxCachedBytes, maxBatchBytes });
    const { watermarkMs } = this.#watermark;
    await state.attach(partition, {
      isEmpty: offset === 0,
      isExpired: (startMs) =>
        declaration.retentionMs !== null && startMs + declaration.retentionMs <= watermarkMs,
    });
    this.#states.set(name, state);
  }

  assemble(listener: OpenListener): OpenedTask {
    const { maxBatchBytes } = this.#environment;
    const record = new TaskRecord();
    const collector = new RecordCollector(maxBatchBytes);
    const failures = new RecordFailures(this.#environment, this.#name, this.#deadLetters(collector));
    const punctuators = new Punctuators();
    const operator = { name: '' };
    const stages: CommitStage[] = [];
    const listeners: { position: number; listener: WatermarkListener }[] = [];
    const chains = compile(this.#subTopology, {
      operatorContext: (node, position) =>
        this.#operatorContext(node, position, {
          record,
          failures,
          operator,
          stages,
          listeners,
          punctuators,
          listener,
        }),
      sink: (node, spec, context) => this.#sink(node, spec, context, collector, failures),
    });
    stages.sort((a, b) => a.position - b.position);
    listeners.sort((a, b) => a.position - b.position);
    const queues = this.#inputs.map((input, index) => this.#queue(input, index, chains));
    return {
      protocol: this.protocol,
      queues,
      intake: this.#intake(queues, (error) => listener.onFailure(error)),
      group: new PartitionGroup(queues),
      watermark: this.#watermark,
      record,
      collector,
      failures,
      states: this.#states,
      flusher: this.#flusher,
      stages,
      punctuators,
      operator,
      advance: (watermarkMs) => {
        for (const { listener } of listeners) listener(watermarkMs);
      },
      close: () => this.close(),
    };
  }

  #queue(
    input: TopicPartition & { readonly node: GraphNode; readonly spec: SourceSpec },
    index: number,
    chains: ReadonlyMap<GraphNode, Next>,
  ): RecordQueue {
    const queue = new RecordQueue(input, index, input.spec, chains.get(input.node)!);
    queue.reset(this.#positions[index]!);
    return queue;
  }

  #intake(queues: readonly RecordQueue[], onFailure: (error: Error) => void): Intake {
    const queueOf = (fetched: TopicPartition) => queues.find((queue) => same(queue, fetched))!;
    const { protocol } = this;
    if (!(protocol instanceof AtMostOnce)) return new DirectIntake(queueOf);
    return new CommitAheadIntake(queueOf, (offsets) => protocol.commitAhead(offsets), onFailure);
  }

  #deadLetters(collector: RecordCollector): DeadLetterOutput {
    const { applicationId, clock, deadLetterTopic, limits } = this.#environment;
    return new DeadLetterOutput(collector.topic(deadLetterTopic), limits(deadLetterTopic), {
      taskId: this.#name,
      applicationId,
      nowMs: () => clock.nowMs(),
    });
  }

  #sink(
    node: GraphNode,
    spec: SinkSpec,
    context: OperatorContext,
    collector: RecordCollector,
    failures: RecordFailures,
  ): Next {
    const topic = resolveTopic(spec.topic, this.#environment.applicationId);
    return sinkNode(
      node.name,
      spec,
      {
        output: collector.topic(topic),
        ...this.#environment.limits(topic),
        onFailure: (error, key, value) => {
          const output = { ...context.record.capture(), rawKey: key, rawValue: value };
          failures.handleProduction(error, output, topic);
        },
      },
      context,
    );
  }

  #operatorContext(
    node: GraphNode,
    position: number,
    parts: {
      readonly record: TaskRecord;
      readonly failures: RecordFailures;
      readonly operator: { name: string };
      readonly stages: CommitStage[];
      readonly listeners: { position: number; listener: WatermarkListener }[];
      readonly punctuators: Punctuators;
      readonly listener: OpenListener;
    },
  ): OperatorContext {
    const { record, failures, operator, stages, listeners, punctuators, listener } = parts;
    const { applicationId, clock, logger, telemetry } = this.#environment;
    const taskId = this.#name;
    return {
      taskId,
      applicationId,
      partition: this.#id.partition,
      record,
      time: this.#watermark,
      clock,
      logger,
      telemetry,
      store: (name) => {
        const state = this.#states.get(name);
        if (state === undefined)
          throw new InvariantError(`Operator ${node.name} did not declare store ${name}.`);
        return state;
      },
      hold: (holder) => stages.push({ position, holder, emit: null }),
      beforeCommit: (emit) => stages.push({ position, holder: null, emit }),
      onWatermark: (listener) => listeners.push({ position, listener }),
      schedule: (punctuation) => punctuators.schedule(punctuation, clock.nowMs()),
      entered: (name) => {
        operator.name = name;
      },
      resultFailed: (thrown, result) => {
        try {
          const pending = failures.handle(thrown, result, operator.name);
          if (pending instanceof Promise) listener.onPending(pending);
        } catch (error) {
          listener.onFailure(error as Error);
        }
      },
      deadLetter: (reason) => failures.deadLetter('late', reason, record.capture()),
      dropped: (reason) => {
        telemetry.count('dropped-records', 1, { task: taskId, reason });
        if (reason === 'nullKey') failures.nullKey(record.capture(), node.name);
      },
    };
  }

  async close(): Promise<void> {
    await Promise.allSettled([
      this.protocol.close(),
      ...this.#partitions.map((partition) => partition.close()),
    ]);
  }
}

function same(a: TopicPartition, b: TopicPartition): boolean {
  return a.topic === b.topic && a.partition === b.partition;
}
