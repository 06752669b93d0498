import {
  ConfigError,
  silentLogger,
  systemClock,
  type Clock,
  type Logger,
  type LogPort,
} from '@hiveframe/streams';
import type { TargetTopic } from './topic-encoder.ts';

/** How a source is run. */
export interface SourceOptions<T, K> {
  /** Connected, and closed, by whoever owns it. */
  readonly log: LogPort;
  /** The source topic. One that does not exist is waited for, with a warning. */
  readonly topic: TargetTopic<K, T>;
  /** Of an event, where the topic has keys. @defaultValue none: the partitions in turn */
  readonly key?: (event: T) => K;
  /** Time of the records; an application that reads the event time from a column needs none. @defaultValue now */
  readonly timestampMs?: (event: T) => number;
  /** Events taken and not yet acknowledged. 1: the source is resumed when its event is in the log. More: events that come while a
   *  batch is on its way make up the next one, and a crash may cost so many that the source holds for delivered. @defaultValue 1 */
  readonly maxUnacknowledged?: number;
  /** When the source throws, or yields what cannot be written: start it again after a while, or end. @defaultValue 'retry' */
  readonly onFailure?: 'retry' | 'fail';
  /** Before the first new start; doubles up to 30 s. @defaultValue 1_000 */
  readonly backoffMs?: number;
  /** In messages. @defaultValue the name of the source's class */
  readonly name?: string;
  /** Time and delays. @defaultValue the process' own */
  readonly clock?: Clock;
  /** Gets what the source has to say. @defaultValue none: nothing is said */
  readonly logger?: Logger;
}

/** With all defaults. */
export type ResolvedSourceOptions<T, K> = Required<Omit<SourceOptions<T, K>, 'key'>> & {
  readonly key: (event: T) => K | null;
};

/** Applies defaults; names all faults together. @throws ConfigError */
export function resolveSourceOptions<T, K>(
  source: object,
  options: Omit<SourceOptions<T, K>, 'log'>,
): Omit<ResolvedSourceOptions<T, K>, 'log'> {
  const clock = options.clock ?? systemClock;
  const resolved: Omit<ResolvedSourceOptions<T, K>, 'log'> = {
    topic: options.topic,
    key: options.key ?? (() => null),
    timestampMs: options.timestampMs ?? (() => clock.nowMs()),
    maxUnacknowledged: options.maxUnacknowledged ?? 1,
    onFailure: options.onFailure ?? 'retry',
    backoffMs: options.backoffMs ?? 1_000,
    name: options.name ?? className(source),
    clock,
    logger: options.logger ?? silentLogger,
  };
  const faults = findFaults(resolved);
  if (faults.length > 0) throw new ConfigError(`Cannot run source ${resolved.name}: ${faults.join('; ')}.`);
  return resolved;
}

function className(source: object): string {
  const { name } = source.constructor;
  return name === 'Object' || name === '' ? 'source' : name;
}

function findFaults<T, K>({
  maxUnacknowledged,
  backoffMs,
  onFailure,
}: Omit<ResolvedSourceOptions<T, K>, 'log'>): string[] {
  const faults: string[] = [];
  if (!Number.isSafeInteger(maxUnacknowledged) || maxUnacknowledged < 1) {
    faults.push(`maxUnacknowledged must be a whole number of 1 or more, is ${maxUnacknowledged}`);
  }
  if (!(Number.isFinite(backoffMs) && backoffMs > 0)) {
    faults.push(`backoffMs must be a positive number, is ${backoffMs}`);
  }
  if (!(['retry', 'fail'] as readonly string[]).includes(onFailure)) {
    faults.push(`onFailure must be retry or fail, is ${onFailure}`);
  }
  return faults;
}
