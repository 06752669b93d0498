/** How the Idempotency-Key of a request travels: in the headers of its records, each with its place in the request, so that a repeat
 *  is known by whoever reads the topic, whatever instance took it. */
import type { Headers } from '@hiveframe/streams';
import { BadRequestException } from '@nestjs/common';

export const INGEST_HEADERS = {
  /** As the client sent it. */
  idempotencyKey: 'idempotency-key',
  /** From 0, of the event in its request, in decimal digits. */
  index: 'idempotency-index',
} as const;

const MAX_KEY_LENGTH = 255;
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/** @throws BadRequestException for a key that is none */
export function idempotencyKeyOf(header: unknown): string | null {
  if (header === undefined) return null;
  if (typeof header === 'string' && header.length <= MAX_KEY_LENGTH && VISIBLE_ASCII.test(header))
    return header;
  throw new BadRequestException(
    `Idempotency-Key must be 1 to ${MAX_KEY_LENGTH} visible ASCII characters without spaces.`,
  );
}

export function ingestHeaders(idempotencyKey: string, index: number): Headers {
  return [
    [INGEST_HEADERS.idempotencyKey, Buffer.from(idempotencyKey)],
    [INGEST_HEADERS.index, Buffer.from(String(index))],
  ];
}

/** Key and place of a record that came with an Idempotency-Key; null for others. */
export function readIngestHeaders(
  headers: Headers | undefined,
): { readonly key: string; readonly index: number } | null {
  let key: string | null = null;
  let index = Number.NaN;
  for (const [name, value] of headers ?? []) {
    if (value === null) continue;
    if (name === INGEST_HEADERS.idempotencyKey) key = Buffer.from(value).toString();
    else if (name === INGEST_HEADERS.index) index = Number(Buffer.from(value).toString());
  }
  return key === null || !Number.isSafeInteger(index) ? null : { key, index };
}
