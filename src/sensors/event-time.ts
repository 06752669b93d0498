/** Event time as devices write it: epoch milliseconds or ISO 8601. */

/** Without a zone it is UTC: the zone of the machine that happens to read it means nothing. */
const ISO_8601 = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/i;
/** A clock that runs ahead must not carry the watermark away: everything after it would be late. Kafka's brokers refuse such
 *  records likewise (`message.timestamp.after.max.ms`). Micro- and nanoseconds for milliseconds are caught by it too. */
const MAX_AHEAD_MS = 86_400_000;

let latestMs = 0;

/** NaN for anything that is no usable event time: neither number nor ISO text, before 1970, or more than a day ahead. */
export function toEpochMs(value: unknown): number {
  const timeMs =
    typeof value === 'number' ? Math.trunc(value) : typeof value === 'string' ? parseIso(value) : NaN;
  return timeMs >= 0 && (timeMs <= latestMs || timeMs <= (latestMs = Date.now() + MAX_AHEAD_MS))
    ? timeMs
    : NaN;
}

function parseIso(text: string): number {
  const match = ISO_8601.exec(text);
  if (match === null) return NaN;
  const zone = text.length > 10 && match[1] === undefined ? 'Z' : '';
  return Date.parse(text.replace(' ', 'T').replace(',', '.') + zone);
}
