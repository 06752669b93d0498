import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  inMemoryStores,
  RecordBatchWriter,
  TaskCorruptedError,
  type FlushResult,
  type InMemoryStorePort,
  type LogPort,
  type StoreFlush,
  type StorePartition,
} from '@hiveframe/streams';
import { systemClock } from '../../runtime/system.ts';
import { cluster } from '../../../test/support/cluster.ts';
import type { RestoreEvent } from './restore-progress.ts';
import { RestoreTurns } from './restore-turns.ts';
import { restore, type RestoreOptions } from './restore.ts';

const changelog = { topic: 'changelog', partition: 0 };
/** More than two slices. */
const RECORDS = 12_000;
const idle = new AbortController().signal;

/** Keys `from` to `to` - 1, each with its number as value. */
async function writeNumbers(log: LogPort, from: number, to: number, timestampMs = Date.now()): Promise<void> {
  const records = new RecordBatchWriter();
  for (let i = from; i < to; i++) records.append(Buffer.from(`k${i}`), Buffer.from(String(i)), timestampMs);
  await log.writer().send([{ ...changelog, records: records.take() }]);
}

/** The log, but for what is replaced. */
function instead(log: LogPort, replaced: Partial<LogPort>): LogPort {
  return new Proxy(log, {
    get: (target, name: keyof LogPort) => {
      const value = replaced[name] ?? target[name];
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
    },
  });
}

/** A store partition that lets a test see and hold its flushes. */
class WatchedPartition implements StorePartition {
  readonly changelogOffset: number | null;
  readonly flushes: StoreFlush[] = [];
  underWay = 0;
  mostUnderWay = 0;
  before: () => Promise<void> = async () => {};
  readonly #partition: StorePartition;

  constructor(partition: StorePartition) {
    this.#partition = partition;
    this.changelogOffset = partition.changelogOffset;
  }
  async flush(flush: StoreFlush): Promise<FlushResult> {
    this.flushes.push(flush);
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    await this.before();
    this.underWay--;
    return this.#partition.flush(flush);
  }
  clear = () => this.#partition.clear();
  close = () => this.#partition.close();
  getMany = (...[segment, keys]: Parameters<StorePartition['getMany']>) =>
    this.#partition.getMany(segment, keys);
  segments = () => this.#partition.segments();
  position = () => this.#partition.position();
  scan = (...[segment]: Parameters<StorePartition['scan']>) => this.#partition.scan(segment);
}

describe('restore', () => {
  let log: LogPort;
  let stores: InMemoryStorePort;
  let events: RestoreEvent[];
  beforeEach(async () => {
    log = await cluster({ changelog: 1 });
    stores = inMemoryStores();
    events = [];
  });

  const open = async () =>
    new WatchedPartition(
      await stores.open(
        { applicationId: 'app', store: 'store', partition: 0 },
        { name: 'store', kind: 'keyValue' },
      ),
    );

  function restoreInto(partition: StorePartition, options: Partial<RestoreOptions> = {}): Promise<number> {
    return restore({
      log,
      changelog,
      taskId: '0_0',
      store: 'store',
      windowed: false,
      partition,
      turns: new RestoreTurns({ breathe: async () => {} }),
      clock: systemClock,
      signal: idle,
      onRestore: (event) => events.push(event),
      ...options,
    });
  }

  const valuesOf = async (partition: StorePartition, numbers: readonly number[]) => {
    const values = await partition.getMany(
      null,
      numbers.map((number) => Buffer.from(`k${number}`)),
    );
    return values.map((value) => (value === null ? null : Number(value.toString())));
  };

  it('asks for another try when retention deletes what it is about to read, and then replays what is left', async () => {
    for (let i = 0; i < 3; i++) await writeNumbers(log, i, i + 1);
    const { admin } = log;
    const offsets: LogPort['admin']['offsets'] = async (partitions, at) => {
      const found = await admin.offsets(partitions, at);
      if (at === 'start') await admin.deleteRecords([{ ...changelog, offset: 2 }]);
      return found;
    };
    const cutting = instead(log, {
      admin: new Proxy(admin, {
        get: (target, name: keyof LogPort['admin']) =>
          name === 'offsets' ? offsets : (target[name] as () => unknown).bind(target),
      }),
    });
    const partition = await open();
    await expect(restoreInto(partition, { log: cutting })).rejects.toThrow(TaskCorruptedError);
    expect(await restoreInto(partition, { log: cutting })).toBe(3);
    expect(await valuesOf(partition, [0, 1, 2])).toEqual([null, null, 2]);
  });

  it('flushes slice after slice, one at a time, each continuing the one before', async () => {
    await writeNumbers(log, 0, RECORDS);
    const partition = await open();
    partition.before = () => new Promise((resolve) => setImmediate(resolve));
    expect(await restoreInto(partition)).toBe(RECORDS);
    const { flushes } = partition;
    expect(flushes.length).toBeGreaterThan(2);
    expect(partition.mostUnderWay).toBe(1);
    expect(flushes.map(({ fromOffset }) => fromOffset)).toEqual([
      0,
      ...flushes.slice(0, -1).map(({ toOffset }) => toOffset),
    ]);
    expect(await valuesOf(partition, [0, 5_000, RECORDS - 1])).toEqual([0, 5_000, RECORDS - 1]);
  });

  it('tells where it began, what each batch brought, and the end', async () => {
    await writeNumbers(log, 0, RECORDS);
    await restoreInto(await open());
    expect(events[0]).toMatchObject({
      kind: 'started',
      progress: { taskId: '0_0', store: 'store', startOffset: 0, offset: 0, endOffset: RECORDS, restored: 0 },
    });
    const batches = events.filter(({ kind }) => kind === 'batch');
    expect(batches.length).toBeGreaterThan(2);
    expect(batches.reduce((sum, { records }) => sum + records, 0)).toBe(RECORDS);
    expect(events.at(-1)).toMatchObject({ kind: 'ended', progress: { offset: RECORDS, restored: RECORDS } });
  });

  it('says nothing when the store is up to date', async () => {
    await writeNumbers(log, 0, 10);
    await restoreInto(await open());
    events = [];
    expect(await restoreInto(await open())).toBe(10);
    expect(events).toEqual([]);
  });

  it('goes on from where the store stands when it is called off and begun again', async () => {
    await writeNumbers(log, 0, RECORDS);
    const calledOff = new AbortController();
    const first = await open();
    first.before = async () => {
      if (first.flushes.length === 2) calledOff.abort();
    };
    await expect(restoreInto(first, { signal: calledOff.signal })).rejects.toThrow('called off');
    expect(events.at(-1)!.kind).toBe('suspended');
    await new Promise((resolve) => setImmediate(resolve)); // what was being flushed is applied
    const appliedBefore = first.flushes.at(-1)!.toOffset;
    expect(appliedBefore).toBeLessThan(RECORDS);

    events = [];
    const second = await open();
    expect(second.changelogOffset).toBe(appliedBefore);
    expect(await restoreInto(second)).toBe(RECORDS);
    expect(events.at(-1)!.progress).toMatchObject({
      startOffset: appliedBefore,
      restored: RECORDS - appliedBefore,
    });
    expect(await valuesOf(second, [0, 5_000, RECORDS - 1])).toEqual([0, 5_000, RECORDS - 1]);
  });

  it('does not wait for a log or a store that does not answer when it is called off', async () => {
    await writeNumbers(log, 0, 10);
    const never = new Promise<never>(() => {});
    const silent = instead(log, {
      reader: (options) => Object.assign(log.reader(options), { poll: () => never }),
    });
    const stuck = await open();
    stuck.before = () => never;
    for (const options of [{ log: silent }, {}]) {
      const calledOff = new AbortController();
      const restoring = restoreInto(stuck, { ...options, signal: calledOff.signal });
      await new Promise((resolve) => setTimeout(resolve, 5));
      calledOff.abort();
      await expect(restoring).rejects.toThrow('called off');
    }
  });

  it('replays everything when the gap is so old that a deletion in it may be forgotten', async () => {
    const day = 24 * 60 * 60 * 1_000;
    await writeNumbers(log, 0, 10, Date.now() - 2 * day);
    await restoreInto(await open());
    await writeNumbers(log, 10, 12, Date.now() - 2 * day);
    await writeNumbers(log, 12, 20);
    events = [];
    expect(await restoreInto(await open())).toBe(20);
    expect(events[0]!.progress.startOffset).toBe(0);
  });

  it('goes on from an old store when nothing but the last offset is behind it: a marker', async () => {
    const day = 24 * 60 * 60 * 1_000;
    await writeNumbers(log, 0, 10, Date.now() - 2 * day);
    await restoreInto(await open());
    await writeNumbers(log, 10, 11, Date.now() - 2 * day);
    events = [];
    expect(await restoreInto(await open())).toBe(11);
    expect(events[0]!.progress.startOffset).toBe(10);
  });

  it('lets a newer owner go first: a flush that is refused ends it', async () => {
    await writeNumbers(log, 0, RECORDS);
    const first = await open();
    first.before = async () => {
      if (first.flushes.length === 2) await open();
    };
    await expect(restoreInto(first)).rejects.toThrow(TaskCorruptedError);
    expect(events.at(-1)!.kind).toBe('suspended');
  });
});
