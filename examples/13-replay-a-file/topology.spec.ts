import { TopologyTestDriver } from '@hiveframe/streams-testing';
import { expect, test } from '@jest/globals';
import { fares, morning, topology, trips, type Trip } from './topology.ts';

/** The source by itself: from its start, without waiting. */
async function replayed() {
  const events: Trip[] = [];
  const rejected: string[] = [];
  const clock = { nowMs: () => 0, delay: async () => {} };
  const { signal } = new AbortController();
  for await (const batch of morning.start({ position: null, split: 0, numSplits: 1, signal, clock })) {
    events.push(...batch.events);
    rejected.push(...(batch.rejected ?? []).map(({ reason }) => reason.message));
  }
  return { events, rejected };
}

test('the source gives the rows of the file as trips, and says of which rows it cannot', async () => {
  const { events, rejected } = await replayed();
  expect(events).toHaveLength(58);
  expect(events[0]).toMatchObject({ trip_id: '1', fare: expect.any(Number) });
  expect(rejected).toEqual([
    expect.stringMatching(/trips.csv:19: fare: /),
    expect.stringMatching(/trips.csv:43: it has 3 fields, and there are 4 columns$/),
  ]);
});

test('fares are summed by district and quarter of an hour, whatever happens in between', async () => {
  const { events } = await replayed();
  await using driver = new TopologyTestDriver(topology, { numPartitions: 1 });
  const input = driver.input(trips);
  for (const trip of events) await input.pipe(trip, { key: trip.district });
  await driver.crashAndRestart();
  await input.pipe({ ...events.at(-1)!, ended_at: '2026-01-30T10:00:00Z' }, { key: 'Harbour' });
  const rows = await driver.output(fares).readValues();
  expect(rows.reduce((sum, row) => sum + row.trips, 0)).toBe(58);
  expect(rows.reduce((sum, row) => sum + row.fares, 0)).toBeCloseTo(
    events.reduce((sum, { fare }) => sum + fare, 0),
  );
});
