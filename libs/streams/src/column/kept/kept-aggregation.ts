/** Aggregates that keep more than numbers, beside those that do not: each lot in a part of its own, so that sums and counts cost what
 *  they cost without them.
 *  Bytes: version u8 (2) | shape u32 BE | numbers: length u32 BE, as `accumulatorSerde` has them | each kept: length u32 BE, bytes */
import { crc32c } from '../../record-batch/index.ts';
import { asBuffer } from '../../serde/bytes.ts';
import type { Serde } from '../../serde/serde.ts';
import type { Accumulator } from '../accumulator.ts';
import type { AnyAggregate, ColumnAggregation, GroupColumns } from '../column-aggregation.ts';
import type { Row } from '../compiled-expression.ts';
import type { DeclaredKept } from './declare-kept.ts';
import type { Keep } from './keep.ts';

export interface KeptAccumulator {
  readonly numbers: Accumulator;
  readonly kept: unknown[];
}

const VERSION = 2;
const HEADER_BYTES = 5;
const LENGTH_BYTES = 4;
/** undefined may be what a user's function made of the aggregate. */
const NO_CHANGE = Symbol('no change');

/** @param all those of numbers too, in the order written */
export function withKept(
  numbers: ColumnAggregation<Accumulator>,
  columns: readonly DeclaredKept[],
  all: readonly AnyAggregate[],
  group: GroupColumns,
): ColumnAggregation<KeptAccumulator> {
  const keeps = columns.map(({ keep }) => keep);
  const shape = columns.map((column) => column.shape).join(';');
  const aliases = all.map(({ aliasedAs }) => aliasedAs);
  const names = [...group.names, ...aliases];
  const windowedNames = [...group.names, 'window_start', 'window_end', ...aliases];
  const initializer = (): KeptAccumulator => ({
    numbers: numbers.initializer(),
    kept: keeps.map((keep) => keep.create()),
  });
  /** What one call of `apply` is about to do. */
  const next: unknown[] = keeps.map(() => NO_CHANGE);
  /** P1 of `Keep`: first what may throw and changes nothing. */
  const apply = (to: KeptAccumulator, row: Row, change: 'add' | 'subtract'): KeptAccumulator => {
    const { kept } = to;
    for (let i = 0; i < keeps.length; i++) {
      const keep = keeps[i]!;
      const value =
        change === 'subtract' && keep.takeBack !== undefined
          ? keep.takeBack(row, kept[i])
          : keep.take(row, kept[i]);
      if (value === undefined) next[i] = NO_CHANGE;
      else next[i] = keep.pure === true ? keep[change]!(kept[i], value) : value;
    }
    numbers[change](to.numbers, row);
    for (let i = 0; i < keeps.length; i++) {
      if (next[i] === NO_CHANGE) continue;
      kept[i] = keeps[i]!.pure === true ? next[i] : keeps[i]![change]!(kept[i], next[i]);
      next[i] = NO_CHANGE;
    }
    return to;
  };
  return {
    initializer,
    add: (to, row) => apply(to, row, 'add'),
    subtract: (from, row) => apply(from, row, 'subtract'),
    merge(to, from) {
      numbers.merge(to.numbers, from.numbers);
      for (const [i, keep] of keeps.entries()) to.kept[i] = keep.merge(to.kept[i], from.kept[i]);
      return to;
    },
    row(of, key, window) {
      const plain = numbers.row(of.numbers, key, window);
      const row: Record<string, unknown> = {};
      for (const name of window === null ? names : windowedNames) row[name] = plain[name];
      for (const [i, { aliasedAs, keep }] of columns.entries()) row[aliasedAs] = keep.result(of.kept[i]);
      return row;
    },
    serde: keptSerde(numbers, keeps, shape),
  };
}

function keptSerde(
  numbers: ColumnAggregation<Accumulator>,
  keeps: readonly Keep<unknown, unknown>[],
  shape: string,
): Serde<KeptAccumulator> {
  const shapeSum = crc32c(Buffer.from(shape, 'utf8'));
  return {
    serialize(accumulator, context) {
      const parts = [
        numbers.serde.serialize(accumulator.numbers, context),
        ...keeps.map((keep, i) => keep.pack(accumulator.kept[i])),
      ];
      const size = parts.reduce((sum, part) => sum + LENGTH_BYTES + part.length, HEADER_BYTES);
      const bytes = Buffer.allocUnsafe(size);
      bytes[0] = VERSION;
      let at = bytes.writeUInt32BE(shapeSum, 1);
      for (const part of parts) {
        at = bytes.writeUInt32BE(part.length, at);
        bytes.set(part, at);
        at += part.length;
      }
      return bytes;
    },
    deserialize(bytes, context) {
      const buffer = asBuffer(bytes);
      if (buffer[0] !== VERSION || buffer.readUInt32BE(1) !== shapeSum) throw otherState(shape);
      const [first, ...kept] = parts(buffer);
      return {
        numbers: numbers.serde.deserialize(first!, context),
        kept: keeps.map((keep, i) => keep.unpack(kept[i]!)),
      };
    },
  };
}

function parts(buffer: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = HEADER_BYTES; at < buffer.length;) {
    const start = at + LENGTH_BYTES;
    at = start + buffer.readUInt32BE(at);
    found.push(buffer.subarray(start, at));
  }
  return found;
}

function otherState(shape: string): RangeError {
  return new RangeError(
    `these bytes are no state of ${shape}: the aggregates were changed under the same store name. Give the aggregation another name, or reset the application.`,
  );
}
