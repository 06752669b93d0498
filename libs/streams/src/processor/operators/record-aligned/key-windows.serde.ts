/** Windows of a key as bytes:
 *  version u8 (1) | timerMs float64 BE | per window: startMs, endMs, timestampMs float64 BE each, emitted u8, length u32 BE, aggregate
 *  What changed was passed on before it is stored: results leave with the commit that stores their windows. */
import { asBuffer } from '../../../serde/bytes.ts';
import { formatOf, type Serde, type SerdeContext } from '../../../serde/serde.ts';
import type { KeyWindow, KeyWindows } from './key-windows.ts';

const VERSION = 1;
const HEADER_BYTES = 9;
const WINDOW_HEADER_BYTES = 29;

export function keyWindowsSerde<A>(aggregate: Serde<A>): Serde<KeyWindows<A>> {
  return {
    ...formatOf('windows of a key', aggregate),
    serialize({ windows, timerMs }, context) {
      const aggregates = windows.map((window) => aggregate.serialize(window.aggregate, context));
      const bytes = Buffer.allocUnsafe(
        aggregates.reduce((sum, { length }) => sum + WINDOW_HEADER_BYTES + length, HEADER_BYTES),
      );
      bytes[0] = VERSION;
      bytes.writeDoubleBE(timerMs, 1);
      let at = HEADER_BYTES;
      for (const [index, window] of windows.entries()) at = write(bytes, at, window, aggregates[index]!);
      return bytes;
    },
    deserialize(bytes, context) {
      const buffer = asBuffer(bytes);
      if (buffer[0] !== VERSION) throw notWindows();
      const windows: KeyWindow<A>[] = [];
      let at = HEADER_BYTES;
      while (at < buffer.length) at = read(buffer, at, aggregate, context, windows);
      return { windows, retracted: [], timerMs: buffer.readDoubleBE(1) };
    },
  };
}

function write(
  bytes: Buffer,
  at: number,
  { startMs, endMs, timestampMs, emitted }: KeyWindow,
  aggregate: Uint8Array,
): number {
  bytes.writeDoubleBE(startMs, at);
  bytes.writeDoubleBE(endMs, at + 8);
  bytes.writeDoubleBE(timestampMs, at + 16);
  bytes[at + 24] = emitted ? 1 : 0;
  bytes.writeUInt32BE(aggregate.length, at + 25);
  bytes.set(aggregate, at + WINDOW_HEADER_BYTES);
  return at + WINDOW_HEADER_BYTES + aggregate.length;
}

function read<A>(
  buffer: Buffer,
  at: number,
  serde: Serde<A>,
  context: SerdeContext,
  into: KeyWindow<A>[],
): number {
  const from = at + WINDOW_HEADER_BYTES;
  const end = from + buffer.readUInt32BE(at + 25);
  if (end > buffer.length) throw notWindows();
  into.push({
    startMs: buffer.readDoubleBE(at),
    endMs: buffer.readDoubleBE(at + 8),
    timestampMs: buffer.readDoubleBE(at + 16),
    aggregate: serde.deserialize(buffer.subarray(from, end), context),
    changed: false,
    emitted: buffer[at + 24] === 1,
  });
  return end;
}

function notWindows(): RangeError {
  return new RangeError(
    'these bytes are no windows of a key: the aggregation was changed under the same store name. Give it another name, or reset the application.',
  );
}
