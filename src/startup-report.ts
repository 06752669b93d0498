import { withoutPassword, type Settings } from './config/settings.ts';

/** What the service is about to do, in lines for its log. */
export function startupReport(settings: Settings): readonly string[] {
  const outputs = [settings.outputTopic, ...(settings.alertTopic === null ? [] : [settings.alertTopic])];
  const lines = [
    `Log: ${describeLog(settings)}`,
    `Stores: ${describeStores(settings)}`,
    `Topics: ${settings.inputTopic} -> ${outputs.join(', ')}; dead letters to ${settings.deadLetterTopic}`,
    `Windows: ${settings.windowMs} ms, watermark ${settings.watermarkDelayMs} ms behind, emitting ${settings.emit} results`,
    `Guarantee: ${settings.processingGuarantee}, a commit every ${settings.commitIntervalMs} ms, as ${settings.applicationId}`,
  ];
  if (settings.simulate) lines.push(`Simulating sensors into ${settings.inputTopic}`);
  return lines;
}

function describeLog({ kafkaBrokers, checkpointDir }: Settings): string {
  if (kafkaBrokers !== null) return `Kafka at ${kafkaBrokers.join(', ')}`;
  if (checkpointDir !== null) return `embedded, kept in ${checkpointDir}`;
  return 'embedded, in memory: gone with the process (KAFKA_BROKERS or CHECKPOINT_DIR keep it)';
}

function describeStores({ redisUrl }: Settings): string {
  return redisUrl === null
    ? 'in memory, rebuilt from their changelogs'
    : `Redis at ${withoutPassword(redisUrl)}`;
}

/** What looks like a mistake, but is none that forbids to start. */
export function startupWarnings(settings: Settings): readonly string[] {
  if (settings.kafkaBrokers === null || settings.checkpointDir === null) return [];
  return ['CHECKPOINT_DIR is not used: with KAFKA_BROKERS, Kafka keeps everything'];
}

/** What stands above the first table. */
export const BANNER = `🐝 Starting IoT Sensor Analytics Stream...\n${'='.repeat(60)}\n`;
