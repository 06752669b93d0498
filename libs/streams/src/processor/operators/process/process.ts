/** The operator of the Processor API: makes a processor for each task, with its view of the stores. */
import type { StateStore } from '../../../state/state-store.ts';
import type {
  Forwarded,
  Processor,
  PunctuationOptions,
  ScheduledPunctuation,
} from '../../../topology/processor.ts';
import type { MaybePromise } from '../../../record/record.ts';
import { ProcessingError } from '../../../errors/streams.error.ts';
import type { Operator, OperatorContext } from '../../operator.ts';
import { GlobalView } from './global-view.ts';
import { Schedule } from './schedule.ts';
import { ProcessorNode, type Prefetch } from './processor-node.ts';
import { storeViews, type StoreView, type UsedStore } from './store-views.ts';

export interface ProcessDefinition {
  readonly name: string;
  /** As the processor calls them. */
  readonly stores: Readonly<Record<string, UsedStore>>;
  /** Global tables that it reads, as it calls them. */
  readonly globals: Readonly<Record<string, string>>;
  /** Names of the further outputs: side outputs in this order. */
  readonly outputs: readonly string[];
  /** The key stays as it is. */
  readonly keepsKey: boolean;
  readonly prefetch:
    | ((record: Forwarded<unknown, unknown>) => Readonly<Record<string, readonly unknown[] | undefined>>)
    | null;
  /** The store of punctuations that are scheduled while records are processed; null: none are. */
  readonly punctuations: string | null;
  readonly create: (context: unknown) => Processor<unknown, unknown>;
}

export function process(definition: ProcessDefinition): Operator {
  return {
    build(context, next, sides) {
      const { name, punctuations } = definition;
      const schedule = new Schedule(
        name,
        context,
        punctuations === null ? null : context.store(punctuations),
      );
      const node = new ProcessorNode(name, context, [next, ...sides], schedule);
      const stores = storeViews(definition.stores, context, node);
      const processor = definition.create(processorContext(definition, context, node, stores));
      if (processor instanceof Promise) refuseAsync(processor);
      const expire = [...stores.values()].flatMap(({ advance }) => advance ?? []);
      node.begin(processor, prefetchOf(definition, stores, context), expire);
      context.hold(node);
      context.limitTime(() => node.ceilingMs);
      context.onWatermark((watermarkMs) => node.advance(watermarkMs));
      context.onClose(() => processor.close?.());
      return (key, value, timestampMs) => node.receive(key, value, timestampMs);
    },
  };
}

/** @throws TypeError always; the promise's own rejection is left to this error */
function refuseAsync(processor: Promise<unknown>): never {
  processor.catch(() => undefined);
  throw new TypeError(
    'create gave a promise: a task does not wait for it. Open what takes time before the application starts, or await it in process.',
  );
}

function processorContext(
  { name, outputs, keepsKey, globals }: ProcessDefinition,
  context: OperatorContext,
  node: ProcessorNode,
  stores: ReadonlyMap<string, StoreView>,
) {
  const views = Array.from(stores, ([as, { view }]) => [as, view]);
  const tables = Object.entries(globals).map(([as, table]) => [
    as,
    new GlobalView(context.globalRows(table)),
  ]);
  return {
    taskId: context.taskId,
    applicationId: context.applicationId,
    partition: context.partition,
    logger: context.logger,
    telemetry: context.telemetry,
    stores: Object.fromEntries([...views, ...tables]) as Readonly<Record<string, unknown>>,
    get nowMs(): number {
      return context.clock.nowMs();
    },
    commit: () => context.requestCommit(),
    get streamTimeMs(): number {
      return context.time.watermarkMs;
    },
    forward(record: Forwarded<unknown, unknown>): void {
      if (keepsKey) node.requireSameKey(record.key);
      node.forward(0, record);
    },
    forwardTo(output: string, record: Forwarded<unknown, unknown>): void {
      const index = outputs.indexOf(output);
      if (index < 0)
        throw new ProcessingError(`Cannot forward to ${output}: ${name} declares no such output.`);
      node.forward(index + 1, record);
    },
    schedule(
      options: PunctuationOptions,
      punctuate?: (nowMs: number) => MaybePromise<void>,
    ): ScheduledPunctuation {
      return node.schedule(options, punctuate);
    },
    scheduled: (punctuation: string) => node.scheduled(punctuation),
  };
}

/** Notes what a record wants of its stores; false if it must wait for some of it. */
function prefetchOf(
  { name, prefetch }: ProcessDefinition,
  stores: ReadonlyMap<string, StoreView>,
  { lane }: OperatorContext,
): Prefetch | null {
  if (prefetch === null) return null;
  return (record) => {
    let isKnown = true;
    for (const [store, keys] of Object.entries(prefetch(record))) {
      const { entryOf, state } = stores.get(store) ?? unknownStore(name, store);
      if (entryOf === null) throw notPrefetched(name, store);
      for (const key of keys ?? []) if (!isAtHand(state, entryOf(key), lane)) isKnown = false;
    }
    return isKnown;
  };
}

function isAtHand(state: StateStore, key: unknown, lane: OperatorContext['lane']): boolean {
  const segment = state.segment(null);
  const id = state.identify(key);
  if (state.isKnown(segment, id)) return true;
  lane.want(state, segment, id, key);
  return false;
}

function unknownStore(processor: string, store: string): never {
  throw new ProcessingError(`Cannot prefetch from ${store}: ${processor} names no such store.`);
}
function notPrefetched(processor: string, store: string): ProcessingError {
  return new ProcessingError(
    `Cannot prefetch from ${store} in ${processor}: only entries of key-value and list stores are named by a key alone.`,
  );
}
