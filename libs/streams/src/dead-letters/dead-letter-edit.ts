/** What is changed in a dead letter before it is replayed. */
import { ConfigError } from '../errors/streams.error.ts';
import type { Bytes, Headers } from '../record/record.ts';
import { mergePatch, parseExactly, type JsonValue } from './exact-json.ts';
import { decodeUtf8, type RenderedBytes } from './rendered-bytes.ts';

/** Whole bytes, in one of the ways in which they are shown, null among them; or a JSON Merge Patch (RFC 7396) into what is JSON: numbers
 *  that it does not touch stay as they were written. */
export type BytesEdit = RenderedBytes | { readonly merge: JsonValue };

export interface DeadLetterEdit {
  readonly key?: BytesEdit;
  readonly value?: BytesEdit;
  /** By name, in place of all of that name: a text, bytes, or null, which removes. */
  readonly headers?: Readonly<Record<string, string | { readonly base64: string } | null>>;
}

export interface EditedRecord {
  readonly key: Bytes | null;
  readonly value: Bytes | null;
  readonly headers: Headers;
}

/** @throws ConfigError for what is no edit, or for a merge into what is no JSON */
export function editRecord(record: EditedRecord, edit: DeadLetterEdit): EditedRecord {
  return {
    key: edit.key === undefined ? record.key : editBytes('key', record.key, edit.key),
    value: edit.value === undefined ? record.value : editBytes('value', record.value, edit.value),
    headers: edit.headers === undefined ? record.headers : editHeaders(record.headers, edit.headers),
  };
}

/** For edits that come from outside. @throws ConfigError that names what is wrong */
export function checkEdit(edit: unknown): DeadLetterEdit {
  const { key, value, headers, ...unknown } = requireObject(edit, 'an edit');
  const names = Object.keys(unknown);
  if (names.length > 0) throw refused(`${names.join(', ')} is none of key, value and headers`);
  for (const [name, part] of Object.entries({ key, value })) if (part !== undefined) checkBytes(name, part);
  for (const [name, header] of Object.entries(requireObject(headers ?? {}, 'headers'))) {
    if (typeof header !== 'string' && header !== null) checkBytes(`header ${name}`, header, ['base64']);
  }
  return edit as DeadLetterEdit;
}

/** Of JSON text, such as `{"value":{"merge":{"size":3}}}`: numbers of it stay as they are written. @throws ConfigError */
export function parseDeadLetterEdit(text: string): DeadLetterEdit {
  let edit: unknown;
  try {
    edit = parseExactly(text);
  } catch (error) {
    throw refused(`it is no JSON: ${(error as Error).message}`);
  }
  return checkEdit(edit);
}

const FORMS = ['json', 'text', 'base64', 'merge'];

function checkBytes(what: string, edit: unknown, forms = FORMS): void {
  if (edit === null) return;
  const [form = '', ...more] = Object.keys(requireObject(edit, what));
  if (more.length > 0 || !forms.includes(form)) {
    throw refused(`${what} must be null or have one of ${forms.join(', ')}`);
  }
  const content = (edit as Record<string, unknown>)[form];
  if (form !== 'text' && form !== 'base64') return;
  if (typeof content !== 'string') throw refused(`${what}.${form} must be a text`);
  if (form === 'base64' && !isBase64(content)) throw refused(`${what}.base64 is no base64`);
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

function requireObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw refused(`${what} must be an object`);
}

function editBytes(part: 'key' | 'value', bytes: Bytes | null, edit: BytesEdit): Bytes | null {
  if (edit === null) return null;
  if ('merge' in edit) return merged(part, bytes, edit.merge);
  if ('json' in edit) return Buffer.from(JSON.stringify(edit.json));
  return 'text' in edit ? Buffer.from(edit.text) : Buffer.from(edit.base64, 'base64');
}

function merged(part: string, bytes: Bytes | null, patch: JsonValue): Bytes {
  const text = bytes === null ? undefined : decodeUtf8(bytes);
  let target: unknown;
  try {
    target = text === undefined ? undefined : parseExactly(text);
  } catch {
    target = undefined;
  }
  if (target === undefined)
    throw refused(`its ${part} is no JSON that could be merged into: replace it whole`);
  return Buffer.from(JSON.stringify(mergePatch(target, patch)));
}

function editHeaders(headers: Headers, edits: NonNullable<DeadLetterEdit['headers']>): Headers {
  const kept = headers.filter(([name]) => !Object.hasOwn(edits, name));
  const added = Object.entries(edits).flatMap(([name, edit]): [string, Bytes][] => {
    if (edit === null) return [];
    return [[name, typeof edit === 'string' ? Buffer.from(edit) : Buffer.from(edit.base64, 'base64')]];
  });
  return [...kept, ...added];
}

function refused(why: string): ConfigError {
  return new ConfigError(`Cannot edit a dead letter: ${why}.`);
}
