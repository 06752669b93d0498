/** JSON that is read and written again without a change to what nobody touched: numbers stay as they were written, also those that a
 *  JavaScript number cannot hold (https://github.com/tc39/proposal-json-parse-with-source). */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: JsonValue;
}

/** Not in TypeScript's library yet. */
interface SourceTextJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): object;
}
const json = JSON as unknown as SourceTextJson;

/** Numbers are opaque in it. @throws SyntaxError */
export function parseExactly(text: string): unknown {
  return json.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined ? json.rawJSON(source) : value,
  );
}

/** undefined: it is not JSON, or has a number that JavaScript cannot hold. */
export function parseSafely(text: string): JsonValue | undefined {
  try {
    let isExact = true;
    const value = json.parse(text, (_key, part, { source = '' }) => {
      if (typeof part === 'number' && !isHeld(part, source)) isExact = false;
      return part;
    });
    return isExact ? (value as JsonValue) : undefined;
  } catch {
    return undefined;
  }
}

function isHeld(value: number, source: string): boolean {
  return Number.isFinite(value) && (Number.isSafeInteger(value) || !/^-?\d+$/.test(source));
}

/** JSON Merge Patch (RFC 7396): objects are merged, null removes, anything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  // entries and not assignments: `__proto__` is a name like others
  const merged = new Map<string, unknown>(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value);
}
function isRawNumber(value: object): boolean {
  return (JSON as unknown as { isRawJSON(value: object): boolean }).isRawJSON(value);
}
