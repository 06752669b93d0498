/** The published conformance suite of the store port: what every adapter must do, said as tests (P1-P5 of `ports/store.ts`).
 *
 *  It needs nothing but the port, Jest (`@jest/globals`) and `fast-check`, which whoever runs it brings along. Every test uses
 *  stores of its own; nothing is cleaned up on the server. */
import { afterAll, afterEach, describe } from '@jest/globals';
import type { StorePartitionId, StorePort } from '@hiveframe/streams';
import { describeStoreFencing } from './store-fencing-suite.ts';
import { describeStoreFlush } from './store-flush-suite.ts';
import { StoreHarness } from './store-harness.ts';
import { describeStoreModel } from './store-model-suite.ts';
import { describeStoreReads } from './store-read-suite.ts';
import { describeStoreWindows } from './store-window-suite.ts';

/** The server under test. */
export interface StoresUnderTest {
  /** A fresh client of the same server, as another process would have one. The suite connects and closes it. */
  stores(): Promise<StorePort>;
  /** A name never used before on this server. */
  uniqueName(prefix: string): string;
  /** Remembers a partition as it is now; calling the result brings it back: a server that lost its last writes.
   *  Without it the model test runs without lost writes. */
  rollBackPoint?(id: StorePartitionId): Promise<() => Promise<void>>;
  /** Random schedules of the model test. @defaultValue 100 */
  readonly modelRuns?: number;
  /** Called once after the last test. */
  stop?(): Promise<void>;
}

/** Declares the suite. `factory` is called at once; start containers in `stores()`, not in the factory. */
export function describeStores(name: string, factory: () => StoresUnderTest): void {
  describe(`store port: ${name}`, () => {
    const subject = factory();
    const harness = new StoreHarness(subject);
    afterEach(() => harness.closeAll(), 30_000);
    afterAll(async () => subject.stop?.(), 60_000);
    describeStoreReads(harness);
    describeStoreFlush(harness);
    describeStoreFencing(harness);
    describeStoreWindows(harness);
    describeStoreModel(harness, subject);
  });
}
