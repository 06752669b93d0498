import type { CommittedOffset } from '@hiveframe/streams';

/** As the engine keeps it in the metadata of an offset: `1;<max event time>;<watermark>`. */
export function watermarkOf({ metadata }: CommittedOffset): number {
  const text = metadata?.split(';')[2];
  return text === undefined || text === '' ? -Infinity : Number(text);
}
