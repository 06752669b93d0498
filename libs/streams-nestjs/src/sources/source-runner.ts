import { systemClock, type LogPort } from '@hiveframe/streams';
import {
  checkSource,
  isResumable,
  runResumableSource,
  runSource,
  type RunningSource,
  type SourceOptions,
  type SourceStatus,
} from '@hiveframe/streams-connect';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { StreamsModuleOptions } from '../interfaces/streams-module-options.interface.ts';
import { ApplicationLog } from '../lifecycle/application-log.ts';
import type { StreamsLifecycle } from '../lifecycle/streams.lifecycle.ts';
import { NestLogger } from '../logging/nest-logger.ts';
import { StreamsExplorer, type DiscoveredSource } from '../streams.explorer.ts';
import { APPLICATION, MODULE_OPTIONS } from '../streams.tokens.ts';
import { sourceMetrics } from './source-metrics.ts';

/** Runs the sources of an application: from when it first runs, as then their topics are there, until it is to stop. In a stream
 *  thread the application is never told to run, so no source runs there. */
@Injectable()
export class SourceRunner implements OnModuleInit {
  #running: readonly RunningSource[] | undefined;
  #released = false;
  #endObservation: (() => void) | undefined;

  constructor(
    @Inject(APPLICATION) private readonly lifecycle: StreamsLifecycle,
    @Inject(MODULE_OPTIONS) private readonly options: StreamsModuleOptions,
    private readonly log: ApplicationLog,
    private readonly explorer: StreamsExplorer,
  ) {}

  /** @throws TopologyError, ConfigError */
  onModuleInit(): void {
    const sources = this.explorer.sources(this.lifecycle.name);
    if (sources.length === 0) return;
    for (const source of sources) checkSource(source.definition, this.#optionsOf(source));
    this.log.onRelease((timeoutMs) => this.#release(timeoutMs));
    this.lifecycle.observeSources(() => this.#statuses());
    this.#observe();
    const unlisten = this.lifecycle.listen({
      onStateChange: ({ to }) => {
        if (to !== 'running') return;
        unlisten();
        void this.#start(sources);
      },
    });
  }

  #observe(): void {
    const { telemetry, applicationId: application } = this.options;
    const metrics = () =>
      sourceMetrics(this.#statuses()).map((metric) => ({
        ...metric,
        attributes: { ...metric.attributes, application },
      }));
    this.#endObservation = telemetry?.observe?.(metrics);
  }

  /** The application runs, so the log answers; what goes wrong later the source itself retries. */
  async #start(sources: readonly DiscoveredSource[]): Promise<void> {
    const log = await this.log.connected().catch(() => null);
    if (log === null || this.#released) return;
    this.#running = sources.map((source) => this.#run(source, log));
  }

  #run(source: DiscoveredSource, log: LogPort): RunningSource {
    const { definition } = source;
    const options = { ...this.#optionsOf(source), log };
    return isResumable(definition) ? runResumableSource(definition, options) : runSource(definition, options);
  }

  #optionsOf({ className, definition }: DiscoveredSource) {
    const { clock = systemClock, logger = new NestLogger('Sources'), applicationId } = this.options;
    const { deadLetterTopic, replicationFactor, sessionTimeoutMs } = this.options;
    const target = definition.target as Pick<SourceOptions<unknown, unknown>, 'topic'>;
    return {
      ...target,
      name: className,
      clock,
      logger,
      applicationId,
      ...(deadLetterTopic !== undefined && { deadLetterTopic }),
      ...(replicationFactor !== undefined && { replicationFactor }),
      ...(sessionTimeoutMs !== undefined && { sessionTimeoutMs }),
    };
  }

  #statuses(): readonly SourceStatus[] {
    return (this.#running ?? []).map(({ status }) => status);
  }

  async #release(timeoutMs: number): Promise<void> {
    this.#released = true;
    this.#endObservation?.();
    await Promise.all((this.#running ?? []).map((source) => source.stop({ timeoutMs })));
  }
}
