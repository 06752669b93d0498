import { Module, type DynamicModule, type FactoryProvider, type ModuleMetadata } from '@nestjs/common';
import { METRICS_PAGE, MetricsController, type MetricsPage } from './metrics.controller.ts';

export interface StreamsMetricsOptions
  extends Pick<ModuleMetadata, 'imports'>, Pick<FactoryProvider, 'inject'> {
  /** null: nothing is measured, and `GET /metrics` answers 404. */
  readonly useFactory: (...injected: never[]) => MetricsPage | null | Promise<MetricsPage | null>;
}

/** `GET /metrics` for a Prometheus; what is measured is the `telemetry` of `StreamsModule`. */
@Module({})
export class StreamsMetricsModule {
  /** Once for the process, however many applications there are. */
  static register({ imports = [], inject = [], useFactory }: StreamsMetricsOptions): DynamicModule {
    return {
      module: StreamsMetricsModule,
      imports,
      controllers: [MetricsController],
      providers: [{ provide: METRICS_PAGE, inject, useFactory }],
    };
  }
}
