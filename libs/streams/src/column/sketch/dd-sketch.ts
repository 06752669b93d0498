/** Quantiles within a relative error (DDSketch: Masson, Rim, Lee, VLDB 2019): a count for each range of values (γ^(i-1), γ^i], with
 *  γ = (1 + ε) / (1 - ε). So two sketches merge exactly, in any order, and a value can be taken out again.
 *  Q1 At most `MAX_RANGES` ranges for each sign; beyond, the smallest by size are counted as one. With ε = 0.01 they span a factor of
 *     10^17, so that happens to no measured quantity.
 *  Bytes: version u8 (1) | zeros float64 BE | negative, then positive ranges: number u32 BE, each index i32 BE, count float64 BE */
export class DDSketch {
  readonly #logGamma: number;
  readonly #negative: Map<number, number>;
  readonly #positive: Map<number, number>;
  #zeros: number;

  /** @param relativeError ε, above 0 and below 1 */
  constructor(relativeError: number) {
    this.#logGamma = Math.log((1 + relativeError) / (1 - relativeError));
    this.#negative = new Map();
    this.#positive = new Map();
    this.#zeros = 0;
  }

  get count(): number {
    return this.#zeros + total(this.#negative) + total(this.#positive);
  }

  /** @param value finite @param count below 0: takes the value out again */
  add(value: number, count = 1): void {
    if (value === 0) this.#zeros += count;
    else change(value < 0 ? this.#negative : this.#positive, this.#index(Math.abs(value)), count);
  }

  merge(other: DDSketch): void {
    this.#zeros += other.#zeros;
    for (const [index, count] of other.#negative) change(this.#negative, index, count);
    for (const [index, count] of other.#positive) change(this.#positive, index, count);
  }

  #index(size: number): number {
    return Math.ceil(Math.log(size) / this.#logGamma);
  }
  /** The value whose relative distance to both ends of the range is least. */
  #valueOf(index: number): number {
    const gamma = Math.exp(this.#logGamma);
    return (2 * Math.exp(index * this.#logGamma)) / (gamma + 1);
  }

  /** The value below which the share `quantile` of the values lies; null: there are none. */
  quantile(quantile: number): number | null {
    const { count } = this;
    if (count === 0) return null;
    let rank = quantile * (count - 1);
    for (const [index, here] of sorted(this.#negative).reverse()) {
      if (rank < here) return -this.#valueOf(index);
      rank -= here;
    }
    if (rank < this.#zeros) return 0;
    rank -= this.#zeros;
    const positive = sorted(this.#positive);
    for (const [index, here] of positive) {
      if (rank < here) return this.#valueOf(index);
      rank -= here;
    }
    return this.#valueOf(positive.at(-1)![0]);
  }

  pack(): Buffer {
    const ranges = this.#negative.size + this.#positive.size;
    const bytes = Buffer.allocUnsafe(HEADER_BYTES + 8 + ranges * RANGE_BYTES);
    bytes[0] = VERSION;
    let at = bytes.writeDoubleBE(this.#zeros, 1);
    for (const side of [this.#negative, this.#positive]) {
      at = bytes.writeUInt32BE(side.size, at);
      for (const [index, count] of side) at = bytes.writeDoubleBE(count, bytes.writeInt32BE(index, at));
    }
    return bytes;
  }

  static unpack(bytes: Buffer, relativeError: number): DDSketch {
    const sketch = new DDSketch(relativeError);
    sketch.#zeros = bytes.readDoubleBE(1);
    let at = HEADER_BYTES;
    for (const side of [sketch.#negative, sketch.#positive]) {
      const end = at + 4 + bytes.readUInt32BE(at) * RANGE_BYTES;
      for (at += 4; at < end; at += RANGE_BYTES) side.set(bytes.readInt32BE(at), bytes.readDoubleBE(at + 4));
    }
    return sketch;
  }
}

const VERSION = 1;
const HEADER_BYTES = 9;
const RANGE_BYTES = 12;
const MAX_RANGES = 2_048;

function change(ranges: Map<number, number>, index: number, by: number): void {
  const at = by < 0 && !ranges.has(index) && ranges.size > 0 ? Math.min(...ranges.keys()) : index; // Q1
  const count = (ranges.get(at) ?? 0) + by;
  if (count > 0) ranges.set(at, count);
  else ranges.delete(at);
  if (ranges.size > MAX_RANGES) collapse(ranges);
}

/** Q1 */
function collapse(ranges: Map<number, number>): void {
  const [[lowest, count], [next, more]] = sorted(ranges) as [Range, Range];
  ranges.delete(lowest);
  ranges.set(next, count + more);
}

type Range = [index: number, count: number];

function sorted(ranges: ReadonlyMap<number, number>): Range[] {
  return [...ranges].sort(([a], [b]) => a - b);
}
function total(ranges: ReadonlyMap<number, number>): number {
  let sum = 0;
  for (const count of ranges.values()) sum += count;
  return sum;
}
