import { ConfigError, json } from '@hiveframe/streams';
import {
  resolveSourceOptions,
  type ResolvedSourceOptions,
  type SourceOptions,
} from '../source/source-options.ts';
import {
  isResumable,
  type EventSource,
  type RejectedResponse,
  type ResumableSource,
} from './resumable-source.ts';

/** How a resumable source is run. */
export interface ResumableSourceOptions<T, K> extends Omit<
  SourceOptions<T, K>,
  'maxUnacknowledged' | 'name'
> {
  /** Of the service: its instances share the source. */
  readonly applicationId: string;
  /** Longest time until what the source gave is committed. @defaultValue 100, as of a task under exactly_once */
  readonly commitIntervalMs?: number;
  /** Events that wait for the commit, encoded, of each split: more are committed early, and while a commit is under way the source
   *  is not resumed. @defaultValue 8 MiB */
  readonly maxPendingBytes?: number;
  /** The broker aborts a transaction that takes longer. @defaultValue 10_000 */
  readonly transactionTimeoutMs?: number;
  /** What to do about input that is no event. @defaultValue 'deadLetter' */
  readonly onRejected?: RejectedResponse;
  /** Must exist; the application makes its own. @defaultValue `<applicationId>-dead-letters` */
  readonly deadLetterTopic?: string;
  /** Of the topic of positions. @defaultValue the broker's */
  readonly replicationFactor?: number;
  /** After which another instance takes over from one that died. @defaultValue 10_000 */
  readonly sessionTimeoutMs?: number;
}

/** With all defaults, and what the source says of itself. */
export type ResolvedResumableOptions<T, K, P> = Omit<ResolvedSourceOptions<T, K>, 'maxUnacknowledged'> &
  Required<Omit<ResumableSourceOptions<T, K>, keyof SourceOptions<T, K> | 'replicationFactor'>> & {
    readonly numSplits: number;
    readonly position: NonNullable<ResumableSource<T, P>['position']>;
    readonly positionsTopic: string;
    /** Of the group; transactional ids begin with it. */
    readonly groupId: string;
    readonly replicationFactor: number | undefined;
  };

const MIB = 1024 * 1024;
/** Together with the application's id it names topics. */
const LEGAL_NAME = /^[a-zA-Z0-9._-]{1,60}$/;

/** Applies defaults; names all faults together. @throws ConfigError */
export function resolveResumableOptions<T, K, P>(
  source: ResumableSource<T, P>,
  options: Omit<ResumableSourceOptions<T, K>, 'log'>,
): Omit<ResolvedResumableOptions<T, K, P>, 'log'> {
  const { applicationId } = options;
  const { name } = source;
  const resolved = {
    ...resolveSourceOptions(source, { ...options, name }),
    applicationId,
    commitIntervalMs: options.commitIntervalMs ?? 100,
    maxPendingBytes: options.maxPendingBytes ?? 8 * MIB,
    transactionTimeoutMs: options.transactionTimeoutMs ?? 10_000,
    onRejected: options.onRejected ?? 'deadLetter',
    deadLetterTopic: options.deadLetterTopic ?? `${applicationId}-dead-letters`,
    replicationFactor: options.replicationFactor,
    sessionTimeoutMs: options.sessionTimeoutMs ?? 10_000,
    numSplits: source.numSplits ?? 1,
    position: source.position ?? json<P>(),
    positionsTopic: `${applicationId}-${name}-positions`,
    groupId: `${applicationId}-source-${name}`,
  };
  const faults = findFaults(resolved);
  if (faults.length > 0) throw new ConfigError(`Cannot run source ${name}: ${faults.join('; ')}.`);
  return resolved;
}

const POSITIVE = ['commitIntervalMs', 'maxPendingBytes', 'transactionTimeoutMs', 'sessionTimeoutMs'] as const;

function findFaults<T, K, P>(resolved: Omit<ResolvedResumableOptions<T, K, P>, 'log'>): string[] {
  const faults: string[] = POSITIVE.filter(
    (key) => !(Number.isFinite(resolved[key]) && resolved[key] > 0),
  ).map((key) => `${key} must be a positive number, is ${resolved[key]}`);
  const { name, numSplits, commitIntervalMs, transactionTimeoutMs, position } = resolved;
  if (!LEGAL_NAME.test(name)) {
    faults.push('its name must be 1 to 60 letters, digits, dots, dashes or underscores (it names a topic)');
  }
  if (!Number.isSafeInteger(numSplits) || numSplits < 1) {
    faults.push(`numSplits must be a whole number of 1 or more, is ${numSplits}`);
  }
  if (transactionTimeoutMs <= commitIntervalMs) {
    faults.push('transactionTimeoutMs must be longer than commitIntervalMs');
  }
  if ('prepare' in position) {
    faults.push('its position must have a serde that needs no schema from elsewhere, such as json()');
  }
  return faults;
}

/** Fails as `runSource` and `runResumableSource` would for these options, before there is a log: what is wrong is told at the start.
 *  @throws ConfigError */
export function checkSource<T, K>(
  source: EventSource<T>,
  options: Omit<SourceOptions<T, K>, 'log'> & Omit<ResumableSourceOptions<T, K>, 'log'>,
): void {
  if (isResumable(source)) resolveResumableOptions(source, options);
  else resolveSourceOptions(source, options);
}
