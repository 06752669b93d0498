import { ConfigError } from '@hiveframe/streams';

export interface EmbeddedOptions {
  /** Folder of the log; made when absent. @defaultValue none: the log lives in memory and ends with the process */
  readonly checkpointDir?: string | undefined;
  /** What committed data survive in `checkpointDir`.
   *  `process`: the end of this process, kill -9 included; a power cut may cost the last seconds, but always whole commits, never
   *  parts: records, offsets and state roll back together. Kafka's own promise on one broker: it leaves the flush to the system.
   *  `power`: also a power cut; every commit waits for the disk (fsync), and as `node:sqlite` is synchronous, so does the process.
   *  @defaultValue 'process' */
  readonly durability?: 'process' | 'power' | undefined;
  /** Largest record batch a topic takes, unless its config says `max.message.bytes`. Kafka: `message.max.bytes`.
   *  @defaultValue 1_048_588 */
  readonly maxRecordBytes?: number | undefined;
}

export interface ResolvedEmbeddedOptions {
  readonly checkpointDir: string | null;
  readonly durability: 'process' | 'power';
  readonly maxRecordBytes: number;
}

/** Applies the defaults. @throws ConfigError naming every fault */
export function resolveEmbeddedOptions(options: EmbeddedOptions): ResolvedEmbeddedOptions {
  const { checkpointDir = null, durability = 'process', maxRecordBytes = 1_048_588 } = options;
  const faults: string[] = [];
  if (checkpointDir === '') faults.push('checkpointDir is empty: leave it out for a log in memory');
  if (durability !== 'process' && durability !== 'power')
    faults.push(`durability is ${String(durability)}: it is 'process' or 'power'`);
  if (!Number.isSafeInteger(maxRecordBytes) || maxRecordBytes < 1)
    faults.push(`maxRecordBytes is ${maxRecordBytes}: it is a whole number of bytes, at least 1`);
  if (faults.length > 0) throw new ConfigError(`Cannot open the embedded log: ${faults.join('; ')}.`);
  return { checkpointDir, durability, maxRecordBytes };
}
