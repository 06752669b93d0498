/** Reads JSON of which nothing was declared: as JSON.parse does, and by a generated reader once the documents turned out to have one
 *  shape, as those of a topic mostly do. What does not have that shape is JSON.parse's, so the result is always its result.
 *  L1 A shape is looked for in the first documents; a reader that misses too many is given up and looked for anew, a few times. */
import { utf8 } from '../../record-batch/index.ts';
import { unlessForbidden } from '../generated-code.ts';
import { generateReader, type PlainReader } from './generated-reader.ts';
import { shapeOfAll } from './learned-shape.ts';
import { Scan } from './scan.ts';

/** Documents that a shape is made of. */
const SAMPLES = 64;
/** Larger ones are not looked at: reading them by hand would not pay, keeping them would cost. */
const MAX_SAMPLE_BYTES = 4 * 1024;
/** L1: judged by so many documents, given up when more than a quarter was missed. */
const JUDGED = 1_024;
const MAX_MISSED = JUDGED / 4;
const MAX_ATTEMPTS = 3;

export class LearningReader {
  #reader: PlainReader | null = null;
  #samples: unknown[] | null = [];
  #attempts = 0;
  #read = 0;
  #missed = 0;

  /** @throws SyntaxError what JSON.parse throws */
  read(bytes: Buffer, start: number, end: number): unknown {
    if (this.#reader === null) return this.#parseAndLearn(bytes, start, end);
    if (++this.#read >= JUDGED) this.#judge();
    const value = this.#reader?.(bytes, start, end);
    if (value !== undefined) return value;
    this.#missed++;
    return parse(bytes, start, end);
  }

  #parseAndLearn(bytes: Buffer, start: number, end: number): unknown {
    const value = parse(bytes, start, end);
    if (this.#samples === null || end - start > MAX_SAMPLE_BYTES) return value;
    // A copy: what was read is the caller's, who may change it.
    this.#samples.push(parse(bytes, start, end));
    if (this.#samples.length === SAMPLES) this.#learn(this.#samples);
    return value;
  }

  #learn(samples: readonly unknown[]): void {
    const shape = shapeOfAll(samples);
    const reader = shape === undefined ? undefined : unlessForbidden(() => generateReader(shape, new Scan()));
    this.#reader = reader ?? null;
    this.#samples = reader === undefined && ++this.#attempts < MAX_ATTEMPTS ? [] : null;
  }

  #judge(): void {
    const isGood = this.#missed <= MAX_MISSED;
    this.#read = this.#missed = 0;
    if (isGood) return;
    this.#reader = null;
    this.#samples = ++this.#attempts < MAX_ATTEMPTS ? [] : null;
  }
}

function parse(bytes: Buffer, start: number, end: number): unknown {
  return JSON.parse(utf8(bytes, start, end));
}
