/** Step 5 of taking over a task: operators compiled to closures, queues in front of them, sinks and dead letters behind. */
import { InvariantError, type ProductionError } from '../errors/streams.error.ts';
import type { TopicPartition } from '../ports/log.ts';
import type { Logger } from '../ports/runtime.ts';
import type { OperatorContext } from '../processor/operator.ts';
import { DeadLetterOutput } from '../sink/dead-letter.ts';
import { RecordCollector } from '../sink/record-collector.ts';
import { sinkNode } from '../sink/sink-node.ts';
import { CommitAheadIntake, DirectIntake, type Intake } from '../source/intake.ts';
import { RecordQueue } from '../source/record-queue.ts';
import type { Headers, MaybePromise } from '../record/record.ts';
import type { StateStore } from '../state/state-store.ts';
import { resolveTopic, type GraphNode, type SinkSpec } from '../topology/graph.ts';
import { AtMostOnce } from '../transaction/at-most-once.ts';
import type { CommitProtocol } from '../transaction/commit-protocol.ts';
import type { StoreFlusher } from '../transaction/store-flusher.ts';
import { PartitionGroup } from '../watermark/partition-group.ts';
import type { TaskWatermark } from '../watermark/task-watermark.ts';
import { decodeAnnouncement } from '../watermark/announcement.ts';
import { compile } from './compile.ts';
import type { OpenListener, Takeover } from './takeover.ts';
import { Lanes } from './lanes.ts';
import { Punctuators } from './punctuators.ts';
import { RecordFailures } from './record-failures.ts';
import { RecordTrace } from './record-trace.ts';
import { Stages } from './stages.ts';
import { taskLogger } from './task-logger.ts';
import { TaskRecord } from './task-record.ts';
import { WatermarkAnnouncer } from './watermark-announcer.ts';

export interface OpenedTask {
  readonly protocol: CommitProtocol;
  readonly queues: readonly RecordQueue[];
  readonly intake: Intake;
  readonly group: PartitionGroup;
  readonly watermark: TaskWatermark;
  readonly record: TaskRecord;
  /** null: nothing is traced. */
  readonly trace: RecordTrace | null;
  readonly collector: RecordCollector;
  readonly failures: RecordFailures;
  readonly states: ReadonlyMap<string, StateStore>;
  readonly flusher: StoreFlusher;
  readonly stages: Stages;
  readonly punctuators: Punctuators;
  readonly announcer: WatermarkAnnouncer;
  /** The operator that ran last. */
  readonly operator: { name: string };
  close(): Promise<void>;
}

export function assembleTask(takeover: Takeover, listener: OpenListener): OpenedTask {
  const parts = new TaskParts(takeover, listener);
  const chains = compile(takeover.subTopology, {
    operatorContext: (node, position) => parts.operatorContext(node, position),
    sink: (node, spec, context) => sinkNode(node.name, spec, parts.sinkTarget(spec, context), context),
  });
  parts.stages.finish();
  parts.stages.advance(); // operators learn what was committed before a record moves the time on
  const queues = takeover.inputs.map((input, index) => {
    const hear = input.writers === null ? null : hearing(takeover.watermark, index);
    const queue = new RecordQueue(input, index, input.spec, chains.get(input.node)!, hear);
    queue.reset(input.position, input.endOffset);
    return queue;
  });
  const { protocol, watermark, states, flusher } = takeover;
  const { record, trace, collector, failures, stages, punctuators, announcer, operator } = parts;
  const intake = createIntake(takeover, queues, listener);
  const { maxTaskIdleMs, clock } = takeover.environment;
  const group = new PartitionGroup(queues, maxTaskIdleMs, clock);
  const work = { protocol, queues, intake, group, watermark, record, trace, collector, failures };
  return {
    ...work,
    states,
    flusher,
    stages,
    punctuators,
    announcer,
    operator,
    close: () => parts.close(takeover),
  };
}

/** What the operators of one task share. */
class TaskParts {
  readonly record: TaskRecord;
  readonly trace: RecordTrace | null;
  readonly operator = { name: '' };
  readonly punctuators: Punctuators;
  readonly announcer: WatermarkAnnouncer;
  readonly collector: RecordCollector;
  readonly failures: RecordFailures;
  readonly stages: Stages;
  readonly #lanes: Lanes;
  readonly #logger: Logger;
  readonly #takeover: Takeover;
  readonly #listener: OpenListener;
  readonly #closers: (() => MaybePromise<void>)[] = [];

  constructor(takeover: Takeover, listener: OpenListener) {
    this.#takeover = takeover;
    this.#listener = listener;
    const { environment, taskId } = takeover;
    const { tracing, applicationId, maxBatchBytes } = environment;
    this.trace = tracing === undefined ? null : new RecordTrace(tracing, applicationId, taskId);
    this.record = new TaskRecord(this.trace);
    this.#logger = taskLogger(environment.logger, taskId, this.trace);
    this.collector = new RecordCollector(maxBatchBytes);
    const loggedEnvironment = { ...environment, logger: this.#logger };
    this.failures = new RecordFailures(loggedEnvironment, taskId, this.#deadLetters());
    this.stages = new Stages(takeover.watermark);
    this.punctuators = new Punctuators(takeover.punctuatedMs);
    this.announcer = new WatermarkAnnouncer(takeover.id.partition, takeover.watermark);
    this.#lanes = new Lanes(takeover.subTopology.nodes);
  }

  /** Rejects for nothing that operators do: the task must end. */
  async close(takeover: Takeover): Promise<void> {
    const closed = await Promise.allSettled(this.#closers.map(async (close) => close()));
    for (const one of closed) if (one.status === 'rejected') this.#closeFailed(one.reason);
    await takeover.close();
  }

  #closeFailed(reason: unknown): void {
    const { taskId, environment } = this.#takeover;
    const text = reason instanceof Error ? reason.message : String(reason);
    environment.logger.log('warn', `An operator of task ${taskId} did not close: ${text}`, { taskId });
  }

  #deadLetters(): DeadLetterOutput {
    const { taskId, environment } = this.#takeover;
    const { applicationId, clock, deadLetterTopic } = environment;
    const output = this.collector.topic(deadLetterTopic);
    const source = { taskId, applicationId, nowMs: () => clock.nowMs() };
    return new DeadLetterOutput(output, environment.limits(deadLetterTopic), source);
  }

  sinkTarget(spec: SinkSpec, context: OperatorContext) {
    const { environment } = this.#takeover;
    const topic = resolveTopic(spec.topic, environment.applicationId);
    const output = this.collector.topic(topic);
    const limits = environment.limits(topic);
    if (spec.carriesWatermarks === true) this.announcer.add(output, limits.numPartitions, context.time);
    return {
      output,
      ...limits,
      onFailure: (error: ProductionError, key: Uint8Array | null, value: Uint8Array | null) => {
        const output = { ...context.record.capture(), rawKey: key, rawValue: value };
        this.failures.handleProduction(error, output, topic);
      },
    };
  }

  operatorContext(node: GraphNode, position: number): OperatorContext {
    const { id, taskId, environment, states } = this.#takeover;
    const { applicationId, clock, telemetry } = environment;
    const { record, failures, operator, punctuators } = this;
    const stage = this.stages.add(node, position);
    return {
      taskId,
      applicationId,
      partition: id.partition,
      record,
      time: stage.time,
      clock,
      logger: this.#logger,
      telemetry,
      store: (name) => states.get(name) ?? undeclared(node, name),
      lane: this.#lanes.of(node),
      globalRows: (name) => environment.globalRows(name),
      openedSink: () => this.#takeover.sinks.get(node)!,
      hold: (holder) => (stage.holder = holder),
      onWatermark: (advance) => (stage.advance = advance),
      beforeCommit: (emit) => (stage.emit = emit),
      limitTime: (ceilingMs) => (stage.ceilingMs = ceilingMs),
      onClose: (close) => this.#closers.push(close),
      schedule: (punctuation) => punctuators.schedule(punctuation, clock.nowMs()),
      requestCommit: () => this.#listener.onCommitRequested(),
      entered: (name) => {
        operator.name = name;
      },
      resultFailed: (thrown, result) => this.#resultFailed(thrown, result),
      deadLetter: (reason) => failures.deadLetter('late', reason, record.capture()),
      dropped: (reason) => {
        telemetry.count('dropped-records', 1, { task: taskId, reason });
        if (reason === 'nullKey') failures.nullKey(record.capture(), node.name);
      },
    };
  }

  #resultFailed: OperatorContext['resultFailed'] = (thrown, result) => {
    try {
      const pending = this.failures.handle(thrown, result, this.operator.name);
      if (pending instanceof Promise) this.#listener.onPending(pending);
    } catch (error) {
      this.#listener.onFailure(error as Error);
    }
  };
}

function hearing(watermark: TaskWatermark, input: number): (headers: Headers) => boolean {
  return (headers) => {
    const announcement = decodeAnnouncement(headers);
    if (announcement !== null) watermark.hear(input, announcement);
    return announcement !== null;
  };
}

function undeclared(node: GraphNode, store: string): never {
  throw new InvariantError(`Operator ${node.name} did not declare store ${store}.`);
}

function createIntake(
  { protocol }: Takeover,
  queues: readonly RecordQueue[],
  listener: OpenListener,
): Intake {
  const queueOf = (at: TopicPartition) =>
    queues.find((queue) => queue.topic === at.topic && queue.partition === at.partition)!;
  if (!(protocol instanceof AtMostOnce)) return new DirectIntake(queueOf);
  return new CommitAheadIntake(
    queueOf,
    (offsets) => protocol.commitAhead(offsets),
    (error) => listener.onFailure(error),
  );
}
