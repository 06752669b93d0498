import { minutes } from '@hiveframe/streams';
import { NestLogger } from '@hiveframe/streams-nestjs';
import { byDay, parquetSink } from '@hiveframe/streams-parquet';
import type { Settings } from '../settings.js';
import type { OrderArchiveSink } from './order-archive.topology.js';

/** Parquet files in a folder for each day, exactly once. A file is there when it is a minute old, or when the service stops. */
export function orderArchiveSink({ archiveDir }: Settings): OrderArchiveSink {
  return parquetSink({
    name: 'order-archive',
    directory: archiveDir,
    row: ({ value: { id, customer, amountCents }, timestampMs }) => ({
      id,
      customer,
      amount_cents: amountCents,
      received_at: timestampMs,
    }),
    columns: { id: 'string', customer: 'string', amount_cents: 'int64', received_at: 'timestamp' },
    partitionBy: byDay('received_at'),
    maxFileMs: minutes(1),
    logger: new NestLogger('Parquet'),
  });
}
