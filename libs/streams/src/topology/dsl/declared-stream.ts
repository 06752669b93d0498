/** KStream, as the DSL makes it: every method adds nodes to the draft. */
import { TopologyError } from '../../errors/streams.error.ts';
import { asyncLookup, type AsyncLookup } from '../../processor/operators/async-lookup.ts';
import { mapValuesAsync, type AsyncMapper } from '../../processor/operators/map-values-async.ts';
import type { AsyncOptions } from '../../processor/operators/async-options.ts';
import * as operators from '../../processor/operators/stateless.ts';
import type { Operator } from '../../processor/operator.ts';
import type { KeyValue } from '../../record/record.ts';
import type { StreamSink } from '../../sink/sink.ts';
import type { GroupedOptions, KGroupedStream } from '../grouped-stream.ts';
import type { KStream, RepartitionOptions } from '../kstream.ts';
import type { Topic } from '../topic.ts';
import { requireKey } from '../../processor/operators/require-key.ts';
import type { RowStoreOptions } from '../store-ref.ts';
import type { KTable } from '../ktable.ts';
import { declareStreamTableJoin, type StreamTableJoinOptions } from './declare-join.ts';
import {
  declareAsyncProcess,
  declareProcess,
  type DeclaredAsyncProcess,
  type DeclaredProcess,
} from './declare-process.ts';
import { declareStreamJoin, type StreamJoinOptions } from './declare-stream-join.ts';
import { declareGrouping } from './declared-grouping.ts';
import { declareGlobalJoin, DeclaredGlobalTable, type GlobalJoinOptions } from './declared-global-table.ts';
import { declareKeptTable, joinSide } from './declared-table.ts';
import type { Dsl } from './dsl.ts';
import { attach, wider, type Flow } from './flow.ts';
import { groupingBy, KEY_ITSELF } from './group-key.ts';
import { toPredicate, type Condition, type Mapper } from './predicate.ts';
import { repartition, writeTo } from './through-topic.ts';
import { writeToSink } from './write-to-sink.ts';

type DeclaredLookup = AsyncOptions &
  Pick<AsyncLookup, 'keyOf' | 'lookup' | 'joiner'> & { readonly cache?: AsyncLookup['cache'] };
type Options = GroupedOptions<unknown, unknown>;
type JoinOptions = StreamTableJoinOptions | StreamJoinOptions | GlobalJoinOptions;

class DeclaredStream {
  readonly kind = 'stream';
  readonly #dsl: Dsl;
  readonly #flow: Flow;

  constructor(dsl: Dsl, flow: Flow) {
    this.#dsl = dsl;
    this.#flow = flow;
  }

  filter(predicate: Mapper<boolean> | Condition): DeclaredStream {
    return this.#then('filter', (name) => operators.filter(name, toPredicate(predicate)));
  }
  map(mapper: Mapper<KeyValue<unknown, unknown>>): DeclaredStream {
    return this.#then('map', (name) => operators.map(name, mapper), NEW_KEY_AND_VALUE);
  }
  mapValues(mapper: Mapper<unknown>): DeclaredStream {
    return this.#then('map-values', (name) => operators.mapValues(name, mapper), NEW_VALUE);
  }
  flatMap(mapper: Mapper<Iterable<KeyValue<unknown, unknown>>>): DeclaredStream {
    return this.#then('flat-map', (name) => operators.flatMap(name, mapper), NEW_KEY_AND_VALUE);
  }
  flatMapValues(mapper: Mapper<Iterable<unknown>>): DeclaredStream {
    return this.#then('flat-map-values', (name) => operators.flatMapValues(name, mapper), NEW_VALUE);
  }
  selectKey(selector: Mapper<unknown>): DeclaredStream {
    return this.#then('select-key', (name) => operators.selectKey(name, selector), NEW_KEY);
  }
  peek(action: Mapper<void>): DeclaredStream {
    return this.#then('peek', (name) => operators.peek(name, action));
  }
  mapValuesAsync(mapper: AsyncMapper, options: AsyncOptions): DeclaredStream {
    const operator = mapValuesAsync(mapper, options);
    return this.#then('map-values-async', () => operator, NEW_VALUE, options.name);
  }

  merge(other: unknown): DeclaredStream {
    if (!(other instanceof DeclaredStream)) throw new TopologyError('Cannot merge: that is no stream.');
    this.#requireSameBuilder(other, 'merge');
    const [a, b] = [this.#flow, other.#flow];
    const node = this.#dsl.draft.add({
      name: this.#dsl.draft.positionalName('merge'),
      parents: [a.output, b.output],
      spec: () => ({ kind: 'operator', type: 'merge', operator: operators.passOn(), stores: [] }),
    });
    return new DeclaredStream(this.#dsl, {
      output: node.children,
      key: a.key === b.key ? a.key : null,
      value: a.value === b.value ? a.value : null,
      keyChanged: a.keyChanged || b.keyChanged,
      watermark: wider(a.watermark, b.watermark),
    });
  }

  split(branches: Readonly<Record<string, Mapper<boolean>>>): Readonly<Record<string, DeclaredStream>> {
    const names = Object.keys(branches);
    if (names.includes('rest')) {
      throw new TopologyError(
        `Cannot split: 'rest' is what matches none of the branches; name yours otherwise.`,
      );
    }
    const { draft } = this.#dsl;
    const name = draft.positionalName('split');
    const operator = operators.split(name, Object.values(branches).map(toPredicate));
    const node = draft.add({
      name,
      parents: [this.#flow.output],
      numSideOutputs: names.length,
      spec: () => ({ kind: 'operator', type: 'split', operator, stores: [] }),
    });
    const behind = (output: Flow['output']) => new DeclaredStream(this.#dsl, { ...this.#flow, output });
    const sides = names.map((branch, i) => [branch, behind(node.sideOutputs[i]!)] as const);
    return { ...Object.fromEntries(sides), rest: behind(node.children) };
  }

  groupBy(by: string | readonly string[] | Mapper<unknown>, options: Options): unknown {
    const { select, columns } = groupingBy(by);
    const rekeyed = (): Flow => {
      const operator = (name: string) => operators.selectKey(name, select);
      const output = attach(this.#dsl.draft, this.#flow, {
        type: 'select-key',
        name: `${options.name}-key`,
        operator,
      });
      return { ...this.#flow, ...NEW_KEY, output };
    };
    return declareGrouping(this.#dsl, rekeyed, { output: this.#flow.output, by }, columns, options);
  }
  groupByKey(options: Options): KGroupedStream<unknown, unknown, unknown> {
    const keyedBy = { output: this.#flow.output, by: null };
    return declareGrouping(this.#dsl, () => this.#flow, keyedBy, KEY_ITSELF, options);
  }

  join(other: unknown, options: JoinOptions): DeclaredStream {
    return this.#joined(other, 'inner', options);
  }
  leftJoin(other: unknown, options: JoinOptions): DeclaredStream {
    return this.#joined(other, 'left', options);
  }
  outerJoin(other: unknown, options: JoinOptions): DeclaredStream {
    return this.#joined(other, 'outer', options);
  }
  #joined(other: unknown, kind: 'inner' | 'left' | 'outer', options: JoinOptions): DeclaredStream {
    const dsl = this.#dsl;
    if (other instanceof DeclaredStream) {
      this.#requireSameBuilder(other, 'join');
      const flow = declareStreamJoin(dsl, this.#flow, other.#flow, kind, options as StreamJoinOptions);
      return new DeclaredStream(dsl, flow);
    }
    const tableKind = kind === 'inner' ? 'inner' : 'left'; // there is no outer join with a table
    if (other instanceof DeclaredGlobalTable) {
      const flow = declareGlobalJoin(dsl, this.#flow, other, tableKind, options as GlobalJoinOptions);
      return new DeclaredStream(dsl, flow);
    }
    const table = joinSide(dsl, other, options.name);
    return new DeclaredStream(dsl, declareStreamTableJoin(dsl, this.#flow, table, tableKind, options));
  }

  #requireSameBuilder(other: DeclaredStream, what: string): void {
    if (other.#dsl.draft === this.#dsl.draft) return;
    throw new TopologyError(
      `Cannot ${what} with a stream of another StreamsBuilder: both must come from one.`,
    );
  }

  process(options: DeclaredProcess & { readonly output?: Pick<Flow, 'key' | 'value'> }): DeclaredStream {
    const { key, value } = options.output ?? this.#flow;
    const flow = declareProcess(this.#dsl, this.#flow, options, { keepsKey: false, key, value });
    return new DeclaredStream(this.#dsl, flow);
  }
  processValues(options: DeclaredProcess & { readonly value?: Flow['value'] }): DeclaredStream {
    const { key, value } = this.#flow;
    const result = { keepsKey: true, key, value: options.value ?? value };
    return new DeclaredStream(this.#dsl, declareProcess(this.#dsl, this.#flow, options, result));
  }
  processAsync({
    output,
    ...options
  }: DeclaredAsyncProcess & { readonly output?: Pick<Flow, 'key' | 'value'> }): DeclaredStream {
    const flow = declareAsyncProcess(this.#dsl, this.#flow, options, output ?? this.#flow);
    return new DeclaredStream(this.#dsl, flow);
  }
  asyncLookup({ keyOf, lookup, joiner, cache, ...options }: DeclaredLookup): DeclaredStream {
    const operator = asyncLookup({ options, keyOf, lookup, joiner, cache: cache ?? null });
    return this.#then('async-lookup', () => operator, NEW_VALUE, options.name);
  }

  toTable({
    name,
    store = {},
  }: {
    readonly name: string;
    readonly store?: RowStoreOptions<unknown, unknown>;
  }): KTable<unknown, unknown> {
    const known = { ...this.#flow, key: store.key ?? this.#flow.key, value: store.value ?? this.#flow.value };
    const flow = this.#flow.keyChanged ? this.#byKey(known, name) : known;
    return declareKeptTable(this.#dsl, flow, name, store);
  }

  /** Records without a key go before the topic: there they would be spread at random. */
  #byKey(flow: Flow, name: string): Flow {
    const { draft } = this.#dsl;
    const output = attach(draft, flow, {
      type: 'require-key',
      name: `${name}-require-key`,
      operator: requireKey,
    });
    return repartition(draft, { ...flow, output }, { name });
  }

  repartition(options: RepartitionOptions<unknown, unknown>): DeclaredStream {
    return new DeclaredStream(this.#dsl, repartition(this.#dsl.draft, this.#flow, options));
  }
  to({ name, key, value }: Topic<unknown, unknown>): void {
    const { draft } = this.#dsl;
    const nodeName = draft.positionalName('sink');
    writeTo(draft, this.#flow, { nodeName, topic: { name, internal: false }, key, value });
  }
  toSink(sink: StreamSink<unknown, unknown>): void {
    writeToSink(this.#dsl.draft, this.#flow, sink);
  }

  #then(
    type: string,
    operator: (name: string) => Operator,
    changes: Partial<Flow> = {},
    name?: string,
  ): DeclaredStream {
    const output = attach(this.#dsl.draft, this.#flow, {
      type,
      operator,
      ...(name !== undefined && { name }),
    });
    return new DeclaredStream(this.#dsl, { ...this.#flow, ...changes, output });
  }
}

const NEW_VALUE = { value: null } satisfies Partial<Flow>;
const NEW_KEY = { key: null, keyChanged: true } satisfies Partial<Flow>;
const NEW_KEY_AND_VALUE = { ...NEW_KEY, ...NEW_VALUE };

export function declareStream<K, V>(dsl: Dsl, flow: Flow): KStream<K, V> {
  return new DeclaredStream(dsl, flow) as unknown as KStream<K, V>;
}
