import { double, string, windowStore, type KStream, type StreamRecord } from '@hiveframe/streams';
import { readIngestHeaders } from './ingest-headers.ts';

export interface WithoutRepeatsOptions {
  /** Names the operator and its store. */
  readonly name: string;
  /** How long after the first a repeat is known, by the times of the records; and how far behind the watermark a record may be so that
   *  its repeats are known. */
  readonly retentionMs: number;
}

/** Drops the events of a request that was sent again with the same `Idempotency-Key`: what was acknowledged, what was written although
 *  the client heard nothing, and the part of an NDJSON stream that was accepted before it broke off. Exactly once holds from here on,
 *  if the application runs with `exactly_once`: the store is part of its commit. Must read the topic of the endpoint itself, and the
 *  repeat must be the same events in the same order. Events without the header pass.
 *
 *  One entry for a request and partition: the place of the last event seen. Events of a request come in order, and a repeat begins
 *  with the first; so all up to that place are repeats. */
export function withoutRepeats<K, V>(
  stream: KStream<K, V>,
  { name, retentionMs }: WithoutRepeatsOptions,
): KStream<K, V> {
  // A repeat lies in the window of the first or in the next. Both must be there until the next is over and its late records came.
  const lastIndex = windowStore({
    name,
    key: string(),
    value: double(),
    windowMs: retentionMs,
    retentionMs: 3 * retentionMs,
  });
  return stream.processValues({
    name,
    stores: { lastIndex },
    create: ({ stores, forward }) => {
      const dropRepeat = async (record: StreamRecord<K, V>, key: string, index: number): Promise<void> => {
        const windowStartMs = record.timestampMs - (record.timestampMs % retentionMs);
        const last = (await stores.lastIndex.fetch(key, windowStartMs)) ?? -1;
        if (index <= last) return;
        const before = (await stores.lastIndex.fetch(key, windowStartMs - retentionMs)) ?? -1;
        if (index <= before) return;
        stores.lastIndex.put(key, windowStartMs, index);
        forward(record);
      };
      return {
        process(record) {
          const repeatable = readIngestHeaders(record.headers);
          if (repeatable === null) return forward(record);
          return dropRepeat(record, repeatable.key, repeatable.index);
        },
      };
    },
  });
}
