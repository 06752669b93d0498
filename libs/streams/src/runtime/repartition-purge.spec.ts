import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@hiveframe/streams-testing';
import type { PartitionOffset } from '../ports/log.ts';
import type { TaskEnvironment } from '../task/task-environment.ts';
import type { StreamTask } from '../task/stream-task.ts';
import { RepartitionPurge } from './repartition-purge.ts';

const INTERVAL_MS = 30_000;

/** Only what is looked at. */
function task(topic: string, offset: number, sink?: object): StreamTask {
  const nodes = [{ spec: { kind: 'operator', sink } }];
  const inputs = [{ topic, source: { topic: { internal: true } } }];
  const committed = [{ topic, partition: 0, offset }];
  return { subTopology: { nodes }, inputs, committed } as unknown as StreamTask;
}

function purging() {
  const clock = new ManualClock(0);
  const deleted: PartitionOffset[][] = [];
  const deleteRecords = async (upTo: readonly PartitionOffset[]) => void deleted.push([...upTo]);
  const environment = { clock, log: { admin: { deleteRecords } } } as unknown as TaskEnvironment;
  const purge = new RepartitionPurge(environment);
  let nowMs = 0;
  const after = async (...tasks: readonly StreamTask[]) => {
    deleted.length = 0;
    purge.maybeRun((nowMs += INTERVAL_MS), tasks);
    await new Promise((resolve) => setImmediate(resolve));
    return deleted.flat().map(({ topic, offset }) => `${topic}:${offset}`);
  };
  return { after };
}

describe('RepartitionPurge', () => {
  it('removes what every commit has passed', async () => {
    const { after } = purging();
    expect(await after(task('counts', 5))).toEqual(['counts:5']);
    expect(await after(task('counts', 9))).toEqual(['counts:9']);
  });

  it('keeps for an interval what a sink has: its target may lose its last writes', async () => {
    const { after } = purging();
    expect(await after(task('table-sink', 5, {}))).toEqual([]);
    expect(await after(task('table-sink', 9, {}))).toEqual(['table-sink:5']);
  });

  it('keeps it also while the task of a sink starts over', async () => {
    const { after } = purging();
    await after(task('table-sink', 5, {}));
    expect(await after()).toEqual([]);
    expect(await after(task('table-sink', 9, {}))).toEqual([]);
    expect(await after(task('table-sink', 12, {}))).toEqual(['table-sink:9']);
  });
});
