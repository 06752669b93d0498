export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Exit codes beside 0: an unsafe change was found; some dead letters were refused, or the one is not there; it could not be done. */
export const UNSAFE = 1;
export const REFUSED = 1;
export const FAILED = 2;
