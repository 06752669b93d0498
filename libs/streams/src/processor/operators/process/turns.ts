/** Of one key, what waits for a read goes before what is asked after it, by whatever processor that shares the store. The task waits
 *  for what is under way, also where the user's function does not: no commit without it. */
import type { MaybePromise } from '../../../record/record.ts';
import type { StateStore } from '../../../state/state-store.ts';

/** Makes the step that runs now wait. */
export type WaitFor = (pending: Promise<unknown>) => void;

/** By key. */
type UnderWay = Map<unknown, Promise<unknown>>;

const ofStores = new WeakMap<StateStore, UnderWay>();

export class Turns {
  readonly #waitFor: WaitFor;
  readonly #underWay: UnderWay;

  constructor(state: StateStore, waitFor: WaitFor) {
    this.#waitFor = waitFor;
    this.#underWay = ofStores.get(state) ?? new Map();
    ofStores.set(state, this.#underWay);
  }

  /** At once, if nothing of this key is under way. */
  take<T>(id: unknown, action: () => MaybePromise<T>): MaybePromise<T> {
    const before = this.#underWay.get(id);
    const result = before === undefined ? action() : before.then(action, action);
    if (!(result instanceof Promise)) return result;
    const turn: Promise<T> = result.finally(() => {
      if (this.#underWay.get(id) === turn) this.#underWay.delete(id);
    });
    this.#underWay.set(id, turn);
    this.#waitFor(turn);
    return turn;
  }
}
