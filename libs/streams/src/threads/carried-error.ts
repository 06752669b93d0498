/** Errors on their way from a thread to its host. Structured clone would keep name and message only: here class, code, fields and
 *  causes arrive, so that the host can act on `error.code` or `LogError.failure.kind` as if it had been thrown here. */
import {
  InvalidQueryError,
  StoreKindError,
  StoreNotAvailableError,
  StoreNotHereError,
  UnknownStoreError,
} from '../errors/query.error.ts';
import {
  BufferFullError,
  ConfigError,
  DeserializationError,
  InvariantError,
  LateRecordError,
  ProcessingError,
  ProductionError,
  PunctuationError,
  StreamsError,
  StreamThreadError,
  TaskCorruptedError,
  TimeoutError,
  TimestampError,
  TopologyError,
} from '../errors/streams.error.ts';
import { HeldRecordError } from '../processor/operators/held-record.error.ts';
import { LogError } from '../ports/log.ts';
import { StoreError } from '../ports/store.ts';
import { SerdeNotReadyError } from '../serde/not-ready.ts';
import { SinkError } from '../sink/sink.ts';

export interface CarriedError {
  readonly kind: 'error';
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** A `StreamsError`, of whatever package. */
  readonly isOurs: boolean;
  /** Its own properties, as far as they can be cloned. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly cause: CarriedError | CarriedValue | null;
}
/** Somebody threw what is no error. */
export interface CarriedValue {
  readonly kind: 'value';
  readonly value: unknown;
}

type ErrorClass = { readonly name: string; readonly prototype: Error };
/** A spec sees to it that every exported class is here. */
const KNOWN: readonly ErrorClass[] = [
  TopologyError,
  ConfigError,
  DeserializationError,
  TimestampError,
  ProcessingError,
  PunctuationError,
  ProductionError,
  TaskCorruptedError,
  TimeoutError,
  InvariantError,
  LateRecordError,
  StreamThreadError,
  HeldRecordError,
  BufferFullError,
  LogError,
  StoreError,
  UnknownStoreError,
  StoreKindError,
  InvalidQueryError,
  StoreNotHereError,
  StoreNotAvailableError,
  SinkError,
  SerdeNotReadyError,
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
];
const CLASSES: ReadonlyMap<string, ErrorClass> = new Map(KNOWN.map((Class) => [Class.name, Class]));
/** Deeper causes are left out: a cycle ends here. */
const MAX_CAUSES = 8;
const OWN = new Set(['name', 'message', 'stack', 'cause']);

export function carryError(thrown: unknown): CarriedError {
  return carry(thrown instanceof Error ? thrown : new Error(String(thrown)), MAX_CAUSES);
}

function carry(error: Error, depth: number): CarriedError {
  const { name, message, stack, cause } = error;
  const fields = Object.entries(error).filter(([field]) => !OWN.has(field));
  return {
    kind: 'error',
    name,
    message,
    stack,
    isOurs: StreamsError.is(error),
    fields: Object.fromEntries(fields.map(([field, value]) => [field, cloneable(value)])),
    cause: cause === undefined ? null : carryCause(cause, depth),
  };
}

function carryCause(cause: unknown, depth: number): CarriedError | CarriedValue | null {
  if (!(cause instanceof Error)) return { kind: 'value', value: cloneable(cause) };
  return depth === 0 ? null : carry(cause, depth - 1);
}

/** The value itself where it can cross, else its text. */
export function cloneable(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return String(value);
  }
}

/** Ours, before its class is known: gives the brand that `StreamsError.is` looks for. */
class ArrivedError extends StreamsError {
  readonly code: string = 'HFS_INVARIANT';
}

export function reviveError({ name, message, stack, isOurs, fields, cause }: CarriedError): Error {
  const options = cause === null ? {} : { cause: cause.kind === 'error' ? reviveError(cause) : cause.value };
  const error = isOurs ? new ArrivedError(message, options) : new Error(message, options);
  // A class of another package is not known here: it stays a StreamsError with its name, code and fields.
  const prototype = (CLASSES.get(name) ?? (isOurs ? StreamsError : Error)).prototype;
  Object.setPrototypeOf(error, prototype);
  return Object.assign(error, fields, { name, stack });
}
