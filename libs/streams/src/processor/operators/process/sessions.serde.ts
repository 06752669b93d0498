/** The sessions of one key: for each startMs int64 BE | endMs int64 BE | length u32 BE | value bytes */
import { readInt64, writeInt64 } from '../../../record-batch/int64.ts';
import { madeOf, type Serde, type SerdeContext } from '../../../serde/serde.ts';

export interface StoredSession {
  readonly startMs: number;
  readonly endMs: number;
  readonly value: unknown;
}

const HEADER_BYTES = 20;

export function sessionsSerde(value: Serde<unknown>): Serde<readonly StoredSession[]> {
  const writeSession = (session: StoredSession, context: SerdeContext): Buffer => {
    const bytes = value.serialize(session.value, context);
    const header = Buffer.allocUnsafe(HEADER_BYTES);
    writeInt64(header, session.startMs, 0);
    writeInt64(header, session.endMs, 8);
    header.writeUInt32BE(bytes.length, 16);
    return Buffer.concat([header, bytes]);
  };
  return {
    ...madeOf('sessions', value),
    serialize: (sessions, context) => Buffer.concat(sessions.map((one) => writeSession(one, context))),
    deserialize(bytes, context) {
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const sessions: StoredSession[] = [];
      for (let at = 0; at < buffer.length;) {
        const end = at + HEADER_BYTES + buffer.readUInt32BE(at + 16);
        if (end > buffer.length) throw new RangeError(`these ${buffer.length} bytes are no sessions`);
        const startMs = readInt64(buffer, at);
        const endMs = readInt64(buffer, at + 8);
        sessions.push({
          startMs,
          endMs,
          value: value.deserialize(buffer.subarray(at + HEADER_BYTES, end), context),
        });
        at = end;
      }
      return sessions;
    },
  };
}
