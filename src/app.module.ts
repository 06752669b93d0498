import { StreamsModule, StreamsQueriesModule } from '@hiveframe/streams-nestjs';
import { Module, type DynamicModule } from '@nestjs/common';
import type { Settings } from './config/settings.ts';
import { PlatformModule } from './platform/platform.module.ts';
import { getLogToken, getSettingsToken, getStoresToken } from './platform/platform.tokens.ts';
import { streamsOptions } from './platform/streams-options.ts';
import { SENSOR_STATS } from './sensors/sensor-analytics.topology.ts';
import { SensorsModule } from './sensors/sensors.module.ts';

@Module({})
export class AppModule {
  static forSettings(settings: Settings): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PlatformModule.forSettings(settings),
        StreamsModule.forRootAsync({
          inject: [getSettingsToken(), getLogToken(), getStoresToken()],
          useFactory: streamsOptions,
        }),
        SensorsModule,
        ...(settings.queries ? [StreamsQueriesModule.register({ stores: [SENSOR_STATS] })] : []),
      ],
    };
  }
}
