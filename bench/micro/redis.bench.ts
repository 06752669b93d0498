/** The fenced flush of one commit to Redis (one Lua call): REDIS_URL says where. Nothing is left behind. */
import { SegmentWriter } from '@hiveframe/streams';
import { redis } from '@hiveframe/streams-redis';
import { RECORDS, type Piece } from './suite.ts';

const VALUE = Buffer.alloc(80, 7);

export interface Opened {
  readonly pieces: readonly Piece[];
  readonly close: () => Promise<void>;
}

export async function openRedis(url: string): Promise<Opened> {
  const stores = redis({ url });
  await stores.connect(AbortSignal.timeout(5_000));
  const id = { applicationId: `bench-${process.pid}`, store: 'stats', partition: 0 };
  const partition = await stores.open(id, { name: 'stats', kind: 'window' });
  let offset = 0;
  const flush = async () => {
    const writer = new SegmentWriter();
    for (let i = 0; i < RECORDS; i++) writer.append(Buffer.from(`sensor-${i}`), VALUE);
    const writes = [writer.take(30_000)];
    const toOffset = offset + RECORDS;
    const result = await partition.flush({ writes, expireBeforeMs: null, fromOffset: offset, toOffset });
    if (result !== 'applied') throw new Error(`The flush was ${result}`);
    offset = toOffset;
  };
  return {
    pieces: [{ name: 'Redis: flush of 1,000 windows', run: flush }],
    close: async () => {
      await partition.clear();
      await stores.close(1_000);
    },
  };
}
