import type { Headers } from '../record/record.ts';

/** Takes the last header of each name out, as text: a record may have had headers of such names before, and those are its own. */
export function withoutLast(
  headers: Headers,
  names: readonly string[],
): { readonly own: ReadonlyMap<string, string>; readonly rest: Headers } {
  const own = new Map<string, string>();
  const rest = [];
  for (const header of [...headers].reverse()) {
    const [name, value] = header;
    if (names.includes(name) && !own.has(name)) own.set(name, Buffer.from(value ?? []).toString());
    else rest.push(header);
  }
  return { own, rest: rest.reverse() };
}
