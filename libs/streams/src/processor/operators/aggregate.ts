/** Aggregation without a window: one state entry per key; an update is passed on when a commit gathers what changed. */
import type { StoreDeclaration } from '../../topology/graph.ts';
import type { Next, Operator, OperatorContext } from '../operator.ts';
import type { StateStore } from '../../state/state-store.ts';
import type { AggregateDefinition } from './aggregate-definition.ts';
import { ParkedRecords } from './parked-records.ts';

export function aggregate<K, V, A, R>(
  definition: AggregateDefinition<K, V, A, R>,
  store: StoreDeclaration,
): Operator {
  return {
    build(context, next) {
      const running = new RunningAggregate(
        definition as AggregateDefinition<unknown, unknown, unknown, unknown>,
        {
          context,
          next,
          state: context.store(store.name),
        },
      );
      context.hold(running.parked);
      context.beforeCommit(() => running.emit());
      return (key, value, timestampMs) => running.receive(key, value, timestampMs);
    },
  };
}

interface Surroundings {
  readonly context: OperatorContext;
  readonly next: Next;
  readonly state: StateStore;
}

class RunningAggregate {
  readonly parked: ParkedRecords;
  readonly #definition: AggregateDefinition<unknown, unknown, unknown, unknown>;
  readonly #context: OperatorContext;
  readonly #next: Next;
  readonly #state: StateStore;

  constructor(definition: AggregateDefinition<unknown, unknown, unknown, unknown>, around: Surroundings) {
    this.#definition = definition;
    this.#context = around.context;
    this.#next = around.next;
    this.#state = around.state;
    this.parked = new ParkedRecords(around.context, around.state, (record) => {
      this.#apply(this.#state.identify(record.key), record.key, record.value, record.timestampMs);
    });
  }

  receive(key: unknown, value: unknown, timestampMs: number): void {
    const id = this.#state.identify(key);
    const segment = this.#state.segment(null);
    if (this.parked.held === 0 && this.#state.isKnown(segment, id)) {
      this.#apply(id, key, value, timestampMs);
      return;
    }
    this.parked.want(segment, id, key);
    this.parked.park(key, value, timestampMs);
  }

  #apply(id: unknown, key: unknown, value: unknown, timestampMs: number): void {
    const segment = this.#state.segment(null);
    const entry =
      segment.entries.get(id) ?? this.#state.create(segment, id, key, this.#definition.initializer());
    this.#context.entered(this.#definition.name);
    entry.value = this.#definition.aggregator(entry.value, value, key);
    if (timestampMs > entry.timestampMs) entry.timestampMs = timestampMs;
    this.#state.touch(entry);
  }

  emit(): void {
    for (const entry of this.#state.dirty) {
      const { key, value, timestampMs } = entry;
      try {
        this.#next(key, this.#definition.result(value, key, null), timestampMs);
      } catch (thrown) {
        this.#context.resultFailed(thrown, this.#state.capture(entry, this.#context.partition));
      }
    }
  }
}
