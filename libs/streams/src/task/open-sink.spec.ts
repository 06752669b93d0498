import { beforeEach, describe, expect, it } from '@jest/globals';
import { InMemorySinkTarget } from '@hiveframe/streams-testing';
import { systemClock } from '../runtime/system.ts';
import { openSink } from './open-sink.ts';

const topic = 'app-memory-sink';
let target: InMemorySinkTarget<unknown, unknown>;
let lines: string[];
beforeEach(() => {
  target = new InMemorySinkTarget();
  lines = [];
});

const standAt = async (offset: number) => {
  await (await target.sink().open(topic, 0)).write([], { offset, rejected: [] });
};
const open = (
  log: { startOffset?: number; position: number; endOffset?: () => Promise<number> },
  guarantee: 'exactly_once' | 'at_most_once' = 'exactly_once',
) =>
  openSink(
    target.sink(),
    { topic, partition: 0, startOffset: 0, endOffset: async () => 100, ...log },
    { clock: systemClock, guarantee, logger: { log: (_level, text) => void lines.push(text) } },
  );

describe('openSink', () => {
  it('reads from the committed offset a target that has nothing yet', async () => {
    expect((await open({ position: 7 })).readFrom).toBe(7);
  });

  it('reads from the committed offset what the target is ahead of', async () => {
    await standAt(9);
    expect((await open({ position: 7 })).readFrom).toBe(7);
  });

  it('reads again what the target has lost, and says so', async () => {
    await standAt(5);
    expect((await open({ position: 7, startOffset: 3 })).readFrom).toBe(5);
    expect(lines).toEqual([
      'Sink memory stands at offset 5 of app-memory-sink-0 and had confirmed 7: its target has lost writes. They are written again.',
    ]);
  });

  it('does not go on when what the target has lost is gone from the log as well', async () => {
    await standAt(5);
    await expect(open({ position: 7, startOffset: 6 })).rejects.toMatchObject({
      failure: 'unusable',
      message: expect.stringContaining('records before 6 are gone'),
    });
  });

  it('does not take the records of a topic that was made anew for those it has', async () => {
    await standAt(50);
    await expect(open({ position: 0, endOffset: async () => 10 })).rejects.toMatchObject({
      failure: 'unusable',
      message: expect.stringContaining('the topic ends at 10: it was made anew'),
    });
  });

  it('goes back for nothing that at most once has given up', async () => {
    await standAt(5);
    expect((await open({ position: 7 }, 'at_most_once')).readFrom).toBe(7);
  });

  it('says which sink could not be opened for what', async () => {
    const sink = { ...target.sink(), open: () => Promise.reject(new Error('no route to host')) };
    const opening = openSink(
      sink,
      { topic, partition: 0, startOffset: 0, position: 0, endOffset: async () => 0 },
      { clock: systemClock, guarantee: 'exactly_once', logger: { log: () => {} } },
    );
    await expect(opening).rejects.toMatchObject({
      failure: 'unavailable',
      message: 'Cannot open sink memory for app-memory-sink-0: no route to host',
    });
  });
});
