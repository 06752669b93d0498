import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { DumpedRecord } from '../support/dump.ts';
import { Scenario } from './scenario.ts';
import { describeOnServices, services } from './services.ts';

jest.setTimeout(300_000);

const BIG_BYTES = 5_000_000;
/** The dead-letter topic keeps Kafka's limit of 1 MiB. */
const INPUT_CONFIG = {
  'max.message.bytes': '20000000',
  'message.timestamp.after.max.ms': String(2n ** 63n - 1n),
};
/** Set by the generator on what must be refused. */
const MISFIT = 'misfit';

/** The contract, in KIP-1034's names. */
const ORIGIN = {
  topic: '__streams.errors.topic',
  partition: '__streams.errors.partition',
  offset: '__streams.errors.offset',
};
const REASON = '__streams.errors.message';
const OMITTED_BYTES = '__streams.errors.omitted.value.bytes';

const placeOf = ({ partition, offset }: DumpedRecord) => `${partition}:${offset}`;
const originOf = ({ headers }: DumpedRecord) => `${headers[ORIGIN.partition]}:${headers[ORIGIN.offset]}`;

describeOnServices('records that are no readings', () => {
  let scenario: Scenario;
  let written: { good: number; bad: number };
  beforeEach(async () => {
    scenario = await Scenario.open({ ...services, emit: 'updates', inputConfig: INPUT_CONFIG });
    written = await scenario.produce('Misfits', { 'big-bytes': BIG_BYTES });
  });
  afterEach(() => scenario.close());

  it('go to the dead letters, each once with origin and reason, and the rest is exact', async () => {
    const app = await scenario.startApp();
    await scenario.waitForCommitted(app);

    expect(await scenario.verdict()).toMatchObject({
      exact: true,
      readings: written.good,
      misfits: written.bad,
      faults: {},
    });
    const misfits = (await scenario.inputRecords()).filter(({ headers }) => MISFIT in headers);
    const letters = await scenario.deadLettered();
    expect(letters.map(originOf).toSorted()).toEqual(misfits.map(placeOf).toSorted());
    expectWhole(letters, misfits);
    expect(await app.stop()).toEqual({ code: 0, signal: null });
  });

  it('are dead letters once also when the application is killed between them', async () => {
    const first = await scenario.startApp({ COMMIT_INTERVAL_MS: '10' });
    await scenario.waitForCommitted(first, { records: 1, everyMs: 5 });
    first.kill('SIGKILL');
    await first.exited;
    const second = await scenario.startApp();
    await scenario.waitForCommitted(second);

    expect(await scenario.verdict()).toMatchObject({ exact: true, readings: written.good });
    const origins = (await scenario.deadLettered()).map(originOf);
    expect(origins).toHaveLength(written.bad);
    expect(new Set(origins).size).toBe(written.bad);
  });

  /** A dead letter is the record itself, with its headers, and says where it came from and what was wrong.
   *  Only a value that the topic cannot take is left out, and then its size is told. */
  function expectWhole(letters: readonly DumpedRecord[], misfits: readonly DumpedRecord[]): void {
    const byPlace = new Map(misfits.map((misfit) => [placeOf(misfit), misfit]));
    for (const letter of letters) {
      const misfit = byPlace.get(originOf(letter))!;
      expect(letter.headers).toMatchObject({ ...misfit.headers, [ORIGIN.topic]: scenario.input });
      expect(letter.headers[REASON]).not.toBe('');
      expect(letter.key).toEqual(misfit.key);
      if (misfit.value !== null && misfit.value.length >= BIG_BYTES) {
        expect(letter.value).toBeNull();
        expect(letter.headers[OMITTED_BYTES]).toBe(String(misfit.value.length));
      } else {
        expect(letter.value).toEqual(misfit.value);
      }
    }
  }
});
