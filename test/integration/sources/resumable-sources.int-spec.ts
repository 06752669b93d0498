/** A resumable source of four splits whose instances are killed, frozen and brought back as zombies: each split's events are in the
 *  topic once, in order. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { LogPort } from '@hiveframe/streams';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { RunningProcess } from '../../support/child-process.ts';
import { eventually } from '../../support/eventually.ts';
import { kafkaBrokers } from '../../support/kafka.ts';
import { readCommitted } from '../../support/log-records.ts';
import { KEEPS_OLD_RECORDS } from '../../support/topic-config.ts';
import type { CountingSettings } from './counting-source.ts';

jest.setTimeout(180_000);

const brokers = await kafkaBrokers();

(brokers === undefined ? describe.skip : describe)('A resumable source', () => {
  const applicationId = `sources-${randomUUID()}`;
  const settings: CountingSettings = {
    brokers: brokers!,
    applicationId,
    output: `${applicationId}-numbers`,
    numSplits: 4,
    count: 40_000,
  };
  const all = settings.numSplits * settings.count;
  const processes: RunningProcess[] = [];
  let log: LogPort;

  beforeAll(async () => {
    log = kafkajs({ brokers: brokers!.split(',') });
    await log.connect();
    await log.admin.create([{ topic: settings.output, numPartitions: 3, config: KEEPS_OLD_RECORDS }]);
  });
  afterEach(() => processes.forEach((one) => one.kill('SIGKILL')));
  afterAll(() => log.close(5_000));

  const start = (name: string) => {
    const one = RunningProcess.ofProgram(
      name,
      new URL('counting-source.ts', import.meta.url),
      JSON.stringify(settings),
    );
    processes.push(one);
    return one;
  };
  const committed = async () => {
    const positions = await readCommitted(log, `${applicationId}-counting-positions`);
    return positions.reduce((sum, ofSplit) => sum + Number(ofSplit.at(-1) ?? 0), 0);
  };
  const reaches = (part: number, one: RunningProcess) =>
    eventually(
      `${part * 100} % of the events`,
      async () => {
        one.assertRunning();
        return (await committed()) >= all * part;
      },
      { timeoutMs: 60_000, everyMs: 300 },
    );

  it('gives each event once, in order, after kill -9, SIGSTOP and a zombie', async () => {
    const first = start('first');
    await reaches(0.05, first);
    first.kill('SIGKILL');
    const second = start('second');
    await reaches(0.15, second);
    const third = start('third');
    await reaches(0.3, third);
    second.kill('SIGSTOP');
    await reaches(0.7, third);
    second.kill('SIGCONT'); // a zombie, with batches in hand
    await reaches(0.85, third);
    third.kill('SIGKILL');
    await reaches(1, second);
    await second.stop();

    const events = (await readCommitted(log, settings.output)).flat();
    const bySplit = Map.groupBy(
      events.map((event) => (JSON.parse(event) as string).split('-').map(Number)),
      ([split]) => split!,
    );
    for (let split = 0; split < settings.numSplits; split++) {
      const numbers = bySplit.get(split)!.map(([, n]) => n!);
      expect(numbers.length).toBe(settings.count);
      expect(numbers.findIndex((n, i) => n !== i)).toBe(-1);
    }
  });
});
