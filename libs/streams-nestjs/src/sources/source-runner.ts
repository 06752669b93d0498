import { systemClock } from '@hiveframe/streams';
import { runSource, type RunningSource } from '@hiveframe/streams-connect';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { StreamsModuleOptions } from '../interfaces/streams-module-options.interface.ts';
import type { SourceTarget } from '../interfaces/topic-source-definition.interface.ts';
import { ApplicationLog } from '../lifecycle/application-log.ts';
import type { StreamsLifecycle } from '../lifecycle/streams.lifecycle.ts';
import { NestLogger } from '../logging/nest-logger.ts';
import { StreamsExplorer, type DiscoveredSource } from '../streams.explorer.ts';
import { APPLICATION, MODULE_OPTIONS } from '../streams.tokens.ts';

/** Runs the sources of an application: from when it first runs, as then their topics are there, until it is to stop. In a stream
 *  thread the application is never told to run, so no source runs there. */
@Injectable()
export class SourceRunner implements OnModuleInit {
  #running: readonly RunningSource[] | undefined;
  #released = false;

  constructor(
    @Inject(APPLICATION) private readonly lifecycle: StreamsLifecycle,
    @Inject(MODULE_OPTIONS) private readonly options: StreamsModuleOptions,
    private readonly log: ApplicationLog,
    private readonly explorer: StreamsExplorer,
  ) {}

  /** @throws TopologyError */
  onModuleInit(): void {
    const sources = this.explorer.sources(this.lifecycle.name);
    if (sources.length === 0) return;
    this.log.onRelease((timeoutMs) => this.#release(timeoutMs));
    const unlisten = this.lifecycle.listen({
      onStateChange: ({ to }) => {
        if (to !== 'running') return;
        unlisten();
        void this.#start(sources);
      },
    });
  }

  /** The application runs, so the log answers; what goes wrong later the source itself retries. */
  async #start(sources: readonly DiscoveredSource[]): Promise<void> {
    const log = await this.log.connected().catch(() => null);
    if (log === null || this.#released) return;
    const { clock = systemClock, logger = new NestLogger('Sources') } = this.options;
    this.#running = sources.map(({ className, definition }) => {
      const target = definition.target as SourceTarget<unknown, unknown>;
      return runSource(definition, { ...target, log, clock, logger, name: className });
    });
  }

  async #release(timeoutMs: number): Promise<void> {
    this.#released = true;
    await Promise.all((this.#running ?? []).map((source) => source.stop({ timeoutMs })));
  }
}
