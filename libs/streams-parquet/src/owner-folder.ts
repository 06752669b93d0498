/** The folder of whoever owns a partition: `_hiveframe/<topic>-<partition>/owner-<epoch>`. There is never more than one, and its epoch
 *  is in its name. To take over is to rename it: who knows it by the older name makes, renames and moves nothing in it any more.
 *
 *  One call of the older owner may be under way in the operating system at that moment and take place behind it. Therefore names hold
 *  the epoch too, and whoever takes over writes an entry of its own before it trusts anything: see journal.ts. */
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SinkError } from '@hiveframe/streams';
import { syncFolder } from './durable.ts';
import { codeOf, isMissing } from './failures.ts';

export interface Place {
  readonly topic: string;
  readonly partition: number;
}
export interface OwnerFolder {
  readonly path: string;
  readonly epoch: number;
}

/** Readers of Parquet leave out what begins with `_`. */
const CONTROL = '_hiveframe';
const OWNER = /^owner-(\d+)$/;
/** Each of them is a takeover by somebody else between our two calls. */
const MAX_ATTEMPTS = 1_000;

/** Fences every owner before. @throws what the file system throws */
export async function takeOver(directory: string, place: Place): Promise<OwnerFolder> {
  const control = join(directory, CONTROL);
  const folder = join(control, `${encodeURIComponent(place.topic)}-${place.partition}`);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const epoch = await currentEpoch(folder);
    if (epoch === null) await create(control, folder);
    else if (await moved(join(folder, `owner-${epoch}`), join(folder, `owner-${epoch + 1}`))) {
      await syncFolder(folder);
      return { path: join(folder, `owner-${epoch + 1}`), epoch: epoch + 1 };
    }
  }
  throw new SinkError(`${folder} has no folder owner-<number>, or others take it over all the time`);
}

async function currentEpoch(folder: string): Promise<number | null> {
  try {
    const epochs = (await readdir(folder)).flatMap((name) => OWNER.exec(name)?.[1] ?? []);
    // None: somebody renamed it while it was listed.
    return Math.max(0, ...epochs.map(Number));
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** With `owner-0` inside, at once: so it is there never without one. */
async function create(control: string, folder: string): Promise<void> {
  await mkdir(control, { recursive: true });
  await syncFolder(dirname(control));
  const made = await mkdtemp(join(control, 'new-'));
  try {
    await mkdir(join(made, 'owner-0'));
    await rename(made, folder);
    await syncFolder(control);
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    if (!['EEXIST', 'ENOTEMPTY'].includes(codeOf(error) ?? '')) throw error;
  }
}

/** False: it is called otherwise by now. */
async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
