import { z } from 'zod';

const environment = z
  .object({
    PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
    BIND_ADDRESS: z.string().default('127.0.0.1'),
    STREAMS_LOG: z.enum(['kafka', 'embedded']).default('kafka'),
    CHECKPOINT_DIR: z.string().optional(),
    KAFKA_BROKERS: z
      .string()
      .default('')
      .transform((list) => list.split(',').filter((broker) => broker !== '')),
    REDIS_URL: z.url().optional(),
    // >>> postgres
    DATABASE_URL: z.url().optional(),
    // <<< postgres
    // >>> parquet
    ARCHIVE_DIR: z.string().min(1).default('archive'),
    // <<< parquet
  })
  .refine(({ STREAMS_LOG, KAFKA_BROKERS }) => STREAMS_LOG === 'embedded' || KAFKA_BROKERS.length > 0, {
    path: ['KAFKA_BROKERS'],
    message: 'Set it to host:port, or run `npm run start:dev`, which needs no Kafka',
  });

export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** What the environment says, checked. */
export class Settings {
  readonly port: number;
  readonly bindAddress: string;
  /** The log in this process instead of Kafka: for developing. */
  readonly embeddedLog: boolean;
  /** Where the embedded log is kept; undefined: in memory. */
  readonly checkpointDir: string | undefined;
  readonly kafkaBrokers: readonly string[];
  /** Where state is kept; undefined: in memory, rebuilt from the changelog. */
  readonly redisUrl: string | undefined;
  // >>> postgres
  /** PostgreSQL, for results; undefined: they are printed. */
  readonly databaseUrl: string | undefined;
  // <<< postgres
  // >>> parquet
  /** Where the files of all orders are. Instances that share the work must share the folder. */
  readonly archiveDir: string;
  // <<< parquet

  /** @throws SettingsError that names all faults */
  constructor(env: NodeJS.ProcessEnv = process.env) {
    const parsed = environment.safeParse(env);
    if (!parsed.success) throw new SettingsError(faultsOf(parsed.error));
    const { data } = parsed;
    this.port = data.PORT;
    this.bindAddress = data.BIND_ADDRESS;
    this.embeddedLog = data.STREAMS_LOG === 'embedded';
    this.checkpointDir = data.CHECKPOINT_DIR;
    this.kafkaBrokers = data.KAFKA_BROKERS;
    this.redisUrl = data.REDIS_URL;
    // >>> postgres
    this.databaseUrl = data.DATABASE_URL;
    // <<< postgres
    // >>> parquet
    this.archiveDir = data.ARCHIVE_DIR;
    // <<< parquet
  }
}

function faultsOf({ issues }: z.ZodError): string {
  const faults = issues.map(({ path, message }) => `  ${path.join('.')}: ${message}\n`);
  return `Cannot start with these settings:\n${faults.join('')}`;
}
