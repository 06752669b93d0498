/** JSON that also carries what JavaScript has and JSON has not. One-property objects whose property begins with `$` are tags:
 *  {"$date":ms|null} {"$bigint":"1"} {"$bytes":"base64"} {"$number":"NaN"|"Infinity"|"-Infinity"|"-0"} {"$undefined":true}
 *  {"$map":[[key,value]...]} {"$set":[...]}, and {"$object":{...}} for a user's own object that looks like a tag.
 *  T1 A value without such things is its plain JSON, written by one `JSON.stringify`; reading walks only texts that hold `"$`.
 *  T2 What would come back as something else (functions, symbols, cycles) is refused. */

export function stringifyTagged(value: unknown): string {
  return JSON.stringify(toTagged(value));
}

export function parseTagged(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return text.includes('"$') ? fromTagged(value) : value;
}

/** The value itself when there is nothing to tag in it: no copy is made then. */
function toTagged(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { $number: numberText(value) };
    case 'bigint':
      return { $bigint: value.toString() };
    case 'undefined':
      return { $undefined: true };
    case 'object':
      return value === null ? null : objectToTagged(value);
    case 'function':
    case 'symbol':
      throw new TypeError(`Cannot write a ${typeof value} as JSON.`);
  }
}

function objectToTagged(value: object): unknown {
  if (Array.isArray(value)) return mapChanged(value, toTagged);
  if (value instanceof Date) return { $date: Number.isNaN(value.getTime()) ? null : value.getTime() };
  if (value instanceof Uint8Array) {
    return { $bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
  }
  if (value instanceof Map)
    return { $map: Array.from(value, ([key, item]) => [toTagged(key), toTagged(item)]) };
  if (value instanceof Set) return { $set: Array.from(value, toTagged) };
  if ('toJSON' in value && typeof value.toJSON === 'function') return toTagged(value.toJSON());
  return plainToTagged(value as Readonly<Record<string, unknown>>);
}

function plainToTagged(value: Readonly<Record<string, unknown>>): unknown {
  const names = Object.keys(value);
  const items = names.map((name) => value[name]);
  const tagged = mapChanged(items, (item) => (item === undefined ? undefined : toTagged(item)));
  const object = tagged === items ? value : Object.fromEntries(names.map((name, i) => [name, tagged[i]]));
  return names.length === 1 && names[0]!.startsWith('$') ? { $object: object } : object;
}

/** The array itself when no item changed. */
function mapChanged(items: readonly unknown[], change: (item: unknown) => unknown): readonly unknown[] {
  let changed: unknown[] | null = null;
  for (let i = 0; i < items.length; i++) {
    const item = change(items[i]);
    if (changed === null && item !== items[i]) changed = items.slice(0, i);
    changed?.push(item);
  }
  return changed ?? items;
}

function numberText(value: number): string {
  return value === 0 ? '-0' : String(value);
}

/** Freshly parsed values are nobody else's: they change in place. */
function fromTagged(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = fromTagged(value[i]);
    return value;
  }
  const object = value as Record<string, unknown>;
  const names = Object.keys(object);
  if (names.length === 1 && names[0]!.startsWith('$')) return untag(names[0]!, object[names[0]!]);
  return reviveProperties(object, names);
}

function reviveProperties(object: Record<string, unknown>, names = Object.keys(object)): unknown {
  for (const name of names) object[name] = fromTagged(object[name]);
  return object;
}

function untag(tag: string, content: unknown): unknown {
  switch (tag) {
    case '$date':
      return new Date(content === null ? NaN : (content as number));
    case '$bigint':
      return BigInt(content as string);
    case '$bytes':
      return Buffer.from(content as string, 'base64');
    case '$number':
      return Number(content);
    case '$undefined':
      return undefined;
    case '$map':
      return new Map(fromTagged(content) as [unknown, unknown][]);
    case '$set':
      return new Set(fromTagged(content) as unknown[]);
    case '$object':
      return reviveProperties(content as Record<string, unknown>);
    default:
      throw new SyntaxError(`unknown tag ${tag} in tagged JSON`);
  }
}
