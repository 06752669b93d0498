/** Windows of a key as bytes:
 *  version u8 (1) | timerMs float64 BE | per window: startMs, endMs, timestampMs float64 BE each, flags u8, length u32 BE, aggregate
 *  Flags: 1 emitted; with early results also 2 changed, 4 closed, 8 no window but the span of one to be taken back.
 *  Version 2, of a key with changes that early results wait for: giveAtMs float64 BE behind timerMs.
 *  Without early results what changed was passed on before it is stored: results leave with the commit that stores their windows. */
import type { TimeSpan } from '../../../record/record.ts';
import { asBuffer } from '../../../serde/bytes.ts';
import { madeOf, type Serde, type SerdeContext } from '../../../serde/serde.ts';
import type { KeyWindow, KeyWindows } from './key-windows.ts';

const PLAIN = 1;
const WITH_CHANGES = 2;
const HEADER_BYTES = { [PLAIN]: 9, [WITH_CHANGES]: 17 } as const;
const WINDOW_HEADER_BYTES = 29;
const EMITTED = 1;
const CHANGED = 2;
const CLOSED = 4;
const RETRACTED = 8;
const NO_BYTES = new Uint8Array(0);

export function keyWindowsSerde<A>(aggregate: Serde<A>): Serde<KeyWindows<A>> {
  return {
    ...madeOf('windows of a key', aggregate),
    serialize({ windows, retracted, timerMs, giveAtMs }, context) {
      const aggregates = windows.map((window) => aggregate.serialize(window.aggregate, context));
      const version = giveAtMs === Infinity ? PLAIN : WITH_CHANGES;
      const numSpans = windows.length + retracted.length;
      const size = HEADER_BYTES[version] + numSpans * WINDOW_HEADER_BYTES;
      const bytes = Buffer.allocUnsafe(aggregates.reduce((sum, { length }) => sum + length, size));
      bytes[0] = version;
      bytes.writeDoubleBE(timerMs, 1);
      if (version === WITH_CHANGES) bytes.writeDoubleBE(giveAtMs, 9);
      let at: number = HEADER_BYTES[version];
      for (const [index, window] of windows.entries())
        at = write(bytes, at, window, window.timestampMs, flagsOf(window, version), aggregates[index]!);
      for (const span of retracted) at = write(bytes, at, span, 0, RETRACTED, NO_BYTES);
      return bytes;
    },
    deserialize(bytes, context) {
      const buffer = asBuffer(bytes);
      const version = buffer[0];
      if (version !== PLAIN && version !== WITH_CHANGES) throw notWindows();
      const giveAtMs = version === PLAIN ? Infinity : buffer.readDoubleBE(9);
      const of: KeyWindows<A> = { windows: [], retracted: [], timerMs: buffer.readDoubleBE(1), giveAtMs };
      for (let at: number = HEADER_BYTES[version]; at < buffer.length;)
        at = read(buffer, at, aggregate, context, of);
      return of;
    },
  };
}

function flagsOf({ emitted, changed, closed }: KeyWindow, version: number): number {
  const pending = version === WITH_CHANGES && changed ? CHANGED : 0;
  return (emitted ? EMITTED : 0) | pending | (closed ? CLOSED : 0);
}

function write(
  bytes: Buffer,
  at: number,
  { startMs, endMs }: TimeSpan,
  timestampMs: number,
  flags: number,
  aggregate: Uint8Array,
): number {
  bytes.writeDoubleBE(startMs, at);
  bytes.writeDoubleBE(endMs, at + 8);
  bytes.writeDoubleBE(timestampMs, at + 16);
  bytes[at + 24] = flags;
  bytes.writeUInt32BE(aggregate.length, at + 25);
  bytes.set(aggregate, at + WINDOW_HEADER_BYTES);
  return at + WINDOW_HEADER_BYTES + aggregate.length;
}

function read<A>(
  buffer: Buffer,
  at: number,
  serde: Serde<A>,
  context: SerdeContext,
  { windows, retracted }: KeyWindows<A>,
): number {
  const from = at + WINDOW_HEADER_BYTES;
  const end = from + buffer.readUInt32BE(at + 25);
  if (end > buffer.length) throw notWindows();
  const span = { startMs: buffer.readDoubleBE(at), endMs: buffer.readDoubleBE(at + 8) };
  const flags = buffer[at + 24]!;
  if ((flags & RETRACTED) !== 0) {
    retracted.push(span);
    return end;
  }
  windows.push({
    ...span,
    timestampMs: buffer.readDoubleBE(at + 16),
    aggregate: serde.deserialize(buffer.subarray(from, end), context),
    changed: (flags & CHANGED) !== 0,
    emitted: (flags & EMITTED) !== 0,
    closed: (flags & CLOSED) !== 0,
  });
  return end;
}

function notWindows(): RangeError {
  return new RangeError(
    'these bytes are no windows of a key: the aggregation was changed under the same store name. Give it another name, or reset the application.',
  );
}
