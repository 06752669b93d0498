import type { DeadLetterRecord } from './dead-letter-record.ts';
import { renderBytes, type RenderedBytes } from './rendered-bytes.ts';

/** A dead letter for people and for JSON: what an edit takes has the same forms. */
export interface RenderedDeadLetter extends Omit<DeadLetterRecord, 'rawKey' | 'rawValue' | 'headers'> {
  readonly key: RenderedBytes;
  readonly value: RenderedBytes;
  readonly headers: readonly (readonly [name: string, value: RenderedBytes])[];
}

export function renderDeadLetter({
  rawKey,
  rawValue,
  headers,
  ...rest
}: DeadLetterRecord): RenderedDeadLetter {
  return {
    ...rest,
    key: renderBytes(rawKey),
    value: renderBytes(rawValue),
    headers: headers.map(([name, value]) => [name, renderBytes(value)] as const),
  };
}
