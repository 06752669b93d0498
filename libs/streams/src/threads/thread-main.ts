/** Where a stream thread begins. */
import { parentPort, workerData } from 'node:worker_threads';
import { ThreadApplication } from './thread-application.ts';
import type { ThreadOrder } from './thread-messages.ts';

await new ThreadApplication(workerData as ThreadOrder, parentPort!).run();
