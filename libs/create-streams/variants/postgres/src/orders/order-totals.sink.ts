import { consoleSink } from '@hiveframe/streams-connect';
import { NestLogger } from '@hiveframe/streams-nestjs';
import { postgresSink } from '@hiveframe/streams-postgres';
import type { Settings } from '../settings.js';
import type { OrderTotalsSink } from './order-totals.topology.js';

/** The table `order_totals`, a row for each customer, exactly once; without a database the totals are printed. */
export function orderTotalsSink({ databaseUrl }: Settings): OrderTotalsSink {
  if (databaseUrl === undefined) return consoleSink({ showTimestamp: true });
  return postgresSink({
    url: databaseUrl,
    table: 'order_totals',
    columns: { customer: 'text', orders: 'int8', amount_cents: 'int8' },
    primaryKey: ['customer'],
    logger: new NestLogger('PostgreSQL'),
  });
}
