import { json, string, StreamsBuilder, topic } from '@hiveframe/streams';
import { TopologyTestDriver } from '@hiveframe/streams-testing';
import { describe, expect, it } from '@jest/globals';
import { ingestHeaders } from './ingest-headers.ts';
import { withoutRepeats } from './without-repeats.ts';

const orders = topic('orders', { key: string(), value: json<number>() });
const firsts = topic('firsts', { key: string(), value: json<number>() });
const HOUR = 3_600_000;

function driver(): TopologyTestDriver {
  const builder = new StreamsBuilder();
  withoutRepeats(builder.stream(orders), { name: 'once', retentionMs: HOUR }).to(firsts);
  return new TopologyTestDriver(builder.build());
}
async function pipe(it: TopologyTestDriver, request: string, values: readonly number[], timestampMs = 0) {
  for (const [index, value] of values.entries())
    await it.input(orders).pipe(value, { key: 'k', timestampMs, headers: ingestHeaders(request, index) });
}

describe('withoutRepeats', () => {
  it('passes each event of a request once, however often it is sent, also after a crash', async () => {
    await using it = driver();
    await pipe(it, 'r1', [1, 2, 3]);
    await it.crashAndRestart();
    await pipe(it, 'r1', [1, 2, 3]);
    await it.crashAndRestart();
    await pipe(it, 'r1', [1, 2, 3]);
    expect(await it.output(firsts).readValues()).toEqual([1, 2, 3]);
  });

  it('passes on what a repeat brings beyond what the first brought', async () => {
    await using it = driver();
    await pipe(it, 'r1', [1, 2]);
    await it.crashAndRestart();
    await pipe(it, 'r1', [1, 2, 3, 4]);
    expect(await it.output(firsts).readValues()).toEqual([1, 2, 3, 4]);
  });

  it('tells requests apart, and passes records that came with no key', async () => {
    await using it = driver();
    await pipe(it, 'r1', [1]);
    await pipe(it, 'r2', [1]);
    await it.input(orders).pipe(5, { key: 'k', timestampMs: 0 });
    await it.input(orders).pipe(5, { key: 'k', timestampMs: 0 });
    expect(await it.output(firsts).readValues()).toEqual([1, 1, 5, 5]);
  });

  it('knows a repeat for as long as it was told to, and forgets the request after', async () => {
    await using it = driver();
    await pipe(it, 'r1', [1, 2]);
    await pipe(it, 'r1', [1, 2], HOUR);
    expect(await it.output(firsts).readValues()).toEqual([1, 2]);
    await pipe(it, 'r2', [0], 5 * HOUR);
    await pipe(it, 'r1', [1, 2], 5 * HOUR);
    expect(await it.output(firsts).readValues()).toEqual([0, 1, 2]);
  });
});
