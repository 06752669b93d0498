import { inspect } from 'node:util';

/** A text that no log line, JSON dump or error shows: only `reveal` gives it. */
export class Secret {
  readonly #value: string;
  readonly #shown: string;

  /** `shown` stands in its place. */
  constructor(value: string, shown = '***') {
    this.#value = value;
    this.#shown = shown;
  }

  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return this.#shown;
  }
  toJSON(): string {
    return this.#shown;
  }
  [inspect.custom](): string {
    return this.#shown;
  }
}
