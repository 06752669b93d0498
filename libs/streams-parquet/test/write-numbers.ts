import { parquetSink } from '../src/index.ts';

const BATCH = 25;

/** Writes the numbers from where its target stands, in two partitions at a time, and completes the files. They fill several files, and
 *  several row groups each. @param written told how far a partition has come, each time */
export async function writeNumbers(
  directory: string,
  end: number,
  written: (end: number) => void = () => undefined,
): Promise<void> {
  const sink = parquetSink<null, { id: number }, { id: number; part: number; late: boolean }>({
    directory,
    columns: { id: 'int64', part: 'int32' },
    row: ({ value: { id }, partition }) => ({ id, part: partition, late: id % 7 === 0 }),
    partitionBy: ['late'],
    maxFileMs: 60_000,
    maxFileBytes: 2_000,
    maxRowGroupBytes: 1_000,
  });
  const fill = async (partition: number): Promise<void> => {
    const opened = await sink.open('numbers', partition);
    for (let offset = opened.position?.offset ?? 0; offset < end; offset += BATCH) {
      const batch = Array.from({ length: BATCH }, (_, i) => ({
        key: null,
        value: { id: offset + i },
        topic: 'numbers',
        partition,
        timestampMs: 0,
        offset: offset + i,
      }));
      await opened.write(batch, { offset: offset + BATCH, rejected: [] });
      written(offset + BATCH);
    }
  };
  await Promise.all([fill(0), fill(1)]);
  await sink.close();
}
