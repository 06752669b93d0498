/** What lies between a committed position and the end of a topic need not be records: the marks of transactions and announced
 *  watermarks have offsets too (D38). So it is read, up to the first record. */
import type { FetchedRecords, LogPort, PartitionOffset } from '../ports/log.ts';
import { RecordCursor } from '../record-batch/index.ts';
import { decodeAnnouncement } from '../watermark/announcement.ts';

/** One partition, from a position up to an end. */
export interface Stretch extends PartitionOffset {
  readonly endOffset: number;
}

const POLL_MS = 100;

export async function holdRecords(log: LogPort, stretches: readonly Stretch[]): Promise<boolean> {
  const open = new Map(
    stretches.filter(({ offset, endOffset }) => offset < endOffset).map((one) => [one.partition, one]),
  );
  if (open.size === 0) return false;
  const reader = log.reader({ isolation: 'read_committed' });
  try {
    for (const { topic, partition, offset } of open.values()) reader.assign({ topic, partition }, offset);
    while (open.size > 0) {
      for (const fetched of await reader.poll({ maxWaitMs: POLL_MS })) {
        if (hasRecord(fetched)) return true;
        if (fetched.nextOffset >= open.get(fetched.partition)!.endOffset) {
          reader.unassign(fetched);
          open.delete(fetched.partition);
        }
      }
    }
    return false;
  } finally {
    await reader.close();
  }
}

function hasRecord({ batches, fromOffset }: FetchedRecords): boolean {
  const cursor = new RecordCursor();
  cursor.reset(batches, fromOffset);
  while (cursor.next()) if (decodeAnnouncement(cursor.headers()) === null) return true;
  return false;
}
