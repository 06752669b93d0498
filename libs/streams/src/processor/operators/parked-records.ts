import type { StateSegment, StateStore } from '../../state/state-store.ts';
import type { Holder, OperatorContext } from '../operator.ts';
import { Lane, type Parking } from './lane.ts';

export type { ParkedRecord } from './lane.ts';

/** The lane of an operator that shares its one store with no other. */
export class ParkedRecords implements Holder {
  readonly limit = 1;
  readonly #state: StateStore;
  readonly #parking: Parking;
  readonly #lane = new Lane();

  constructor(context: OperatorContext, state: StateStore, acting: Omit<Parking, 'context'>) {
    this.#state = state;
    this.#parking = { context, ...acting };
  }

  get held(): number {
    return this.#lane.held;
  }
  get isFull(): boolean {
    return this.#lane.isFull;
  }
  /** No record that is held came at an earlier watermark; Infinity: none is held. */
  get oldestWatermarkMs(): number {
    return this.#lane.oldestWatermarkMs;
  }

  /** Notes an entry to load, unless it is known. */
  want(segment: StateSegment, id: unknown, key: unknown): void {
    this.#lane.want(this.#state, segment, id, key);
  }
  park(key: unknown, value: unknown, timestampMs: number): void {
    this.#lane.park(this.#parking, key, value, timestampMs);
  }

  drain(): Promise<void> {
    return this.#lane.drain();
  }
  room(): Promise<void> {
    return this.#lane.drain();
  }
}
