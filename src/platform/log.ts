import { readFile } from 'node:fs/promises';
import type { LogPort } from '@hiveframe/streams';
import { embedded } from '@hiveframe/streams-embedded';
import { kafkajs, type SaslOptions } from '@hiveframe/streams-kafkajs';
import { NestLogger } from '@hiveframe/streams-nestjs';
import type { SaslSettings } from '../config/kafka-security.ts';
import type { Settings } from '../config/settings.ts';
import { tlsOptions } from '../config/tls-settings.ts';

/** Kafka when there are brokers, else the embedded log. Connects nothing yet. `thread` names one of several stream threads. */
export function createLog(settings: Settings, thread?: string): LogPort {
  const { applicationId, kafkaBrokers, kafkaTls, kafkaSasl, checkpointDir } = settings;
  if (kafkaBrokers !== null) {
    return kafkajs({
      brokers: kafkaBrokers,
      clientId: thread === undefined ? applicationId : `${applicationId}-${thread}`,
      logger: new NestLogger('Kafka'),
      ssl: kafkaTls === null ? false : tlsOptions(kafkaTls),
      ...(kafkaSasl !== null && { sasl: () => credentials(kafkaSasl) }),
    });
  }
  return checkpointDir === null ? embedded() : embedded({ checkpointDir });
}

/** Asked for each new connection: the file may have changed. */
async function credentials({
  mechanism,
  username,
  password,
  passwordFile,
}: SaslSettings): Promise<SaslOptions> {
  const kept = passwordFile === null ? password.reveal() : await readFile(passwordFile, 'utf8');
  return { mechanism, username, password: kept.replace(/\r?\n$/, '') };
}
