/** Keys and rows as the HTTP interface writes them: tagged JSON, which is plain JSON but for what JSON has not (Date, bigint, bytes …).
 *  A key in a URL is text as it is where the store's keys are texts; else JSON, and text where it is no JSON. `keyFormat=json` says
 *  that it is JSON whatever the store's keys are. */
import { InvalidQueryError, taggedJson, type QueryableStore, type TimeSpan } from '@hiveframe/streams';

const TAGGED = taggedJson<unknown>();
const CONTEXT = { topic: 'query', part: 'value', headers: () => [] } as const;

export function stringify(value: unknown): string {
  return Buffer.from(TAGGED.serialize(value, CONTEXT)).toString();
}
function parse(text: string): unknown {
  return TAGGED.deserialize(Buffer.from(text), CONTEXT);
}

/** @throws InvalidQueryError */
export function parseKey(text: string, { name, keyFormat }: QueryableStore, writtenAs?: string): unknown {
  if (writtenAs === 'json') return parseJsonKey(text, name);
  if (keyFormat === 'string') return text;
  if (keyFormat === 'long' && /^-?\d+$/.test(text)) return BigInt(text);
  try {
    return parse(text);
  } catch {
    return text;
  }
}

function parseJsonKey(text: string, store: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new InvalidQueryError(
      `Cannot look for this key in store ${store}: keyFormat is json, and it is no JSON: ${(error as Error).message}`,
    );
  }
}

/** What keys begin with, as bytes. @throws InvalidQueryError where keys are no texts */
export function parsePrefix(prefix: string, { name, keyFormat }: QueryableStore): Uint8Array {
  if (keyFormat === 'string') return Buffer.from(prefix);
  if (keyFormat === 'json' || keyFormat === 'tagged-json')
    return Buffer.from(JSON.stringify(prefix).slice(0, -1));
  throw new InvalidQueryError(
    `Cannot look for a prefix in store ${name}: its keys are ${keyFormat ?? 'of another type'}, not texts. Use from and to.`,
  );
}

/** @throws InvalidQueryError */
export function parseWhole(name: string, text: string | undefined, minimum = -Infinity): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(value) && value >= minimum) return value;
  const least = minimum === -Infinity ? '' : ` from ${minimum}`;
  throw new InvalidQueryError(
    `Cannot read the query: ${name} must be a whole number${least}, is ${JSON.stringify(text)}.`,
  );
}

/** Names the window that a page begins with: several may start at the same time. */
export function spanCursor({ startMs, endMs }: TimeSpan): string {
  return `${startMs}_${endMs}`;
}

/** Without a text before all windows. @throws InvalidQueryError */
export function parseSpanCursor(text: string | undefined): TimeSpan {
  if (text === undefined) return { startMs: -Infinity, endMs: -Infinity };
  const [startMs, endMs, ...rest] = text
    .split('_')
    .map((part) => (/^-?\d+$/.test(part) ? Number(part) : NaN));
  if (Number.isSafeInteger(startMs) && Number.isSafeInteger(endMs) && rest.length === 0)
    return { startMs: startMs!, endMs: endMs! };
  throw new InvalidQueryError(
    'Cannot go on behind this cursor: it is none that a page of windows of this store ended with.',
  );
}
