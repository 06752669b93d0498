/** Runs one sub-topology over one partition number: the one place where the stages meet.
 *  T1 One record at a time, in the order of `PartitionGroup`; user code of a task never runs twice at once.
 *  T2 A store shows no write whose offset is not committed, except to this task.
 *  T3 A commit claims exactly the records whose effects it carries: it seals when nothing is held back.
 *  T4 While a commit is under way the task goes on with the next one's work, within `maxPendingBytes` (S6). If a commit fails,
 *     both are forgotten: the task is closed and opened again from what the log says (D40). */
import type { CommittedOffset, FetchedRecords, LogReader } from '../ports/log.ts';
import { TimeoutError } from '../errors/streams.error.ts';
import type { Metric } from '../ports/runtime.ts';
import { SerdeNotReadyError } from '../serde/not-ready.ts';
import type { RecordQueue } from '../source/record-queue.ts';
import type { RestoreListener } from '../state/restore/restore-progress.ts';
import type { SubTopology } from '../topology/graph.ts';
import { isEmpty, type SealedWork } from '../transaction/sealed-work.ts';
import type { OpenedTask } from './assemble-task.ts';
import { CommitMeter } from './commit-meter.ts';
import { openTask } from './open-task.ts';
import { fetchForSerde } from './serde-fetch.ts';
import type { TaskEnvironment } from './task-environment.ts';
import { formatTaskId, type TaskId } from './task-id.ts';
import { memberUntil } from './task-member.ts';
import { taskMetrics } from './task-metrics.ts';
import { TurnTimer } from './turn-timer.ts';
import { WorkSealer } from './work-sealer.ts';

export type TaskState = 'created' | 'opening' | 'running' | 'suspended' | 'closed';

/** Records in a row while a task finishes its queues. */
const FINISH_BATCH = 1_000;
/** Ports have deadlines of their own; beyond this one of them never answered. */
const COMMIT_WATCHDOG_MS = 120_000;

export class StreamTask {
  readonly id: TaskId;
  readonly name: string;
  readonly subTopology: SubTopology;
  state: TaskState = 'created';
  /** What a commit or a handler failed with: the worker decides. */
  failure: Error | null = null;
  processedCount = 0;
  /** Spent in `process`; the worker measures it by the turn. */
  processMs = 0;
  /** Of the turn. */
  #done = 0;
  /** What the last successful commit claimed, for inputs that moved since the task was opened. */
  committed: readonly CommittedOffset[] = [];

  readonly #environment: TaskEnvironment;
  /** Rung when the task can go on, or has failed: the loop may be asleep. */
  readonly #wake: () => void;
  readonly #sinceCaughtUpMs: LogReader['sinceCaughtUpMs'];
  readonly #closing = new AbortController();
  readonly #turnTimer: TurnTimer;
  #opened: OpenedTask | null = null;
  #sealer: WorkSealer | null = null;
  #suspending: Promise<void> = Promise.resolve();
  /** A handler's answer or held records are waited for: nothing is processed meanwhile. */
  #waiting: Promise<void> | null = null;
  /** What a serde must fetch before the next record can be read. Commits do not wait for it (F1). */
  #fetching: Promise<void> | null = null;
  /** Handlers that were asked about results. */
  #answers: Promise<void>[] = [];
  #committing: Promise<void> | null = null;
  #lastCommitMs = 0;
  /** By a processor, before the interval is over. */
  #isCommitRequested = false;
  /** When the ports were given the commit that is under way. */
  #handedOverMs: number | null = null;
  readonly #meter: CommitMeter;
  /** Of the trace of what was sealed last. */
  #endBatch: (error?: Error) => void = () => {};

  constructor(
    id: TaskId,
    subTopology: SubTopology,
    environment: TaskEnvironment,
    wake: () => void = () => {},
    sinceCaughtUpMs: LogReader['sinceCaughtUpMs'] = () => 0,
  ) {
    this.id = id;
    this.name = formatTaskId(id);
    this.subTopology = subTopology;
    this.#environment = { ...environment, member: memberUntil(this.#closing.signal, environment.member) };
    this.#wake = wake;
    this.#sinceCaughtUpMs = sinceCaughtUpMs;
    this.#turnTimer = new TurnTimer(environment.pacing);
    this.#meter = new CommitMeter(this, environment.telemetry);
  }

  get inputs(): readonly RecordQueue[] {
    return this.#opened?.queues ?? [];
  }
  get watermarkMs(): number {
    return this.#opened?.watermark.watermarkMs ?? -Infinity;
  }
  /** The operator that ran last. */
  get operatorName(): string {
    return this.#opened?.operator.name ?? '';
  }
  /** Ends when the next record can be read, or when the task has failed or is closed; null: nothing is missing. */
  get fetching(): Promise<void> | null {
    return this.#fetching;
  }
  get isCommitting(): boolean {
    return this.#committing !== null;
  }

  /** Takes over the task: fence, committed offsets, store checkpoint, replay, run (numbered in `openTask`). The signal calls it off. */
  async open(onRestore: RestoreListener, signal?: AbortSignal): Promise<void> {
    this.state = 'opening';
    const closing = this.#closing.signal;
    const calledOff = signal === undefined ? closing : AbortSignal.any([closing, signal]);
    const opened = await openTask(this.id, this.subTopology, this.#environment, calledOff, {
      onRestore,
      onFailure: (error) => this.#fail(error),
      onPending: (answer) => this.#answers.push(this.#handled(() => answer)),
      onCommitRequested: () => (this.#isCommitRequested = true),
    });
    if (closing.aborted) return opened.close();
    this.#opened = opened;
    this.#sealer = new WorkSealer(opened, this.id, this.subTopology, this.#environment);
    this.#lastCommitMs = this.#environment.clock.nowMs();
    opened.watermark.begin(this.#lastCommitMs);
    this.state = 'running';
    this.#makeRoom(); // for what operators must read before anything
  }

  #fail(error: Error): void {
    this.failure ??= error;
    this.#wake();
  }

  /** As things stand now. */
  metrics(): readonly Metric[] {
    if (this.#opened === null) return [];
    const { name: taskId, processedCount, processMs } = this;
    const nowMs = this.#environment.clock.nowMs();
    return taskMetrics(this.#opened, { taskId, processedCount, processMs, nowMs });
  }

  add(fetched: FetchedRecords): void {
    this.#opened!.intake.add(fetched);
  }

  /** Fetched for this input and not processed. */
  bufferedBytes(queue: RecordQueue): number {
    const { queues, intake } = this.#opened!;
    return queue.bufferedBytes + intake.heldBytes / queues.length;
  }

  /** May records be processed now? */
  get isReady(): boolean {
    return (
      this.state === 'running' &&
      this.#waiting === null &&
      this.#fetching === null &&
      this.failure === null &&
      this.#pendingBytes <= this.#environment.maxPendingBytes
    );
  }

  /** What the next commit carries, about. */
  get #pendingBytes(): number {
    const { collector, states } = this.#opened!;
    let bytes = collector.pendingBytes;
    for (const state of states.values()) bytes += state.dirtyBytes;
    return bytes;
  }

  /** Processes up to `limit` records; returns how many, with the watermarks heard between them. Ends before that when `untilMs` (of
   *  the pacing) has passed, when an operator can hold no more, or when enough is pending for a commit. The only place with a try
   *  around user code. */
  process(limit: number, untilMs = Infinity): number {
    const { record, stages, watermark } = this.#opened!;
    const heardBefore = watermark.numHeard;
    this.#done = 0;
    while (this.#canGoOn(limit, untilMs)) {
      try {
        this.#processSome(limit, untilMs);
        break;
      } catch (thrown) {
        if (thrown instanceof SerdeNotReadyError && !this.#opened!.group.reading!.hasHead) {
          this.#fetch(thrown);
          break;
        }
        this.#failed(thrown);
        this.#done++;
      }
    }
    record.set(null);
    this.processedCount += this.#done;
    const heard = watermark.numHeard - heardBefore;
    if (this.#done + heard > 0) {
      stages.advance();
      this.#makeRoom();
    }
    return this.#done + heard;
  }

  /** Until there is nothing to process now, or the turn is over. One try for all of them: a record that throws ends it. */
  #processSome(limit: number, untilMs: number): void {
    const { group, watermark, record, trace } = this.#opened!;
    do {
      const queue = group.next();
      if (queue === null) return;
      watermark.observe(queue.index, queue.timestampMs);
      record.set(queue);
      if (trace !== null) trace.enter(queue);
      queue.chain(queue.key, queue.value, queue.timestampMs);
      queue.consumed();
      this.#done++;
    } while (this.#canGoOn(limit, untilMs));
  }

  /** Asked before each record: the one before may have been slow, have become many, or ended the task. */
  #canGoOn(limit: number, untilMs: number): boolean {
    if (this.#done >= limit || this.#waiting !== null || this.failure !== null) return false;
    if (this.#done === 0) return true;
    const { stages, collector } = this.#opened!;
    const isEnough = collector.pendingBytes > this.#environment.maxPendingBytes;
    return !isEnough && !stages.isFull && !this.#turnTimer.isOver(untilMs);
  }

  /** The next record stays where it is until its serde has what it needs. */
  #fetch(missing: SerdeNotReadyError): void {
    const options = { ...this.#environment, taskName: this.name, signal: this.#closing.signal };
    this.#fetching = this.#handled(() => fetchForSerde(missing, options)).finally(() => {
      this.#fetching = null;
      this.#wake();
    });
  }

  /** The record that is read or processed now failed: its handler decides, at once or later. */
  #failed(thrown: unknown): void {
    const { group, failures, operator, trace } = this.#opened!;
    const queue = group.reading!;
    trace?.enter(queue);
    try {
      const pending = failures.handle(thrown, queue.capture(), operator.name);
      if (pending instanceof Promise) this.#await(this.#handled(() => pending));
    } catch (error) {
      this.#fail(error as Error);
    }
    queue.consumed();
  }

  /** Runs what may ask a handler; keeps what it throws (`fail`) for the worker. */
  async #handled(action: () => void | Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #await(pending: Promise<void>): void {
    const before = this.#waiting;
    const all = before === null ? pending : Promise.all([before, pending]).then(() => {});
    const waiting: Promise<void> = all.finally(() => {
      if (this.#waiting !== waiting) return;
      this.#waiting = null;
      this.#wake();
    });
    this.#waiting = waiting;
  }

  /** Operators that hold more than they should are waited for before the task goes on. */
  #makeRoom(): void {
    for (const { holder } of this.#opened!.stages) {
      if (holder === null) continue;
      if (holder.held >= holder.limit || holder.isFull === true)
        this.#await(this.#settle(() => holder.room()));
    }
  }

  /** Repeats what held records failed in, until nothing throws: each time the handler answered for one of them. */
  async #settle(action: () => Promise<void>): Promise<void> {
    const { failures, record, operator } = this.#opened!;
    while (this.failure === null) {
      try {
        await action();
        record.set(null);
        return;
      } catch (thrown) {
        await this.#handled(() => failures.handle(thrown, record.capture(), operator.name));
      }
    }
  }

  /** Once per round: idle inputs, wall-clock and stream-time punctuations, a commit that never ends. */
  punctuate(nowMs: number): void {
    const { watermark, punctuators, stages } = this.#opened!;
    if (this.#committing !== null) this.#watch(nowMs);
    if (this.#waiting !== null || this.failure !== null) return;
    const beforeMs = watermark.watermarkMs;
    this.#checkIdle(nowMs);
    if (watermark.watermarkMs > beforeMs) stages.advance();
    const due = punctuators.due(nowMs, watermark.watermarkMs);
    if (due.length > 0) this.#await(this.#handled(() => punctuators.run(due)));
  }

  #checkIdle(nowMs: number): void {
    const { watermark, queues } = this.#opened!;
    watermark.checkIdle(
      nowMs,
      (input) => queues[input]!.wasActive(),
      (input) => this.#sinceCaughtUpMs(queues[input]!),
    );
  }

  /** What the user's functions still answer before the commit is theirs to limit: they may take longer than any port. */
  #watch(nowMs: number): void {
    if (this.failure !== null || this.#handedOverMs === null) return;
    if (nowMs - this.#handedOverMs < COMMIT_WATCHDOG_MS) return;
    this.#fail(
      new TimeoutError(`The commit of task ${this.name} did not end within ${COMMIT_WATCHDOG_MS} ms.`),
    );
  }

  /** When the next commit is due by time, epoch ms. */
  get nextCommitMs(): number {
    return this.#lastCommitMs + this.#environment.commitIntervalMs;
  }

  /** Commits when the interval or the bytes say so and none is under way. Does not wait. */
  maybeCommit(nowMs: number): void {
    if (this.state !== 'running' || this.#committing !== null || this.failure !== null) return;
    const full = this.#pendingBytes >= this.#environment.maxPendingBytes;
    if (!full && !this.#isCommitRequested && nowMs < this.nextCommitMs) return;
    this.#isCommitRequested = false;
    this.#lastCommitMs = nowMs;
    if (this.#sealer!.hasMoved) void this.commit();
  }

  /** Seals what is there and makes it visible. Resolves when it is, or when it failed: see `failure`. */
  commit(): Promise<void> {
    this.#committing ??= this.#commit().finally(() => {
      this.#committing = null;
      this.#wake();
    });
    return this.#committing;
  }

  async #commit(): Promise<void> {
    const { protocol, flusher } = this.#opened!;
    const { clock, pacing } = this.#environment;
    const startedMs = pacing.elapsedMs();
    const work = await this.#seal();
    if (work === null || isEmpty(work)) return this.#endBatch();
    this.#handedOverMs = clock.nowMs();
    try {
      await protocol.commit(work, flusher);
      if (work.offsets.length > 0) this.committed = work.offsets;
      this.#meter.committed(work, pacing.elapsedMs() - startedMs);
      this.#endBatch();
    } catch (error) {
      this.#endBatch(error as Error);
      this.#fail(error as Error);
    } finally {
      this.#handedOverMs = null;
    }
  }

  /** Lets each stage give what it holds, close what is due and emit (S2 of `Stages`); then takes everything at one instant (T3).
   *  At that instant nothing is held and no flush is under way: the time to forget clean entries. */
  async #seal(): Promise<SealedWork | null> {
    let sealed: SealedWork | null = null;
    const { trace } = this.#opened!;
    while (this.#waiting !== null) await this.#waiting;
    const sealing = this.#handled(async () => {
      for (const { holder, advance, emit, time } of this.#opened!.stages) {
        if (holder !== null && holder.held > 0) await this.#settle(() => holder.drain());
        if (this.failure !== null) return;
        advance?.(time.watermarkMs);
        if (holder !== null && holder.held > 0) await this.#settle(() => holder.drain());
        emit?.();
        while (this.#answers.length > 0) await Promise.all(this.#answers.splice(0));
      }
      if (this.failure !== null) return;
      for (const state of this.#opened!.states.values()) state.evict();
      this.#announce();
      sealed = this.#sealer!.take();
      if (trace !== null) this.#endBatch = trace.takeBatch();
    });
    this.#await(sealing);
    await sealing;
    return sealed;
  }

  /** Behind the output of this commit, where event time stands now that nothing is held. */
  #announce(): void {
    const nowMs = this.#environment.clock.nowMs();
    this.#checkIdle(nowMs);
    this.#opened!.announcer.announce(nowMs);
  }

  /** Stops processing and commits what is done, for a rebalance or the end. Resolves when that is over, whoever asked first; see
   *  `failure`. */
  suspend(): Promise<void> {
    if (this.state === 'running') {
      this.state = 'suspended';
      this.#suspending = this.#commitLast();
    }
    return this.#suspending;
  }

  async #commitLast(): Promise<void> {
    const { intake } = this.#opened!;
    intake.hold();
    if (intake.commitsAhead) await this.#finishCommittedAhead();
    await this.#committing;
    if (this.failure === null && this.#opened !== null) await this.commit();
  }

  /** At most once: these records are nobody's any more, whoever gets the task next. */
  async #finishCommittedAhead(): Promise<void> {
    const { intake, queues } = this.#opened!;
    await intake.settled();
    while (this.failure === null && this.#opened !== null && queues.some((queue) => !queue.isEmpty)) {
      await this.#waiting;
      await this.#fetching;
      if (this.process(FINISH_BATCH) === 0 && this.#waiting === null && this.#fetching === null) return; // an input that is behind holds the others
      await this.#environment.pacing.breathe();
    }
  }

  /** Goes on after a rebalance that left the task here. */
  resume(): void {
    if (this.state !== 'suspended') return;
    this.state = 'running';
    const { intake, watermark } = this.#opened!;
    watermark.begin(this.#environment.clock.nowMs());
    intake.release();
  }

  /** Ends the task without a commit; what is under way is given up. */
  async close(): Promise<void> {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.#closing.abort();
    const opened = this.#opened;
    this.#opened = null;
    opened?.trace?.takeBatch()(this.failure ?? new Error('The task was closed before it had committed.'));
    for (const { holder } of opened?.stages ?? []) holder?.abandon?.();
    await opened?.close();
  }
}
