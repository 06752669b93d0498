import { consoleSink } from '@hiveframe/streams-connect';
import { Module } from '@nestjs/common';
import type { Settings } from '../config/settings.ts';
import { getSettingsToken } from '../platform/platform.tokens.ts';
import { getResultsTableToken } from './results-table.ts';
import { SensorAnalyticsTopology } from './sensor-analytics.topology.ts';
import { SimulatorRunner } from './simulator.runner.ts';

/** Sensor analytics: the topology, the table that shows its results, and the simulated sensors. */
@Module({
  providers: [
    SensorAnalyticsTopology,
    SimulatorRunner,
    {
      provide: getResultsTableToken(),
      inject: [getSettingsToken()],
      useFactory: (settings: Settings) =>
        settings.console ? consoleSink({ format: 'table', showTimestamp: true }) : null,
    },
  ],
})
export class SensorsModule {}
