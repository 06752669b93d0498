/** The tutorial's words for a stream of events: a thin writing of KStream. Every call adds the same nodes to the same graph;
 *  what the tutorial leaves out (names, grace, key serdes) is filled in here.
 *  F1 Events have no key until they are grouped.
 *  F2 Windows give their final result when they close, and wait for late events as long as the watermark says: grace is 0. */
import type { Columns, Condition } from '../column/expression.ts';
import type { AsyncOptions } from '../processor/operators/async-options.ts';
import type { StreamSink } from '../sink/sink.ts';
import type { Emit, Window } from '../time/window.ts';
import type {
  GroupColumns,
  GroupKey,
  KGroupedStream,
  LatenessOptions,
  Selector,
  WindowedKStream,
  WindowedOptions,
} from '../topology/grouped-stream.ts';
import type { KStream, Narrowed, Predicate, Sync } from '../topology/kstream.ts';
import type { Topic } from '../topology/topic.ts';
import { GroupNames, type GroupBy } from './group-names.ts';

/** How the calls of a `map` are made. @defaultValue 16 at once per task, 30 s each, not repeated */
export type MapOptions = Partial<Pick<AsyncOptions, 'concurrency' | 'timeoutMs' | 'retries'>>;
export type GroupingColumns<T> = (keyof T & string) | readonly (keyof T & string)[] | Selector<null, T>;

export interface EventStream<T> {
  /** A function that is declared `async`, or any for which options are given, may be awaited: up to `concurrency` calls are under
   *  way at once, results leave in the order the events came. Any other is called per event without that cost, and a promise
   *  from it is a processing failure that says so. */
  map<R>(mapper: (event: T) => R, options?: MapOptions): EventStream<Awaited<R>>;
  filter<const P extends Predicate<T, null> | Condition<Columns<T>>>(
    predicate: P,
  ): EventStream<Narrowed<T, P>>;
  /** Then `groupBy` and `agg`; the same as `groupBy` and `windowedBy`. */
  window<W extends Window, E extends Emit = 'final'>(
    window: W,
    options?: LatenessOptions<null, T, E>,
  ): WindowedEvents<T, W, E>;
  groupBy<const B extends GroupingColumns<T>>(
    by: B,
  ): KGroupedStream<GroupKey<null, T, B>, T, GroupColumns<null, T, B>>;
  to(topic: Topic<null, T>): void;
  toSink(sink: StreamSink<null, T>): void;
  /** The rest of the vocabulary. */
  toKStream(): KStream<null, T>;
}

/** The window is chosen, the group not yet. State and topics are named after columns and window. */
export interface WindowedEvents<T, W extends Window, E extends Emit> {
  groupBy<const B extends GroupingColumns<T>>(
    by: B,
  ): WindowedKStream<GroupKey<null, T, B>, T, GroupColumns<null, T, B>, W, E>;
}

const MAP_DEFAULTS = { concurrency: 16, timeoutMs: 30_000 } as const;

/** Declared with the keyword; a function that merely returns a promise cannot be told from others before it is called. */
function isAsync(mapper: (...args: never[]) => unknown): boolean {
  return Object.prototype.toString.call(mapper) === '[object AsyncFunction]';
}

/** What the type says once the function is known not to be async. @throws TypeError for a promise */
function synchronous<R>(result: R): Sync<Awaited<R>> {
  if (result instanceof Promise) {
    result.catch(() => undefined); // this error is the one to report
    throw new TypeError(
      'The function given to map returns a promise but is not declared async: write map(async (event) => ...).',
    );
  }
  return result as Sync<Awaited<R>>;
}

/** Names that the streams of one source share. */
class FrontNames {
  readonly groups = new GroupNames();
  #maps = 0;

  nextMap(): string {
    return `map-${++this.#maps}`;
  }
}

class DeclaredEvents<T> implements EventStream<T> {
  readonly #stream: KStream<null, T>;
  readonly #names: FrontNames;

  constructor(stream: KStream<null, T>, names: FrontNames) {
    this.#stream = stream;
    this.#names = names;
  }

  map<R>(mapper: (event: T) => R, options?: MapOptions): EventStream<Awaited<R>> {
    if (options === undefined && !isAsync(mapper)) {
      return this.#behind(this.#stream.mapValues<Awaited<R>>((event) => synchronous(mapper(event))));
    }
    const call = async (event: T): Promise<Awaited<R>> => await mapper(event);
    const name = this.#names.nextMap();
    return this.#behind(this.#stream.mapValuesAsync(call, { name, ...MAP_DEFAULTS, ...options }));
  }

  #behind<R>(stream: KStream<null, R>): EventStream<R> {
    return new DeclaredEvents(stream, this.#names);
  }

  filter<const P extends Predicate<T, null> | Condition<Columns<T>>>(
    predicate: P,
  ): EventStream<Narrowed<T, P>> {
    return this.#behind(this.#stream.filter(predicate));
  }

  window<W extends Window, E extends Emit = 'final'>(
    window: W,
    options: LatenessOptions<null, T, E> = {},
  ): WindowedEvents<T, W, E> {
    return new DeclaredWindow(this.#stream, window, options, this.#names.groups);
  }

  groupBy<const B extends GroupingColumns<T>>(
    by: B,
  ): KGroupedStream<GroupKey<null, T, B>, T, GroupColumns<null, T, B>> {
    return this.#stream.groupBy(by, { name: this.#names.groups.nameOf(by as GroupBy, null) });
  }

  to(topic: Topic<null, T>): void {
    this.#stream.to(topic);
  }

  toSink(sink: StreamSink<null, T>): void {
    this.#stream.toSink(sink);
  }

  toKStream(): KStream<null, T> {
    return this.#stream;
  }
}

class DeclaredWindow<T, W extends Window, E extends Emit> implements WindowedEvents<T, W, E> {
  readonly #stream: KStream<null, T>;
  readonly #window: W;
  readonly #options: LatenessOptions<null, T, E>;
  readonly #names: GroupNames;

  constructor(stream: KStream<null, T>, window: W, options: LatenessOptions<null, T, E>, names: GroupNames) {
    this.#stream = stream;
    this.#window = window;
    this.#options = options;
    this.#names = names;
  }

  groupBy<const B extends GroupingColumns<T>>(
    by: B,
  ): WindowedKStream<GroupKey<null, T, B>, T, GroupColumns<null, T, B>, W, E> {
    const name = this.#names.nameOf(by as GroupBy, this.#window);
    return this.#stream.groupBy(by, { name }).windowedBy(this.#window, this.#windowed());
  }

  /** Behind the grouping late events have its key; who asks for them here asks for events without one. */
  #windowed<K>(): WindowedOptions<K, T, E> {
    const { emit = 'final' as E, late = 'drop' } = this.#options;
    return { graceMs: 0, emit, late: late as NonNullable<LatenessOptions<K, T, E>['late']> };
  }
}

/** The front's words on a stream whose records have no key, or whose key is not of interest. */
export function eventStream<T>(stream: KStream<null, T>): EventStream<T> {
  return new DeclaredEvents(stream, new FrontNames());
}
