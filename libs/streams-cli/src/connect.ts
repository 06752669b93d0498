/** From flags and settings to what the engine asks for. */
import type { Command } from 'commander';
import { ConfigError, type LogPort, type Logger, type StorePort, type Topology } from '@hiveframe/streams';
import { embedded } from '@hiveframe/streams-embedded';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { redis } from '@hiveframe/streams-redis';
import type { CliConfig } from './cli-config.ts';
import { loadConfig, loadTopology } from './load-module.ts';

export interface ConnectionFlags {
  readonly applicationId?: string;
  readonly brokers?: string;
  readonly checkpointDir?: string;
  readonly redis?: string;
  readonly keyPrefix?: string;
  readonly config?: string;
  readonly topology?: string;
}
export interface Connection {
  readonly applicationId: string;
  readonly topology: Topology | undefined;
  readonly log: LogPort;
  readonly stores: StorePort | undefined;
  readonly close: () => Promise<void>;
}

const CONNECT_TIMEOUT_MS = 30_000;
const CLOSE_TIMEOUT_MS = 2_000;

export function addConnectionOptions(command: Command): Command {
  return command
    .option('--application-id <id>', 'which application')
    .option('--brokers <host:port,...>', 'its Kafka, without TLS and credentials')
    .option('--checkpoint-dir <folder>', 'or its embedded log')
    .option(
      '--config <module>',
      'or a file that exports { log, stores, applicationId, topology } as its default',
    );
}

/** `purpose` is what cannot be done without the settings, such as `reset`. @throws ConfigError for settings that are missing; what the
 *  log and the store throw when they cannot be reached in time */
export async function connect(
  purpose: string,
  flags: ConnectionFlags,
  tell: (text: string) => void,
): Promise<Connection> {
  const missing = (what: string, names: string): never => {
    throw new ConfigError(`Cannot ${purpose}: ${what} is not said. Give ${names}.`);
  };
  const config = flags.config === undefined ? {} : await loadConfig(flags.config);
  const logger: Logger = {
    log: (level, text) => (level === 'warn' || level === 'error' ? tell(`${text}\n`) : undefined),
  };
  const applicationId =
    flags.applicationId ?? config.applicationId ?? missing('which application', '--application-id');
  const log =
    logOf(flags, config, logger) ?? missing('where its log is', '--brokers, --checkpoint-dir or --config');
  const stores = storesOf(flags, config, logger);
  const topology = flags.topology === undefined ? config.topology : await loadTopology(flags.topology);
  const close = async (): Promise<void> => {
    await Promise.allSettled([log.close(CLOSE_TIMEOUT_MS), stores?.close(CLOSE_TIMEOUT_MS)]);
  };
  try {
    const signal = AbortSignal.timeout(CONNECT_TIMEOUT_MS);
    await Promise.all([log.connect(signal), stores?.connect(signal)]);
  } catch (error) {
    await close();
    throw error;
  }
  return { applicationId, topology, log, stores, close };
}

function logOf(
  { brokers, checkpointDir }: ConnectionFlags,
  config: CliConfig,
  logger: Logger,
): LogPort | undefined {
  if (brokers !== undefined) return kafkajs({ brokers: brokers.split(','), logger });
  if (checkpointDir !== undefined) return embedded({ checkpointDir });
  return config.log;
}

function storesOf(
  { redis: url, keyPrefix }: ConnectionFlags,
  config: CliConfig,
  logger: Logger,
): StorePort | undefined {
  if (url === undefined) return config.stores;
  return redis({ url, logger, ...(keyPrefix !== undefined && { keyPrefix }) });
}
