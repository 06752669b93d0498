/** Where the command speaks. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Somebody can be asked. */
  readonly interactive: boolean;
}
