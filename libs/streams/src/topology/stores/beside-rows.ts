/** Stores beside one that keeps rows: of what they were, and of when they expire. */
import { rowVersionsSerde } from '../../processor/operators/rows/row-versions.serde.ts';
import { historyName } from '../../processor/operators/rows/versioned-rows.ts';
import { double } from '../../serde/primitives.serde.ts';
import type { Serde } from '../../serde/serde.ts';
import type { StoreDeclaration } from '../graph.ts';

export function historyBeside(rows: StoreDeclaration, retentionMs: number): StoreDeclaration {
  return inBuckets({
    ...rows,
    name: historyName(rows),
    value: rowVersionsSerde(rows.value) as unknown as Serde<unknown>,
    retentionMs,
  });
}

export function timersBeside(rows: StoreDeclaration, ttlMs: number): StoreDeclaration {
  return inBuckets({
    ...rows,
    name: `${rows.name}-timers`,
    value: double() as unknown as Serde<unknown>,
    retentionMs: ttlMs,
  });
}

function inBuckets(store: StoreDeclaration & { readonly retentionMs: number }): StoreDeclaration {
  return { ...store, kind: 'window', windowSizeMs: bucketMs(store.retentionMs) };
}

/** A sixteenth of the time, at most an eighth. It is the layout of the store, so it changes only with a time that is another by far. */
function bucketMs(spanMs: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2(spanMs / 16)));
}
