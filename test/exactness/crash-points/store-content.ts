/** What a store holds, and what its changelog says that it holds. Values as hex, so that it can be printed and compared. */
import type { SegmentId, StoreReader } from '@hiveframe/streams';
import type { CommittedRecord } from './committed-records.ts';

/** By window start and key. */
export type StoreContent = Readonly<Record<string, string>>;

const WINDOW_START_BYTES = 8;

export async function contentOf(store: StoreReader): Promise<StoreContent> {
  const content: Record<string, string> = {};
  for (const startMs of await store.segments())
    for await (const entries of store.scan(startMs))
      for (const { key, value } of entries)
        content[nameOf(startMs, key)] = Buffer.from(value).toString('hex');
  return content;
}

/** The changelog of a window store, `key bytes | windowStartMs int64 BE`, replayed before an offset. */
export function replayed(changelog: readonly CommittedRecord[], endOffset = Infinity): StoreContent {
  const content: Record<string, string> = {};
  for (const { key, value, offset } of changelog) {
    if (offset >= endOffset) break;
    const keyEnd = key!.length - WINDOW_START_BYTES;
    const name = nameOf(Number(key!.readBigInt64BE(keyEnd)), key!.subarray(0, keyEnd));
    if (value === null) delete content[name];
    else content[name] = value.toString('hex');
  }
  return content;
}

/** What is wrong with a store: windows older than its oldest it may have forgotten, its changelog not yet; the newest never. */
export function storeFaults(store: StoreContent, changelog: StoreContent): readonly string[] {
  const oldestMs = Math.min(newest(changelog), ...Object.keys(store).map(startOf));
  const names = new Set([...Object.keys(store), ...Object.keys(changelog)]);
  return [...names]
    .filter((name) => startOf(name) >= oldestMs && store[name] !== changelog[name])
    .map((name) => `${name} is ${store[name]}, its changelog says ${changelog[name]}`);
}

function newest(content: StoreContent): number {
  return Math.max(...Object.keys(content).map(startOf));
}
function nameOf(segment: SegmentId, key: Uint8Array): string {
  return `${segment} ${Buffer.from(key).toString()}`;
}
function startOf(name: string): number {
  return Number(name.slice(0, name.indexOf(' ')));
}
