import type { StreamThread } from '@hiveframe/streams';
import { getStreamThreadToken } from '@hiveframe/streams-nestjs';
import { startTelemetry, type StartedTelemetry } from '@hiveframe/streams-otel';
import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import type { Settings } from '../config/settings.ts';
import { getSettingsToken, getTelemetryToken } from '../platform/platform.tokens.ts';

/** What is measured, if anything. A stream thread measures for the main one, which has the only SDK. */
@Module({})
export class TelemetryModule implements OnApplicationShutdown {
  constructor(@Inject(getTelemetryToken()) private readonly started: StartedTelemetry | null) {}

  static forSettings(): DynamicModule {
    return {
      module: TelemetryModule,
      global: true,
      providers: [
        {
          provide: getTelemetryToken(),
          inject: [getSettingsToken(), { token: getStreamThreadToken(), optional: true }],
          useFactory: (settings: Settings, thread?: StreamThread) =>
            thread === undefined ? start(settings) : null,
        },
      ],
      exports: [getTelemetryToken()],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.started?.shutdown();
  }
}

function start({ metrics, otlp, applicationId }: Settings): StartedTelemetry | null {
  if (!metrics && !otlp) return null;
  return startTelemetry({ resource: { 'service.name': applicationId }, otlpMetrics: otlp });
}
