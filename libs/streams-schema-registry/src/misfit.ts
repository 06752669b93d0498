/** Where a value does not fit a schema. Values are never shown: they may be secret. Places are, within bounds. */
const MAX_PLACES = 3;
const MAX_PLACE_LENGTH = 120;

/** One sentence of `<place> must be <what>`; the value itself is placed at ''. */
export function misfit(
  schema: string,
  places: readonly { readonly path: string; readonly expected: string }[],
): TypeError {
  const shown = places.slice(0, MAX_PLACES).map(({ path, expected }) => `${shorten(path)} ${expected}`);
  if (places.length > MAX_PLACES) shown.push(`and ${places.length - MAX_PLACES} more`);
  return new TypeError(`does not fit the schema ${schema}: ${shown.join('; ')}`);
}

function shorten(path: string): string {
  if (path === '') return 'the value';
  return path.length > MAX_PLACE_LENGTH ? `${path.slice(0, MAX_PLACE_LENGTH)}…` : path;
}
