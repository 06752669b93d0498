/** Operators that keep nothing: each is a closure that calls the user's function and passes on at once. */
import type { KeyValue } from '../../record/record.ts';
import type { Operator } from '../operator.ts';
import { refusePromise } from './refuse-promise.ts';

export type Mapper<R> = (value: unknown, key: unknown) => R;

/** The user's function may change the key too. */
export function map(name: string, mapper: Mapper<KeyValue<unknown, unknown>>): Operator {
  return {
    build: (context, next) => (key, value, timestampMs) => {
      context.entered(name);
      const mapped = mapper(value, key);
      if (mapped instanceof Promise) refusePromise(name, mapped);
      next(mapped.key, mapped.value, timestampMs);
    },
  };
}

export function mapValues(name: string, mapper: Mapper<unknown>): Operator {
  return {
    build: (context, next) => (key, value, timestampMs) => {
      context.entered(name);
      const mapped = mapper(value, key);
      if (mapped instanceof Promise) refusePromise(name, mapped);
      next(key, mapped, timestampMs);
    },
  };
}

export function selectKey(name: string, selector: Mapper<unknown>): Operator {
  return {
    build: (context, next) => (key, value, timestampMs) => {
      context.entered(name);
      const selected = selector(value, key);
      if (selected instanceof Promise) refusePromise(name, selected);
      next(selected, value, timestampMs);
    },
  };
}

export function filter(name: string, predicate: Mapper<boolean>): Operator {
  return {
    build: (context, next) => (key, value, timestampMs) => {
      context.entered(name);
      const kept: unknown = predicate(value, key);
      if (kept instanceof Promise) refusePromise(name, kept);
      if (kept) next(key, value, timestampMs);
    },
  };
}

export function flatMap(name: string, mapper: Mapper<Iterable<KeyValue<unknown, unknown>>>): Operator {
  return {
    build: (context, next) => (key, value, timestampMs) => {
      context.entered(name);
      for (const mapped of mapper(value, key)) next(mapped.key, mapped.value, timestampMs);
    },
  };
}

export function flatMapValues(name: string, mapper: Mapper<Iterable<unknown>>): Operator {
  return {
    build: (context, next) => (key, value, timestampMs) => {
      context.entered(name);
      for (const mapped of mapper(value, key)) next(key, mapped, timestampMs);
    },
  };
}

export function peek(name: string, action: Mapper<void>): Operator {
  return {
    build: (context, next) => (key, value, timestampMs) => {
      context.entered(name);
      const done: unknown = action(value, key);
      if (done instanceof Promise) refusePromise(name, done);
      next(key, value, timestampMs);
    },
  };
}

/** A merge: the graph brings both streams here. */
export function passOn(): Operator {
  return { build: (_context, next) => next };
}

/** The first predicate that holds gives the record to its side output, the main output gets the rest. */
export function split(name: string, predicates: readonly Mapper<boolean>[]): Operator {
  return {
    build: (context, next, sides) => (key, value, timestampMs) => {
      context.entered(name);
      for (let i = 0; i < predicates.length; i++) {
        const holds: unknown = predicates[i]!(value, key);
        if (holds instanceof Promise) refusePromise(name, holds);
        if (holds) return sides[i]!(key, value, timestampMs);
      }
      next(key, value, timestampMs);
    },
  };
}
