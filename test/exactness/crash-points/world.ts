/** Where the applications of these tests live: a log with the input on it, and stores. */
import type { LogPort } from '@hiveframe/streams';
import type { RunningProcess } from '../../support/child-process.ts';
import type { StoreContent } from './store-content.ts';

export interface World {
  /** Of every application here. */
  readonly prefix: string;
  /** Topics for an application of this id; the input is there. */
  prepare(applicationId: string): Promise<void>;
  /** Environment of the application. */
  settings(applicationId: string): Readonly<Record<string, string>>;
  /** Resolves when all input is committed. @throws Error when one of the processes ended before */
  untilConsumed(applicationId: string, apps: readonly RunningProcess[]): Promise<void>;
  /** A look at the log, of the application or when it has ended. */
  read<T>(applicationId: string, look: (log: LogPort) => Promise<T>): Promise<T>;
  /** Of each store partition, at the end; `app` wrote last. */
  stores(applicationId: string, app: RunningProcess): Promise<readonly StoreContent[]>;
  remove(applicationId: string): Promise<void>;
}
