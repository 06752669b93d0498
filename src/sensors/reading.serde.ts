import { json, type Serde } from '@hiveframe/streams';
import { toReading, type Reading } from './reading.ts';

/** Readings as JSON, each checked when it is read. */
export function readingSerde(): Serde<Reading> {
  const raw = json<unknown>();
  return {
    serialize: (reading, context) => raw.serialize(reading, context),
    deserialize: (bytes, context) => toReading(raw.deserialize(bytes, context)),
    deserializeRange: (buffer, start, end, context) =>
      toReading(
        raw.deserializeRange?.(buffer, start, end, context) ??
          raw.deserialize(buffer.subarray(start, end), context),
      ),
  };
}
