/** Runs a case through this project's TopologyTestDriver: everything that follows from a step is done, and committed, before the next
 *  one. */
import type { Topology } from '@hiveframe/streams';
import { TopologyTestDriver } from '@hiveframe/streams-testing';
import type { Case, InputRecord, OutputRecord, Outputs } from './case.ts';
import { caseTopology } from './topologies/case-topology.ts';
import { OUTPUT, TOPICS } from './topologies/topics.ts';

export async function runCase({ topology, steps, here }: Case): Promise<Outputs> {
  const built: Topology = caseTopology(topology);
  await using driver = new TopologyTestDriver(built, here.cachesNothing ? { maxCachedBytes: 1 } : {});
  const output = driver.output(OUTPUT);
  const outputs: OutputRecord[][] = [];
  for (const [at, step] of steps.entries()) {
    for (const records of byTopic(step))
      await driver.input(TOPICS[records[0]![0]]).pipeRecords(records.map(toRecord));
    if (here.crashesAfter.includes(at)) await driver.crashAndRestart();
    const records = await output.readAll();
    outputs.push(records.map(({ key, value, timestampMs }) => [key, value, timestampMs] as const));
  }
  return outputs;
}

function toRecord([, key, value, timestampMs]: InputRecord) {
  return { value, timestampMs, ...(key === null ? {} : { key }) };
}

/** Records of one topic that follow each other are written together. */
function byTopic(step: readonly InputRecord[]): InputRecord[][] {
  const runs: InputRecord[][] = [];
  for (const record of step) {
    const run = runs.at(-1);
    if (run?.[0]![0] === record[0]) run.push(record);
    else runs.push([record]);
  }
  return runs;
}
