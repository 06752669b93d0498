/** Packages that are in no registry yet: packed files (`npm pack`) that the service brings itself. */
import { readdirSync } from 'node:fs';
import { CreateError } from './create.error.ts';
import type { Vendor } from './manifest.ts';

/** hiveframe-streams-kafkajs-0.1.0.tgz */
const PACKED = /^hiveframe-(.+?)-\d+\.\d+\.\d+.*\.tgz$/;

/** @throws CreateError where there are none */
export function readVendor(folder: string): Vendor {
  const vendor = new Map(
    packedFiles(folder).flatMap((file) => {
      const name = PACKED.exec(file)?.[1];
      return name === undefined ? [] : [[`@hiveframe/${name}`, file]];
    }),
  );
  if (vendor.size > 0) return vendor;
  throw new CreateError(
    `Cannot take packages from ${folder}: it has no file like hiveframe-streams-0.1.0.tgz. Pack them with: npm pack --workspaces --pack-destination ${folder}`,
  );
}

function packedFiles(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    throw new CreateError(`Cannot take packages from ${folder}: ${(cause as Error).message}.`, { cause });
  }
}
