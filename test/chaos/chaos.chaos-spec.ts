import { expect, it, jest } from '@jest/globals';
import { KafkaCluster } from '../support/kafka-cluster.ts';
import { redisServerBinary } from '../support/redis-server.ts';
import { describeReport, type ChaosReport } from './report.ts';
import { runChaos } from './run.ts';
import { readChaosSettings, type Guarantee } from './settings.ts';

const settings = readChaosSettings();
const kafkaScript = KafkaCluster.script();
const redisBinary = redisServerBinary();
const missing = kafkaScript === undefined || redisBinary === undefined;

jest.setTimeout(settings.minutes * 60_000 + 400_000);

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Faults that the verifier names. A count that goes back is neither: it follows from a repetition, and as well from a loss. */
const LOSS = /missing|too few|unknown|wrong/;
const REPETITION = /not due|too many|more than once|unknown|wrong/;

/** What is promised of the output, whatever broke. */
const PROMISES: Readonly<Record<Guarantee, (report: ChaosReport) => void>> = {
  exactly_once({ verdict }) {
    expect(verdict).toMatchObject({ exact: true, faults: {} });
  },
  at_least_once({ verdict: { faults } }) {
    expect(Object.keys(faults).filter((name) => LOSS.test(name))).toEqual([]);
    expect(faults['alert not due']).toBeGreaterThan(0); // repeated, which shows that the verifier can fail
  },
  at_most_once({ verdict: { faults } }) {
    expect(Object.keys(faults).filter((name) => REPETITION.test(name))).toEqual([]);
  },
};

(missing ? it.skip : it)(`keeps ${settings.guarantee} while parts fail`, async () => {
  say(
    `SEED=${settings.seed} MINUTES=${settings.minutes} GUARANTEE=${settings.guarantee} EMIT=${settings.emit}`,
  );
  const report = await runChaos({ kafkaScript: kafkaScript!, redisBinary: redisBinary! }, settings, say);
  say(describeReport(report));

  expect(report.occurrences.length).toBeGreaterThan(0);
  expect(report.verdict.readings).toBeGreaterThan(0);
  PROMISES[settings.guarantee](report);
  expect(report.storedState.differences).toEqual([]);
  expect(report.numDeadLetters).toBe(0);
  expect(report.badStops).toEqual([]);
  expect(report.logLines.stackFrames).toEqual([]);
});
