import { json } from '../../serde/json.serde.ts';
import { string } from '../../serde/primitives.serde.ts';
import type { Serde } from '../../serde/serde.ts';
import type { StoreDeclaration } from '../graph.ts';
import type { PunctuationOptions } from '../processor.ts';

/** A punctuation that was scheduled while records were processed, under its name. */
export type KeptPunctuation = Omit<PunctuationOptions, 'name'>;

export function punctuationStore(processor: string): StoreDeclaration {
  return {
    name: `${processor}-punctuations`,
    kind: 'keyValue',
    key: string() as Serde<unknown>,
    value: json<KeptPunctuation>() as Serde<unknown>,
    changelog: true,
    retentionMs: null,
    windowSizeMs: null,
  };
}
