import type { StreamThread } from '@hiveframe/streams';
import { getStreamThreadToken } from '@hiveframe/streams-nestjs';
import { startTelemetry, type StartedTelemetry } from '@hiveframe/streams-otel';
import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import type { Settings } from '../config/settings.ts';
import { getSettingsToken, getTelemetryToken } from '../platform/platform.tokens.ts';

/** What is measured and traced, if anything. Stream threads trace by themselves; what they measure the main one sends. */
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
          useFactory: (settings: Settings, thread?: StreamThread) => start(settings, thread !== undefined),
        },
      ],
      exports: [getTelemetryToken()],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.started?.shutdown();
  }
}

function start(
  { metrics, otlp, applicationId, traceSampleRatio }: Settings,
  isThread: boolean,
): StartedTelemetry | null {
  if (!otlp && (isThread || !metrics)) return null;
  return startTelemetry({
    resource: { 'service.name': applicationId },
    otlpMetrics: otlp && !isThread,
    otlpTraces: otlp,
    sampleRatio: traceSampleRatio,
  });
}
