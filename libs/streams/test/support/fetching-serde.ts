import { SerdeNotReadyError, type Serde } from '@hiveframe/streams';

/** Texts. Each first letter must be fetched before a text that begins with it can be read; 'x' cannot be known, ever. */
export class FetchingSerde implements Serde<string> {
  readonly known = new Set<string>();
  readonly prepared: string[] = [];
  fetches = 0;
  isAway = false;

  async prepare(name: string, part: 'key' | 'value'): Promise<void> {
    if (this.isAway) throw new SerdeNotReadyError('The letters are away.', () => this.prepare(name, part));
    this.prepared.push(`${name}/${part}`);
  }
  serialize(value: string): Buffer {
    return Buffer.from(value);
  }
  deserialize(bytes: Uint8Array): string {
    const text = Buffer.from(bytes).toString();
    const letter = text.slice(0, 1);
    if (!this.known.has(letter)) throw new SerdeNotReadyError('No letters yet.', () => this.#fetch(letter));
    if (letter === 'x') throw new TypeError('x is no letter of ours');
    return text;
  }
  async #fetch(letter: string): Promise<void> {
    this.fetches++;
    if (this.isAway) throw new SerdeNotReadyError('The letters are away.', () => this.#fetch(letter));
    this.known.add(letter);
  }
}
