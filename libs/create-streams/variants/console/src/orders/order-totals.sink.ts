import { consoleSink } from '@hiveframe/streams-connect';
import type { OrderTotalsSink } from './order-totals.topology.js';

/** Prints the totals that have changed, as a table. */
export function orderTotalsSink(): OrderTotalsSink {
  return consoleSink({ showTimestamp: true });
}
