import { describe, expect, it } from '@jest/globals';
import { inMemoryStores, SegmentWriter, type StorePartition, type StorePort } from '@hiveframe/streams';
import { OwnedStores } from './owned-stores.ts';

const spec = { name: 'counts', kind: 'keyValue' } as const;
const idOf = (partition: number) => ({ applicationId: 'app', store: 'counts', partition });
const key = Buffer.from('key');

async function fill(partition: StorePartition): Promise<void> {
  const writer = new SegmentWriter();
  writer.append(key, Buffer.from('value'));
  await partition.flush({ writes: [writer.take(null)], expireBeforeMs: null, fromOffset: 0, toOffset: 7 });
}
const holds = async (port: StorePort, partition: number) =>
  (await port.reader(idOf(partition), spec).getMany(null, [key]))[0] !== null;

describe('OwnedStores', () => {
  it('drops what it holds of partitions that are not ours any more, and keeps the others as they stand', async () => {
    const port = inMemoryStores();
    const owned = new OwnedStores(port);
    for (const partition of [0, 1]) await fill(await owned.open(idOf(partition), spec));
    await owned.keepOnly(({ partition }) => partition === 1);
    expect([await holds(port, 0), await holds(port, 1)]).toEqual([false, true]);
    expect((await owned.open(idOf(0), spec)).changelogOffset).toBeNull();
    expect((await owned.open(idOf(1), spec)).changelogOffset).toBe(7);
  });

  it('O1 does not touch what another owner has opened since', async () => {
    const port = inMemoryStores();
    const owned = new OwnedStores(port);
    await fill(await owned.open(idOf(0), spec));
    await port.open(idOf(0), spec);
    await owned.keepOnly(() => false);
    expect(await holds(port, 0)).toBe(true);
  });

  it('leaves a durable store to whoever goes on with it', async () => {
    const port = Object.assign(inMemoryStores(), { durable: true });
    const owned = new OwnedStores(port);
    await fill(await owned.open(idOf(0), spec));
    await owned.keepOnly(() => false);
    expect(await holds(port, 0)).toBe(true);
  });
});
