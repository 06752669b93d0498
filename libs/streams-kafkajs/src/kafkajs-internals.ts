import type { Socket } from 'node:net';
import type { BrokerAddress } from './protocol/metadata.ts';

/** What is used of kafkajs 2.2.x beyond its published types. */
export interface ClusterInternals {
  readonly connectionPoolBuilder: { build(address: BrokerAddress): Promise<PoolInternals> };
  readonly brokerPool: {
    createBroker(options: { connectionPool: PoolInternals; logger: unknown }): BrokerInternals;
  };
  readonly rootLogger: unknown;
}
export interface PoolInternals {
  readonly pool: readonly ConnectionInternals[];
}
export interface BrokerInternals {
  readonly connectionPool: PoolInternals;
  readonly versions: Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>>;
  connect(): Promise<void>;
}
export interface ConnectionInternals {
  readonly socket?: Socket;
  readonly ssl: unknown;
  /** Read when the connection authenticates. */
  sasl: unknown;
  readonly requestQueue: RequestQueueInternals;
  /** How long the credentials hold, in ms (a 64-bit number of kafkajs' own kind); 0: for ever. Known after `connect`. */
  readonly sessionLifetime: { toNumber(): number };
  isConnected(): boolean;
  send(protocol: unknown): Promise<unknown>;
  rejectRequests(error: Error): void;
}
export interface RequestQueueInternals {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

/** kafkajs 2.2.4 looks every millisecond whether throttled requests wait, on every connection, throttled or not: 1 % of a
 *  core for each ten connections, and TimeoutNegativeWarning on Node 24. Looking only when there is a reason ends it. */
export function quietWhenIdle(queue: RequestQueueInternals): void {
  if (typeof queue.scheduleCheckPendingRequests !== 'function' || !Array.isArray(queue.pending)) return;
  const schedule = queue.scheduleCheckPendingRequests.bind(queue);
  queue.scheduleCheckPendingRequests = () => {
    if (queue.pending.length > 0 || queue.throttledUntil > Date.now()) schedule();
  };
}

export function unexpectedShape(what: string): Error {
  return new Error(`Cannot use this version of kafkajs: ${what}. Install kafkajs 2.2.x.`);
}
