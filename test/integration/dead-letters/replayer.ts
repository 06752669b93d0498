/** One replay of all dead letters, in small transactions, in a process to be killed. */
import { DeadLetters } from '@hiveframe/streams';
import { kafkajs } from '@hiveframe/streams-kafkajs';

export interface ReplayerSettings {
  readonly brokers: string;
  readonly applicationId: string;
  readonly by: string;
}

const { brokers, applicationId, by } = JSON.parse(process.argv[2]!) as ReplayerSettings;
const log = kafkajs({ brokers: brokers.split(',') });
await log.connect();
const deadLetters = new DeadLetters({ applicationId, log, maxRecordsPerTransaction: 2 });
try {
  const { replayed } = await deadLetters.replay({ all: true }, { by });
  process.stdout.write(`replayed ${replayed}\n`);
} catch (error) {
  process.stderr.write(`failed: ${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  await log.close(5_000);
}
