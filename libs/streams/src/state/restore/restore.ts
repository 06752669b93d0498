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
  const { log, changelog, partition } = options;
  const [[end], [start]] = await Promise.all([
    log.admin.offsets([changelog], 'end'),
    log.admin.offsets([changelog], 'start'),
  ]);
  const endOffset = end!.offset;
  let storeOffset = partition.changelogOffset ?? 0;
  if (storeOffset > endOffset || (storeOffset < start!.offset && storeOffset > 0)) {
    // The changelog was made anew, or does not reach back to where the store stands: only a full replay is right.
    if ((await partition.clear()) === 'fenced') throw notContinued(options);
    storeOffset = 0;
  }
  return { storeOffset, startOffset: Math.max(storeOffset, start!.offset), endOffset };
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
