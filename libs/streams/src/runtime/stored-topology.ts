/** The topology that the application's state belongs to, kept on the log beside it: one record in the compacted topic
 *  `<applicationId>-topology`, whose value is `{ format, topology, retired, internalTopics }` as JSON.
 *  T1 A version reads it before it makes or touches anything, and writes it when it is given its first tasks: not before, for until
 *     then another version may be the one that processes.
 *  T2 Fields that are not known are left alone; a higher `format` is refused. */
import { TopologyError } from '../errors/streams.error.ts';
import type { LogPort, LogReader } from '../ports/log.ts';
import type { Clock } from '../ports/runtime.ts';
import { RecordBatchWriter, RecordCursor } from '../record-batch/index.ts';
import type { TopologyDescription } from '../topology/description.ts';
import type { RetiredParts } from '../topology/topology-change.ts';

const FORMAT = 1;
const KEY = Buffer.from('topology');
const POLL_MS = 100;

export interface StoredTopology {
  readonly topology: TopologyDescription;
  /** Parts of former versions. */
  readonly retired: RetiredParts;
  /** Every internal topic that any version made, by its full name: what a reset deletes. */
  readonly internalTopics: readonly string[];
  /** A reset has begun and not ended: nothing may run on what it has left. */
  readonly resetting?: boolean;
}

export function topologyTopic(applicationId: string): string {
  return `${applicationId}-topology`;
}

/** null: nothing is stored. @throws TopologyError for what a later version of this toolkit wrote */
export async function readStoredTopology(
  log: LogPort,
  applicationId: string,
): Promise<StoredTopology | null> {
  const at = { topic: topologyTopic(applicationId), partition: 0 };
  if (!(await log.admin.describe([at.topic])).has(at.topic)) return null;
  const [[start], [end]] = await Promise.all([
    log.admin.offsets([at], 'start'),
    log.admin.offsets([at], 'end'),
  ]);
  if (start!.offset >= end!.offset) return null;
  const reader = log.reader({ isolation: 'read_committed' });
  try {
    reader.assign(at, start!.offset);
    const value = await lastValue(reader, end!.offset);
    return value === null ? null : decode(value, applicationId);
  } finally {
    await reader.close();
  }
}

export interface TopologyWriting {
  readonly log: LogPort;
  readonly applicationId: string;
  readonly clock: Clock;
  /** Of the topic, where it is not there yet. */
  readonly replicationFactor?: number | undefined;
}

export async function writeStoredTopology(
  stored: StoredTopology,
  { log, applicationId, clock, replicationFactor }: TopologyWriting,
): Promise<void> {
  const topic = topologyTopic(applicationId);
  await createTopic(log, topic, replicationFactor);
  const records = new RecordBatchWriter();
  records.append(KEY, Buffer.from(JSON.stringify({ format: FORMAT, ...stored })), clock.nowMs());
  const writer = log.writer();
  try {
    await writer.send([{ topic, partition: 0, records: records.take() }]);
  } finally {
    await writer.close();
  }
}

async function createTopic(
  log: LogPort,
  topic: string,
  replicationFactor: number | undefined,
): Promise<void> {
  if ((await log.admin.describe([topic])).has(topic)) return;
  const config = { 'cleanup.policy': 'compact' };
  const replication = replicationFactor === undefined ? {} : { replicationFactor };
  await log.admin.create([{ topic, numPartitions: 1, config, ...replication }]);
}

async function lastValue(reader: LogReader, endOffset: number): Promise<Uint8Array | null> {
  const cursor = new RecordCursor();
  let value: Uint8Array | null = null;
  for (let position = 0; position < endOffset;) {
    for (const fetched of await reader.poll({ maxWaitMs: POLL_MS })) {
      cursor.reset(fetched.batches, fetched.fromOffset);
      while (cursor.next()) value = cursor.value();
      position = fetched.nextOffset;
    }
  }
  return value;
}

function decode(value: Uint8Array, applicationId: string): StoredTopology {
  const stored = JSON.parse(Buffer.from(value).toString()) as StoredTopology & { readonly format: number };
  if (stored.format <= FORMAT && stored.topology.format <= FORMAT) return stored;
  throw new TopologyError(
    `Cannot read the stored topology of ${applicationId}: a later version of this toolkit wrote it (format ${stored.format}). Update @hiveframe/streams, or reset the application.`,
  );
}
