/** What Avro's `long` is in TypeScript. */
import avsc, { type Type } from 'avsc';

/** avsc computes with twice the number, as a float64: at 2^52 and beyond it would give, and write, a neighbour or the opposite. */
const MAX_EXACT = 2 ** 52;

interface Tap {
  readLong(): number;
  writeLong(value: number): void;
}
/** What a type of avsc has, beyond its typings. */
interface LongMethods {
  _read(tap: Tap): number;
  _write(tap: Tap, value: unknown): void;
  _check(value: unknown, flags: unknown, hook: ((value: unknown, type: Type) => void) | undefined): boolean;
}
const AnyLong = avsc.types.LongType as unknown as new () => Type & LongMethods;

/** A number: whole, from -2^52 to below 2^52. What is beyond is refused. */
class ExactLong extends AnyLong {
  override _read(tap: Tap): number {
    const value = tap.readLong();
    if (isExact(value)) return value;
    throw new RangeError(
      "a long is beyond 2^52, where a number cannot hold it for sure: read longs as 'bigint'",
    );
  }
  override _write(tap: Tap, value: unknown): void {
    if (typeof value === 'number' && !isExact(value)) throw new RangeError('a long is beyond 2^52');
    super._write(tap, value);
  }
  override _check(...[value, flags, hook]: Parameters<LongMethods['_check']>): boolean {
    if (typeof value !== 'number' || isExact(value)) return super._check(value, flags, hook);
    hook?.(value, this);
    return false;
  }
}

function isExact(value: number): boolean {
  return value >= -MAX_EXACT && value < MAX_EXACT;
}

export function exactLong(): Type {
  return new ExactLong();
}

export function bigintLong(): Type {
  return avsc.types.LongType.__with({
    fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
    toBuffer(value: bigint) {
      const bytes = Buffer.allocUnsafe(8);
      bytes.writeBigInt64LE(value);
      return bytes;
    },
    fromJSON: (value: number | string) => BigInt(value),
    toJSON: (value: bigint) => Number(value),
    isValid: (value: unknown) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
    compare: (left: bigint, right: bigint) => (left < right ? -1 : Number(left > right)),
  });
}
