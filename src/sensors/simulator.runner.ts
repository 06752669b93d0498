import { systemClock, type LogPort } from '@hiveframe/streams';
import { runSource, type RunningSource } from '@hiveframe/streams-connect';
import { NestLogger, StreamsLifecycle } from '@hiveframe/streams-nestjs';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Settings } from '../config/settings.ts';
import { InjectLog, InjectSettings } from '../platform/platform.tokens.ts';
import { SensorSimulator } from './sensor-simulator.ts';
import { sensorTopics } from './sensor-topics.ts';

const SENSORS = ['sensor-1', 'sensor-2', 'sensor-3'];
const READINGS_PER_SECOND = 10;
/** Two windows of the tutorial: the first table comes in seconds. */
const BACKFILL_MS = 60_000;

/** Plays the sensors when SIMULATE says so: from when the streams run until the service stops. */
@Injectable()
export class SimulatorRunner implements OnModuleInit, OnModuleDestroy {
  readonly #logger = new NestLogger('Simulator');
  #source: RunningSource | undefined;
  #started = false;
  #ended = false;

  constructor(
    @InjectSettings() private readonly settings: Settings,
    @InjectLog() private readonly log: LogPort,
    private readonly lifecycle: StreamsLifecycle,
  ) {}

  /** The streams make the topic, so the sensors wait for them. In a stream thread nothing is told, so nothing is simulated. */
  onModuleInit(): void {
    if (!this.settings.simulate) return;
    this.lifecycle.listen({
      onStateChange: ({ to }) => {
        if (to !== 'running' || this.#started) return;
        this.#started = true;
        this.#start().catch((error: unknown) => this.#logger.log('error', `No simulation: ${String(error)}`));
      },
    });
  }

  /** Before the streams stop, which close the log; with stream threads it is used here only. */
  async onModuleDestroy(): Promise<void> {
    this.#ended = true;
    await this.#source?.stop({ timeoutMs: 1_000 });
    if (this.#started && this.settings.numStreamThreads > 1) await this.log.close(1_000);
  }

  async #start(): Promise<void> {
    await this.log.connect();
    const { readings } = sensorTopics(this.settings);
    // In a topic that has readings already, those of the last minute would come late.
    const backfillMs = (await this.#isEmpty(readings.name)) ? BACKFILL_MS : 0;
    if (this.#ended) return;
    const simulator = new SensorSimulator({
      sensors: SENSORS,
      readingsPerSecond: READINGS_PER_SECOND,
      backfillMs,
      clock: systemClock,
    });
    this.#source = runSource(simulator, {
      log: this.log,
      topic: readings,
      key: ({ sensor_id }) => sensor_id,
      timestampMs: ({ timestamp }) => timestamp,
      maxUnacknowledged: 100, // nothing is lost that would be missed: the sensors are not real
      logger: this.#logger,
    });
  }

  async #isEmpty(topic: string): Promise<boolean> {
    const numPartitions = (await this.log.admin.describe([topic])).get(topic)?.numPartitions ?? 0;
    const partitions = Array.from({ length: numPartitions }, (_, partition) => ({ topic, partition }));
    const ends = await this.log.admin.offsets(partitions, 'end');
    return ends.every(({ offset }) => offset === 0);
  }
}
