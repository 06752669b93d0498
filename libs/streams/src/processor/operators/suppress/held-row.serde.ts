/** A row that a suppression holds back, as bytes: dueMs float64 BE | row change (see `row-change.ts`) */
import { asBuffer } from '../../../serde/bytes.ts';
import { preparedWith, type Serde } from '../../../serde/serde.ts';
import { rowChange, type RowChange } from '../row-change.ts';

export interface HeldRow extends RowChange {
  /** It is passed on when the watermark reaches this. */
  readonly dueMs: number;
}

const DUE_BYTES = 8;

export function heldRowSerde(value: Serde<unknown>): Serde<HeldRow> {
  const change = rowChange(value);
  return {
    ...preparedWith(change),
    serialize(row, context) {
      const bytes = change.serialize(row, context);
      const held = Buffer.allocUnsafe(DUE_BYTES + bytes.length);
      held.writeDoubleBE(row.dueMs, 0);
      held.set(bytes, DUE_BYTES);
      return held;
    },
    deserialize(bytes, context) {
      const buffer = asBuffer(bytes);
      if (buffer.length < DUE_BYTES) throw notHeld(buffer.length);
      const { previous, value: now } = change.deserialize(buffer.subarray(DUE_BYTES), context);
      return { dueMs: buffer.readDoubleBE(0), previous, value: now };
    },
  };
}

function notHeld(length: number): RangeError {
  return new RangeError(
    `these ${length} bytes are no row that suppress holds back: the operator was changed under the same name. Give it another name, or reset the application.`,
  );
}
