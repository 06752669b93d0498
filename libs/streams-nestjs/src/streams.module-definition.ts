import { ConfigurableModuleBuilder, type DynamicModule } from '@nestjs/common';
import { StreamsHealthController } from './health/streams-health.controller.ts';
import type {
  StreamsModuleExtras,
  StreamsModuleOptions,
} from './interfaces/streams-module-options.interface.ts';
import { getStreamsOptionsToken } from './streams.tokens.ts';

const DEFAULT_EXTRAS: StreamsModuleExtras = { isGlobal: true, healthController: true };

function withExtras(definition: DynamicModule, extras: StreamsModuleExtras): DynamicModule {
  return {
    ...definition,
    global: extras.isGlobal ?? true,
    controllers: (extras.healthController ?? true) ? [StreamsHealthController] : [],
  };
}

/** `forRoot` and `forRootAsync` (`useFactory`, `useClass`, `useExisting`) of `StreamsModule`. */
export const { ConfigurableModuleClass, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<StreamsModuleOptions>({
    optionsInjectionToken: getStreamsOptionsToken() as symbol,
  })
    .setClassMethodName('forRoot')
    .setExtras(DEFAULT_EXTRAS, withExtras)
    .build();
