/** Steps 1, 2 and 5 without a transaction: output and changelog are acknowledged, then the stores have them. */
import type { LogWriter } from '../ports/log.ts';
import type { SealedWork } from './sealed-work.ts';
import type { StoreFlusher } from './store-flusher.ts';

export async function sendAndFlush(writer: LogWriter, work: SealedWork, stores: StoreFlusher): Promise<void> {
  await stores.check(work.reads);
  const changelog = work.stores.flatMap((store) => store.changelog);
  const [, ends] = await Promise.all([writer.send(work.output), writer.send(changelog)]);
  await stores.flush(work.stores, ends);
}
