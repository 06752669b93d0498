/** Waiting records as bytes: version u8 (1) | per record: timestampMs float64 BE, matched u8, length u32 BE, value */
import { asBuffer } from '../../../serde/bytes.ts';
import { madeOf, type Serde } from '../../../serde/serde.ts';
import type { WaitingRecord } from './waiting-records.ts';

const VERSION = 1;
const RECORD_HEADER_BYTES = 13;

export function waitingRecordsSerde(valueSerde: Serde<unknown>): Serde<WaitingRecord[]> {
  return {
    ...madeOf('waiting records', valueSerde),
    serialize(records, context) {
      const values = records.map(({ value }) => valueSerde.serialize(value, context));
      const bytes = Buffer.allocUnsafe(
        values.reduce((sum, { length }) => sum + RECORD_HEADER_BYTES + length, 1),
      );
      bytes[0] = VERSION;
      let at = 1;
      for (const [index, { timestampMs, matched }] of records.entries()) {
        const value = values[index]!;
        bytes.writeDoubleBE(timestampMs, at);
        bytes[at + 8] = matched ? 1 : 0;
        bytes.writeUInt32BE(value.length, at + 9);
        bytes.set(value, at + RECORD_HEADER_BYTES);
        at += RECORD_HEADER_BYTES + value.length;
      }
      return bytes;
    },
    deserialize(bytes, context) {
      const buffer = asBuffer(bytes);
      if (buffer[0] !== VERSION) throw notRecords();
      const records: WaitingRecord[] = [];
      for (let at = 1, end; at < buffer.length; at = end) {
        const from = at + RECORD_HEADER_BYTES;
        end = from + buffer.readUInt32BE(at + 9);
        if (end > buffer.length) throw notRecords();
        const value = valueSerde.deserialize(buffer.subarray(from, end), context);
        records.push({ timestampMs: buffer.readDoubleBE(at), matched: buffer[at + 8] === 1, value });
      }
      return records;
    },
  };
}

function notRecords(): RangeError {
  return new RangeError(
    'these bytes are no records that wait for a join: the operator was changed under the same name. Give it another name, or reset the application.',
  );
}
