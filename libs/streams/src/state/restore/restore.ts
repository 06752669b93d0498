/** Brings a store partition up to date with its changelog (step 4 of taking over a task).
 *  The store says how far it has come (its changelog offset moves with every flush), so a restore that is called off goes on from
 *  there, here or elsewhere. */
import { TaskCorruptedError } from '../../errors/streams.error.ts';
import { LogError, type LogPort, type TopicPartition } from '../../ports/log.ts';
import type { Clock } from '../../ports/runtime.ts';
import type { StorePartition } from '../../ports/store.ts';
import { ChangelogReplay } from './changelog-replay.ts';
import { RestoreMeter, type RestoreListener } from './restore-progress.ts';
import type { RestoreTurns } from './restore-turns.ts';

export interface RestoreOptions {
  readonly log: LogPort;
  readonly changelog: TopicPartition;
  readonly taskId: string;
  readonly store: string;
  readonly windowed: boolean;
  readonly partition: StorePartition;
  readonly turns: RestoreTurns;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onRestore: RestoreListener;
}

/** A changelog keeps tombstones at least so long after it is compacted: Kafka's own `delete.retention.ms`. */
const TOMBSTONES_KEPT_MS = 24 * 60 * 60 * 1_000;

interface Plan {
  /** Where the store stands. */
  readonly storeOffset: number;
  /** What the changelog still has from there on. */
  readonly startOffset: number;
  readonly endOffset: number;
}

/** Resolves with the changelog offset the store stands at. The end is taken read_uncommitted after the task was fenced, the
 *  records are read read_committed (D32). @throws TaskCorruptedError when the store is another owner's meanwhile, or the changelog
 *  begins later: both are mended by opening the task again */
export async function restore(options: RestoreOptions): Promise<number> {
  const plan = await planRestore(options);
  const { startOffset, endOffset, storeOffset } = plan;
  if (startOffset >= endOffset) return storeOffset;
  return options.turns.replay(endOffset - startOffset, options.signal, () => replay(options, plan));
}

async function planRestore(options: RestoreOptions): Promise<Plan> {
  const { partition } = options;
  const reach = await readReach(options);
  const { startOffset, endOffset } = reach;
  let storeOffset = partition.changelogOffset ?? 0;
  if (storeOffset > 0 && !continues(reach, storeOffset)) {
    if ((await partition.clear()) === 'fenced') throw notContinued(options);
    storeOffset = 0;
  }
  return { storeOffset, startOffset: Math.max(storeOffset, startOffset), endOffset };
}

/** What a changelog still tells. */
interface Reach {
  readonly startOffset: number;
  /** From here on no tombstone can be missing. */
  readonly tombstonesFrom: number;
  readonly endOffset: number;
}

async function readReach({ log, changelog, clock }: RestoreOptions): Promise<Reach> {
  const timestampMs = Math.max(0, clock.nowMs() - TOMBSTONES_KEPT_MS);
  const [[end], [start], [kept]] = await Promise.all([
    log.admin.offsets([changelog], 'end'),
    log.admin.offsets([changelog], 'start'),
    log.admin.offsets([changelog], { timestampMs }),
  ]);
  return { startOffset: start!.offset, tombstonesFrom: kept!.offset, endOffset: end!.offset };
}

/** Whether a store that stands at this offset can go on from there. Not if the changelog was made anew, begins later, or may have
 *  forgotten in between that a key was deleted: then only a full replay is right. The last offset is never compacted. */
function continues({ startOffset, tombstonesFrom, endOffset }: Reach, storeOffset: number): boolean {
  if (storeOffset > endOffset || storeOffset < startOffset) return false;
  return storeOffset >= Math.min(tombstonesFrom, endOffset - 1);
}

async function replay(options: RestoreOptions, plan: Plan): Promise<number> {
  const { taskId, store, changelog, clock, onRestore } = options;
  const { startOffset, endOffset } = plan;
  const { partition } = changelog;
  const meter = new RestoreMeter({ taskId, store, partition, startOffset, endOffset, clock, onRestore });
  const replaying = new ChangelogReplay({
    ...options,
    ...plan,
    meter,
    notContinued: () => notContinued(options),
  });
  try {
    const offset = await replaying.run();
    meter.ended();
    return offset;
  } catch (error) {
    meter.suspended();
    throw error instanceof LogError && error.failure.kind === 'offsetOutOfRange'
      ? cutShort(options, error)
      : error;
  }
}

function notContinued({ store, changelog }: RestoreOptions): TaskCorruptedError {
  return new TaskCorruptedError(
    `Cannot restore store ${store}-${changelog.partition}: another owner opened it meanwhile, or it lost writes.`,
  );
}

function cutShort({ store, changelog }: RestoreOptions, cause: LogError): TaskCorruptedError {
  return new TaskCorruptedError(
    `Cannot restore store ${store}-${changelog.partition}: retention deleted the beginning of its changelog meanwhile.`,
    { cause },
  );
}
