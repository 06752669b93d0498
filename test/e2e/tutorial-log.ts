/** What the tutorial's application has left in its checkpointDir. */
import { RecordCursor, taggedJson, type LogPort } from '@hiveframe/streams';
import { embedded } from '@hiveframe/streams-embedded';
import type { Reading } from '../../examples/01-iot-sensor-analytics/main.ts';
import type { WindowResult } from './tutorial-readings.ts';

export interface LeftBehind {
  readonly readings: readonly Reading[];
  /** Committed results, in the topic that feeds the console. */
  readonly results: readonly WindowResult[];
}

/** Only while no application has the folder. */
export async function readCheckpoints(checkpointDir: string): Promise<LeftBehind> {
  const log = embedded({ checkpointDir });
  await log.connect();
  try {
    return {
      readings: await readAll<Reading>(log, 'iot-sensor-analytics-source'),
      results: await readAll<WindowResult>(log, 'iot-sensor-analytics-console-sink'),
    };
  } finally {
    await log.close(1_000);
  }
}

async function readAll<T>(log: LogPort, topic: string): Promise<readonly T[]> {
  const serde = taggedJson<T>();
  const context = { topic, part: 'value', headers: () => [] } as const;
  const [end] = await log.admin.offsets([{ topic, partition: 0 }], 'lastStable');
  const reader = log.reader({ isolation: 'read_committed' });
  reader.assign({ topic, partition: 0 }, 0);
  const values: T[] = [];
  const cursor = new RecordCursor();
  for (let offset = 0; offset < end!.offset;) {
    for (const fetched of await reader.poll({ maxWaitMs: 1_000 })) {
      offset = fetched.nextOffset;
      cursor.reset(fetched.batches, fetched.fromOffset);
      while (cursor.next()) values.push(serde.deserialize(cursor.value()!, context));
    }
  }
  await reader.close();
  return values;
}
