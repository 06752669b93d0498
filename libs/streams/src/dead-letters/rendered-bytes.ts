/** Bytes for people and for JSON, and back. */
import type { Bytes } from '../record/record.ts';
import { parseSafely, type JsonValue } from './exact-json.ts';

/** As JSON where they are JSON whose numbers JavaScript can hold; else as text where they are UTF-8; else as base64. */
export type RenderedBytes =
  { readonly json: JsonValue } | { readonly text: string } | { readonly base64: string } | null;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function renderBytes(bytes: Bytes | null): RenderedBytes {
  if (bytes === null) return null;
  const text = decodeUtf8(bytes);
  if (text === undefined) return { base64: Buffer.from(bytes).toString('base64') };
  const json = parseSafely(text);
  return json === undefined ? { text } : { json };
}

/** undefined: they are no UTF-8. */
export function decodeUtf8(bytes: Bytes): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}
