/** The operator of the Processor API: makes a processor for each task, with its view of the stores. */
import type { StateStore } from '../../../state/state-store.ts';
import type { StoreDeclaration } from '../../../topology/graph.ts';
import type { Forwarded, Processor, PunctuationOptions } from '../../../topology/processor.ts';
import type { MaybePromise } from '../../../record/record.ts';
import { ProcessingError } from '../../../errors/streams.error.ts';
import type { Operator, OperatorContext } from '../../operator.ts';
import { KeyValueView } from './key-value-view.ts';
import { ProcessorNode, type Prefetch } from './processor-node.ts';
import { WindowView } from './window-view.ts';

export interface ProcessDefinition {
  readonly name: string;
  /** As the processor calls them. */
  readonly stores: Readonly<Record<string, StoreDeclaration>>;
  /** Names of the further outputs: side outputs in this order. */
  readonly outputs: readonly string[];
  /** The key stays as it is. */
  readonly keepsKey: boolean;
  readonly prefetch:
    | ((record: Forwarded<unknown, unknown>) => Readonly<Record<string, readonly unknown[] | undefined>>)
    | null;
  readonly create: (context: unknown) => Processor<unknown, unknown>;
}

export function process(definition: ProcessDefinition): Operator {
  return {
    build(context, next, sides) {
      const node = new ProcessorNode(definition.name, context, [next, ...sides]);
      const stores = viewsOf(definition, context, node);
      const processor = definition.create(processorContext(definition, context, node, stores));
      node.begin(processor, prefetchOf(definition, context));
      context.hold(node);
      context.limitTime(() => node.ceilingMs);
      context.onWatermark((watermarkMs) => {
        for (const view of stores.values()) if (view instanceof WindowView) view.advance(watermarkMs);
        node.advance(watermarkMs);
      });
      context.onClose(() => processor.close?.());
      return (key, value, timestampMs) => node.receive(key, value, timestampMs);
    },
  };
}

type View = KeyValueView | WindowView;

function viewsOf(
  { stores }: ProcessDefinition,
  context: OperatorContext,
  node: ProcessorNode,
): ReadonlyMap<string, View> {
  const timeMs = (): number => node.timeMs;
  return new Map(
    Object.entries(stores).map(([name, { name: store, kind }]) => {
      const state = context.store(store);
      return [name, kind === 'window' ? new WindowView(state, timeMs) : new KeyValueView(state, timeMs)];
    }),
  );
}

function processorContext(
  { name, outputs, keepsKey }: ProcessDefinition,
  context: OperatorContext,
  node: ProcessorNode,
  stores: ReadonlyMap<string, View>,
) {
  return {
    taskId: context.taskId,
    applicationId: context.applicationId,
    partition: context.partition,
    stores: Object.fromEntries(stores),
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
    schedule(options: PunctuationOptions, punctuate: (nowMs: number) => MaybePromise<void>): void {
      node.schedule(options, punctuate);
    },
  };
}

/** Notes what a record wants of key-value stores; false if it must wait for some of it. */
function prefetchOf({ prefetch, stores }: ProcessDefinition, context: OperatorContext): Prefetch | null {
  if (prefetch === null) return null;
  const states = new Map(
    Object.entries(stores)
      .filter(([, { kind }]) => kind === 'keyValue')
      .map(([name, store]) => [name, context.store(store.name)]),
  );
  return (record) => {
    let isKnown = true;
    for (const [name, keys] of Object.entries(prefetch(record))) {
      for (const key of keys ?? []) if (!isAtHand(states.get(name)!, key, context)) isKnown = false;
    }
    return isKnown;
  };
}

function isAtHand(state: StateStore, key: unknown, { lane }: OperatorContext): boolean {
  const segment = state.segment(null);
  const id = state.identify(key);
  if (state.isKnown(segment, id)) return true;
  lane.want(state, segment, id, key);
  return false;
}
