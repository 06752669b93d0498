import type { Settings } from './config/settings.ts';

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
  if (settings.numStreamThreads > 1) lines.push(`Threads: ${settings.numStreamThreads}`);
  if (settings.metrics) lines.push('Metrics: GET /metrics');
  if (settings.otlp) lines.push('Metrics and traces: by OTLP');
  if (settings.simulate) lines.push(`Simulating sensors into ${settings.inputTopic}`);
  return lines;
}

function describeLog({ kafkaBrokers, kafkaTls, kafkaSasl, checkpointDir }: Settings): string {
  if (kafkaBrokers !== null) {
    const by = kafkaTls === null ? '' : ` by TLS${kafkaTls.own === null ? '' : ' with a certificate'}`;
    const as = kafkaSasl === null ? '' : ` as ${kafkaSasl.username} (${kafkaSasl.mechanism})`;
    return `Kafka at ${kafkaBrokers.join(', ')}${by}${as}`;
  }
  if (checkpointDir !== null) return `embedded, kept in ${checkpointDir}`;
  return 'embedded, in memory: gone with the process (KAFKA_BROKERS or CHECKPOINT_DIR keep it)';
}

function describeStores({ redisUrl }: Settings): string {
  return redisUrl === null ? 'in memory, rebuilt from their changelogs' : `Redis at ${redisUrl.toString()}`;
}

/** What looks like a mistake, but is none that forbids to start. */
export function startupWarnings(settings: Settings): readonly string[] {
  const { kafkaBrokers, kafkaTls, kafkaSasl, checkpointDir } = settings;
  const warnings: string[] = [];
  if (kafkaBrokers !== null && checkpointDir !== null)
    warnings.push('CHECKPOINT_DIR is not used: with KAFKA_BROKERS, Kafka keeps everything');
  if (kafkaBrokers === null && (kafkaTls !== null || kafkaSasl !== null))
    warnings.push('KAFKA_SSL… and KAFKA_SASL… are not used: KAFKA_BROKERS is not set');
  if (kafkaSasl?.mechanism === 'plain' && kafkaTls === null)
    warnings.push('The password of KAFKA_SASL_MECHANISM=plain can be read on the network: set KAFKA_SSL');
  return warnings;
}

/** What stands above the first table. */
export const BANNER = `🐝 Starting IoT Sensor Analytics Stream...\n${'='.repeat(60)}\n`;
