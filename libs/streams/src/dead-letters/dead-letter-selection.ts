/** Which dead letters are meant. */
import { ConfigError } from '../errors/streams.error.ts';
import type { DeadLetterRecord } from './dead-letter-record.ts';

/** Those to which all of it applies. */
export interface DeadLetterFilter {
  /** Topic and partition from which the record came. */
  readonly topic?: string;
  readonly partition?: number;
  /** Dead letters since then, and before then, epoch ms. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
  /** The kind (`processing`), the name of the error (`ProcessingError`), or a part of its message. */
  readonly reason?: string;
}

/** A filter that says nothing selects everything, and must say so: `{ all: true }`. */
export type DeadLetterSelection =
  (DeadLetterFilter & { readonly all?: true }) | { readonly letters: readonly DeadLetterPlace[] };

/** Where a dead letter lies in its topic. */
export interface DeadLetterPlace {
  readonly partition: number;
  readonly offset: number;
}

export function matches(letter: DeadLetterRecord, filter: DeadLetterFilter): boolean {
  const { topic, partition, sinceMs, untilMs, reason } = filter;
  return (
    (topic === undefined || letter.source?.topic === topic) &&
    (partition === undefined || letter.source?.partition === partition) &&
    (sinceMs === undefined || letter.deadLetteredAtMs >= sinceMs) &&
    (untilMs === undefined || letter.deadLetteredAtMs < untilMs) &&
    (reason === undefined || isFor(letter, reason))
  );
}

function isFor({ reason: { kind, exception, message } }: DeadLetterRecord, reason: string): boolean {
  return kind === reason || exception === reason || message.includes(reason);
}

const NUMBERS = ['partition', 'sinceMs', 'untilMs'];
const TEXTS = ['topic', 'reason'];

/** For filters that come from outside. @throws ConfigError */
export function checkFilter(filter: unknown, others: readonly string[] = []): DeadLetterFilter {
  for (const [name, value] of Object.entries(requireObject(filter))) {
    if (value === undefined || others.includes(name)) continue;
    if (NUMBERS.includes(name)) requireNumber(name, value);
    else if (!TEXTS.includes(name)) throw refused(`there is no ${name}`);
    else if (typeof value !== 'string' || value === '') throw refused(`${name} must be a text`);
  }
  return filter as DeadLetterFilter;
}

/** @throws ConfigError */
export function checkSelection(selection: unknown): DeadLetterSelection {
  const { letters, ...filter } = requireObject(selection);
  if (letters !== undefined) return { letters: checkPlaces(letters, filter) };
  checkFilter(filter, ['all']);
  const isNarrowed = [...NUMBERS, ...TEXTS].some((name) => filter[name] !== undefined);
  if (isNarrowed || filter['all'] === true) return filter;
  throw refused('nothing is said. For all of them say { all: true }');
}

/** In the order of offsets, each once. */
function checkPlaces(letters: unknown, filter: object): readonly DeadLetterPlace[] {
  if (!Array.isArray(letters) || letters.length === 0) throw refused('letters must be a list');
  if (letters.length > MAX_PLACES) throw refused(`letters names more than ${MAX_PLACES}`);
  if (Object.keys(filter).length > 0) throw refused('letters goes with nothing else');
  const places = new Map<string, DeadLetterPlace>();
  for (const letter of letters as readonly unknown[]) {
    const found = requireObject(letter);
    const partition = requireNumber('partition', found['partition']);
    const offset = requireNumber('offset', found['offset']);
    places.set(`${partition}:${offset}`, { partition, offset });
  }
  return [...places.values()].sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

const MAX_PLACES = 10_000;

function requireNumber(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw refused(`${name} must be a whole number, is ${JSON.stringify(value)}`);
}

function requireObject(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw refused('it must be an object');
}

function refused(why: string): ConfigError {
  return new ConfigError(`Cannot select dead letters: ${why}.`);
}
