import {
  getStreamThreadToken,
  StreamsMetricsModule,
  StreamsModule,
  StreamsQueriesModule,
} from '@hiveframe/streams-nestjs';
import type { StartedTelemetry } from '@hiveframe/streams-otel';
import { Module, type DynamicModule } from '@nestjs/common';
import type { Settings } from './config/settings.ts';
import { PlatformModule } from './platform/platform.module.ts';
import {
  getLogToken,
  getSettingsToken,
  getStoresToken,
  getTelemetryToken,
} from './platform/platform.tokens.ts';
import { streamsOptions } from './platform/streams-options.ts';
import { SENSOR_STATS } from './sensors/sensor-analytics.topology.ts';
import { SensorsModule } from './sensors/sensors.module.ts';
import { TelemetryModule } from './telemetry/telemetry.module.ts';

@Module({})
export class AppModule {
  static forSettings(settings: Settings): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PlatformModule.forSettings(settings),
        TelemetryModule.forSettings(),
        StreamsModule.forRootAsync({
          inject: [
            getSettingsToken(),
            getLogToken(),
            getStoresToken(),
            getTelemetryToken(),
            { token: getStreamThreadToken(), optional: true },
          ],
          useFactory: streamsOptions,
        }),
        StreamsMetricsModule.register({
          inject: [getSettingsToken(), getTelemetryToken()],
          useFactory: ({ metrics }: Settings, started: StartedTelemetry | null) =>
            metrics && started !== null ? started.page : null,
        }),
        SensorsModule,
        ...(settings.queries ? [StreamsQueriesModule.register({ stores: [SENSOR_STATS] })] : []),
      ],
    };
  }
}
