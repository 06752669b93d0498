/** Writes the numbers from where its target stands, two partitions at a time, until it is killed, and says each time
 *  how far it has come. Arguments: directory, the number at which to end. */
import { parquetSink } from '../src/index.ts';

const [directory, end] = process.argv.slice(2) as [string, string];
const END = Number(end);
const sink = parquetSink<null, { id: number }, { id: number; part: number; late: boolean }>({
  directory,
  columns: { id: 'int64', part: 'int32' },
  row: ({ value: { id }, partition }) => ({ id, part: partition, late: id % 7 === 0 }),
  partitionBy: ['late'],
  maxFileMs: 60_000,
  maxFileBytes: 2_000,
  maxRowGroupBytes: 1_000,
});

async function fill(partition: number): Promise<void> {
  const opened = await sink.open('numbers', partition);
  for (let offset = opened.position?.offset ?? 0; offset < END; offset += 25) {
    const batch = Array.from({ length: 25 }, (_, i) => ({
      key: null,
      value: { id: offset + i },
      topic: 'numbers',
      partition,
      timestampMs: 0,
      offset: offset + i,
    }));
    await opened.write(batch, { offset: offset + 25, rejected: [] });
    process.stdout.write(`${offset + 25}\n`);
  }
}

await Promise.all([fill(0), fill(1)]);
await sink.close();
