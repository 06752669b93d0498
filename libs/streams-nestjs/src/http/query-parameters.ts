/** Of the URL, as they came. */
export type QueryParameters = Readonly<Record<string, string | undefined>>;

/** Of a parameter that comes several times, the last. */
export function single(parameters: unknown): QueryParameters {
  const entries = Object.entries((parameters ?? {}) as Record<string, unknown>);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, String(Array.isArray(value) ? value.at(-1) : value)]),
  );
}
