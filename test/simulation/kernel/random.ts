/** Chance from a seed: the same seed and the same questions give the same answers, on every machine.
 *  sfc32 (Chris Doty-Humphrey's Small Fast Counter), seeded by FNV-1a of a name. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** `name` tells streams of one seed apart, so that one that is asked more often does not shift the others. */
  constructor(seed: number, name: string) {
    this.#a = seed >>> 0;
    this.#b = hash(name);
    this.#c = Math.imul(seed ^ this.#b, 0x9e3779b1) >>> 0;
    for (let i = 0; i < 12; i++) this.#next();
  }

  /** From 0 inclusive to 1 exclusive. */
  fraction(): number {
    return this.#next() / 0x1_0000_0000;
  }
  /** A whole number from `from` to `to`, both inclusive. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.fraction() * (to - from + 1));
  }
  between(from: number, to: number): number {
    return from + this.fraction() * (to - from);
  }
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }
  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.fraction() * from.length)]!;
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}

function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
