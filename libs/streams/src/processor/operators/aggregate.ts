/** Aggregation without a window: one state entry per key; an update is passed on when a commit gathers what changed. */
import type { StoreDeclaration } from '../../topology/graph.ts';
import type { Next, Operator, OperatorContext } from '../operator.ts';
import type { StateStore } from '../../state/state-store.ts';
import type { AggregateDefinition } from './aggregate-definition.ts';
import { ParkedRecords, type ParkedRecord } from './parked-records.ts';

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
      context.limitTime(() => running.ceilingMs);
      context.beforeCommit(() => running.emit());
      return (key, value, timestampMs) => running.receive(key, value, timestampMs);
    },
  };
}

type Arrived = Pick<ParkedRecord, 'key' | 'value' | 'timestampMs' | 'watermarkMs'>;

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
  /** The watermark when the oldest change came that is not emitted yet. */
  #pendingSinceMs = Infinity;

  constructor(definition: AggregateDefinition<unknown, unknown, unknown, unknown>, around: Surroundings) {
    this.#definition = definition;
    this.#context = around.context;
    this.#next = around.next;
    this.#state = around.state;
    this.parked = new ParkedRecords(around.context, around.state, (record) => {
      this.#apply(this.#state.identify(record.key), record);
    });
  }

  receive(key: unknown, value: unknown, timestampMs: number): void {
    const id = this.#state.identify(key);
    const segment = this.#state.segment(null);
    if (this.parked.held === 0 && this.#state.isKnown(segment, id)) {
      const { watermarkMs } = this.#context.time;
      this.#apply(id, { key, value, timestampMs, watermarkMs });
      return;
    }
    this.parked.want(segment, id, key);
    this.parked.park(key, value, timestampMs);
  }

  #apply(id: unknown, { key, value, timestampMs, watermarkMs }: Arrived): void {
    const segment = this.#state.segment(null);
    const known = segment.entries.get(id);
    this.#context.entered(this.#definition.name);
    const before = known === undefined ? this.#definition.initializer() : known.value;
    const updated = this.#definition.aggregator(before, value, key);
    const entry = known ?? this.#state.create(segment, id, key, updated);
    entry.value = updated;
    if (timestampMs > entry.timestampMs) entry.timestampMs = timestampMs;
    this.#state.touch(entry);
    if (watermarkMs < this.#pendingSinceMs) this.#pendingSinceMs = watermarkMs;
  }

  /** What is parked or not emitted yet goes out with times from then on. */
  get ceilingMs(): number {
    return Math.min(this.#pendingSinceMs, this.parked.oldestWatermarkMs);
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
    this.#pendingSinceMs = Infinity;
  }
}
