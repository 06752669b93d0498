/** Runs a resumable source as a member of its group: each split in one instance of the service, the others stand by. */
import {
  LogError,
  type GroupListener,
  type GroupMember,
  type MemberAssignment,
  type MemberInfo,
  type TopicPartition,
} from '@hiveframe/streams';
import type { RunningSource } from '../source/run-source.ts';
import { SourceError } from '../source/source.error.ts';
import { reasonOf, SourceProgress, type ProgressStatus } from '../source/source-progress.ts';
import type { SourceState, SourceStatus } from '../source/source-status.ts';
import {
  resolveResumableOptions,
  type ResolvedResumableOptions,
  type ResumableSourceOptions,
} from './resumable-options.ts';
import type { ResumableSource } from './resumable-source.ts';
import { assignSplits, encodeSplits } from './split-assignor.ts';
import { SplitPositions } from './split-positions.ts';
import { SplitRun } from './split-run.ts';

const DEFAULT_STOP_TIMEOUT_MS = 5_000;
/** What a rebalance waits for a source to end. */
const REBALANCE_TIMEOUT_MS = 10_000;
/** Of that, kept for joining again. */
const JOIN_MARGIN_MS = 1_000;
const LEAVE_TIMEOUT_MS = 1_000;

/** Feeds a source into its topic, exactly once. Begins at once: waits for the log and for its topic, joins its group, and runs the
 *  splits that it is given. @throws ConfigError */
export function runResumableSource<T, P, K = null>(
  source: ResumableSource<T, P>,
  options: ResumableSourceOptions<T, K>,
): RunningSource {
  return new ResumableRunner(source, { ...resolveResumableOptions(source, options), log: options.log });
}

class ResumableRunner<T, K, P> implements RunningSource, GroupListener {
  readonly done: Promise<void>;
  readonly #source: ResumableSource<T, P>;
  readonly #options: ResolvedResumableOptions<T, K, P>;
  readonly #stopping = new AbortController();
  /** Of all that is not one split's: topics, group, end. */
  readonly #progress: SourceProgress;
  readonly #finished = Promise.withResolvers<void>();
  #member: GroupMember | null = null;
  #runs = new Map<number, SplitRun<T, K, P>>();
  /** The splits that it was given last. */
  #owned: readonly number[] = [];

  constructor(source: ResumableSource<T, P>, options: ResolvedResumableOptions<T, K, P>) {
    this.#source = source;
    this.#options = options;
    this.#progress = new SourceProgress(options.backoffMs, options.clock);
    this.#finished.promise.catch(() => undefined);
    this.done = this.#run();
    this.done.catch(() => undefined);
  }

  get status(): SourceStatus {
    const { name, topic } = this.#options;
    const splits = [...this.#runs.keys()];
    return { name, topic: topic.name, ...this.#worst(), splits };
  }

  /** Of the source as a whole where it does not run, else of the split that is worst off. */
  #worst(): ProgressStatus {
    const whole = this.#progress.status;
    if (whole.state !== 'running' || this.#runs.size === 0) return whole;
    const splits = [...this.#runs.values()].map(({ status }) => status);
    return splits.reduce((a, b) => (isWorse(b, a) ? b : a));
  }

  async stop({ timeoutMs = DEFAULT_STOP_TIMEOUT_MS } = {}): Promise<void> {
    this.#stopping.abort();
    await this.#askToStop();
    await this.#stopRuns(timeoutMs);
    this.#finished.resolve();
    await this.done.catch(() => undefined);
  }

  async #askToStop(): Promise<void> {
    try {
      await this.#source.stop?.();
    } catch (error) {
      const { logger, name } = this.#options;
      logger.log('warn', `Source ${name} failed to stop: ${reasonOf(error)}`);
    }
  }

  async #run(): Promise<void> {
    try {
      await this.#prepare();
      if (this.#stopping.signal.aborted) return this.#progress.enter('stopped');
      await Promise.race([this.#join(), this.#finished.promise]);
      await this.#finished.promise;
      this.#progress.enter(this.#stopping.signal.aborted ? 'stopped' : 'ended');
    } catch (cause) {
      const { logger, name } = this.#options;
      const error =
        cause instanceof SourceError
          ? cause
          : new SourceError(`Source ${name} failed: ${reasonOf(cause)}`, { cause });
      logger.log('error', error.message);
      this.#progress.failed(error.cause ?? error);
      this.#progress.enter('failed');
      throw error;
    } finally {
      this.#stopping.abort(); // no split is begun that the group still gives
      await this.#stopRuns(DEFAULT_STOP_TIMEOUT_MS);
      await this.#member?.leave(LEAVE_TIMEOUT_MS);
    }
  }

  async #prepare(): Promise<void> {
    const { logger, positionsTopic } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await new SplitPositions(this.#options).prepare();
        return this.#progress.succeeded();
      } catch (error) {
        if (!(error instanceof LogError)) throw error;
        logger.log(
          'warn',
          `Cannot prepare topic ${positionsTopic}: ${error.message} (trying again in ${this.#progress.nextDelayMs / 1_000} s)`,
        );
        await this.#progress.retry(error, signal);
      }
    }
  }

  async #join(): Promise<void> {
    const { log, groupId, positionsTopic, sessionTimeoutMs } = this.#options;
    this.#member = log.group(
      {
        groupId,
        topics: [positionsTopic],
        sessionTimeoutMs,
        rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
        heartbeatIntervalMs: Math.min(3_000, Math.floor(sessionTimeoutMs / 3)),
        protocol: 'hiveframe-source',
      },
      this,
    );
    await this.#member.join();
  }

  #begin(split: number): void {
    const run = new SplitRun(this.#source, this.#options, split);
    this.#runs.set(split, run);
    const isOurs = () => this.#runs.get(split) === run; // no longer once the split was given away
    run.done.then(
      (how) => (isOurs() ? this.#ended(how) : undefined),
      (error: unknown) => (isOurs() ? this.#failed(split, error) : undefined),
    );
  }

  /** A source that has come to its end in all of its splits is done. */
  #ended(how: 'ended' | 'stopped'): void {
    const runs = [...this.#runs.values()];
    if (how === 'stopped' || runs.length === 0) return;
    void Promise.all(runs.map(({ done }) => done)).then(
      (ends) => (ends.every((end) => end === 'ended') ? this.#finished.resolve() : undefined),
      () => undefined,
    );
  }

  #failed(split: number, error: unknown): void {
    if (!(error instanceof LogError)) return this.#finished.reject(error);
    this.#runs.delete(split);
    if (this.#stopping.signal.aborted) return;
    this.#waitForGroup(error);
    const { logger, name } = this.#options;
    logger.log('warn', `Source ${name} gives up split ${split}, joining its group anew: ${error.message}`);
    this.#member?.rejoin();
  }

  #waitForGroup(error: LogError): void {
    this.#progress.failed(error);
    this.#progress.enter('starting');
  }

  async #stopRuns(timeoutMs: number): Promise<void> {
    const runs = [...this.#runs.values()];
    this.#runs = new Map();
    await Promise.all(runs.map((run) => run.stop(timeoutMs)));
  }

  // The group's calls

  memberData(): Uint8Array {
    return encodeSplits(this.#owned);
  }

  assign(members: readonly MemberInfo[]): ReadonlyMap<string, MemberAssignment> {
    const { positionsTopic, numSplits } = this.#options;
    return assignSplits(members, positionsTopic, numSplits);
  }

  async onRevoked(deadlineMs: number): Promise<void> {
    this.#progress.enter('starting');
    const leftMs = deadlineMs - this.#options.clock.nowMs() - JOIN_MARGIN_MS;
    await this.#stopRuns(Math.min(Math.max(0, leftMs), REBALANCE_TIMEOUT_MS));
  }

  async onAssigned(partitions: readonly TopicPartition[]): Promise<void> {
    this.#owned = partitions.map(({ partition }) => partition);
    if (this.#stopping.signal.aborted) return;
    for (const split of this.#owned) this.#begin(split);
    this.#progress.enter(this.#owned.length > 0 ? 'running' : 'standby');
    this.#progress.succeeded();
    const { logger, name, numSplits } = this.#options;
    logger.log('info', `Source ${name} runs ${this.#owned.length} of its ${numSplits} splits here.`);
  }

  async onLost(error: LogError): Promise<void> {
    const { logger, name } = this.#options;
    logger.log('warn', `Source ${name} was taken out of its group: ${error.message} It joins again.`);
    this.#waitForGroup(error);
    await this.#stopRuns(DEFAULT_STOP_TIMEOUT_MS);
  }

  onFailed(error: LogError): void {
    const { name, groupId } = this.#options;
    const text = `Source ${name} cannot be a member of group ${groupId}: ${error.message}`;
    this.#finished.reject(new SourceError(text, { cause: error }));
  }
}

const FROM_BEST: readonly SourceState[] = ['ended', 'stopped', 'running', 'starting', 'retrying', 'failed'];

function isWorse(a: ProgressStatus, b: ProgressStatus): boolean {
  if (a.failing !== undefined && b.failing !== undefined) return a.failing.failures > b.failing.failures;
  if (a.failing !== undefined || b.failing !== undefined) return a.failing !== undefined;
  return FROM_BEST.indexOf(a.state) > FROM_BEST.indexOf(b.state);
}
