/** The readings that every case consumes: the same in each run, in batches of a size of their own. */
import { RecordBatchWriter, type LogPort } from '@hiveframe/streams';
import { partitionFor } from '@hiveframe/streams/internal';
import { Random } from '../../simulation/kernel/random.ts';
import { NUM_PARTITIONS } from './layout.ts';

/** About 25 batches a partition, so as many commits, over eight windows of 30 s. */
const NUM_READINGS = 4_000;
const BATCH_READINGS = 80;
const NUM_SENSORS = 40;
const STEP_MS = 60;
/** Of late, so that no retention takes the changelogs away meanwhile. */
const BASE_MS = Math.floor(Date.now() / 30_000) * 30_000 - 300_000;
const SEED = 4;

interface Reading {
  readonly sensorId: string;
  readonly timestampMs: number;
  readonly json: string;
}

export async function writeInput(log: LogPort, topic: string): Promise<void> {
  const batches = Array.from({ length: NUM_PARTITIONS }, () => new RecordBatchWriter());
  const writer = log.writer();
  const send = async (partition: number) => {
    if (batches[partition]!.count > 0)
      await writer.send([{ topic, partition, records: batches[partition]!.take() }]);
  };
  for (const { sensorId, timestampMs, json } of readings()) {
    const key = Buffer.from(sensorId);
    const partition = partitionFor(key, NUM_PARTITIONS);
    batches[partition]!.append(key, Buffer.from(json), timestampMs);
    if (batches[partition]!.count === BATCH_READINGS) await send(partition);
  }
  for (const partition of batches.keys()) await send(partition);
  await writer.close();
}

function* readings(): Generator<Reading> {
  const random = new Random(SEED, 'readings');
  for (let count = 0; count < NUM_READINGS; count++) {
    const timestampMs = Math.max(BASE_MS, BASE_MS + count * STEP_MS - backMs(random));
    const sensorId = `sensor-${random.whole(1, NUM_SENSORS)}`;
    const temperature = (random.whole(1_000, 3_500) / 100).toFixed(2);
    const humidity = (random.whole(300, 900) / 10).toFixed(1);
    const json = `{"sensor_id":"${sensorId}","temperature":${temperature},"humidity":${humidity},"timestamp":${timestampMs}}`;
    yield { sensorId, timestampMs, json };
  }
}

/** Some come out of order, a few so late that their window is closed. */
function backMs(random: Random): number {
  if (random.chance(0.02)) return random.whole(1, 8_000);
  return random.chance(0.005) ? random.whole(60_000, 90_000) : 0;
}
