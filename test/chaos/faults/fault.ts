/** One fault on real parts. `strike` and `heal` resolve when the damage is done, and when nothing is left of it: the parts are there
 *  again, though perhaps busy with coming back. */
export interface Fault {
  strike(): Promise<void>;
  heal(): Promise<void>;
}
