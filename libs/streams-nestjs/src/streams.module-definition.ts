import { ConfigurableModuleBuilder, forwardRef, type DynamicModule, type Provider } from '@nestjs/common';
import { getStreamsToken } from './decorators/inject-streams.decorator.ts';
import type {
  StreamsModuleExtras,
  StreamsModuleOptions,
} from './interfaces/streams-module-options.interface.ts';
import { ApplicationLog } from './lifecycle/application-log.ts';
import { StreamsLifecycle } from './lifecycle/streams.lifecycle.ts';
import { SourceRunner } from './sources/source-runner.ts';
import { StreamsProbesModule } from './health/streams-probes.module.ts';
import { StreamsStoresModule } from './stores/streams-stores.module.ts';
import {
  APPLICATION,
  APPLICATION_NAME,
  DEFAULT_APPLICATION,
  getApplicationLogToken,
  getStreamsOptionsToken,
  MODULE_OPTIONS,
} from './streams.tokens.ts';

const DEFAULT_EXTRAS: StreamsModuleExtras = {
  name: DEFAULT_APPLICATION,
  isGlobal: true,
  healthController: true,
};

function withExtras(definition: DynamicModule, extras: StreamsModuleExtras): DynamicModule {
  const { name = DEFAULT_APPLICATION, isGlobal = true, healthController = true } = extras;
  const tokens = [getStreamsToken(name), getStreamsOptionsToken(name), getApplicationLogToken(name)];
  /** Made when modules are scanned, as then every @InjectStore has told its store; once, as Nest knows a module by its reference. */
  let stores: DynamicModule | undefined;
  return {
    ...definition,
    global: isGlobal,
    imports: [
      ...(definition.imports ?? []),
      ...(healthController ? [StreamsProbesModule] : []),
      forwardRef(() => (stores ??= StreamsStoresModule.of(name, isGlobal))),
    ],
    providers: [...(definition.providers ?? []), ...providersOf(name)],
    exports: [...(definition.exports ?? []), ...tokens, StreamsStoresModule],
  };
}

/** One application: its parts find each other within the module, others find them by tokens that carry its name. */
function providersOf(name: string): Provider[] {
  return [
    { provide: APPLICATION_NAME, useValue: name },
    { provide: getStreamsToken(name), useClass: StreamsLifecycle },
    { provide: APPLICATION, useExisting: getStreamsToken(name) },
    { provide: getStreamsOptionsToken(name), useExisting: MODULE_OPTIONS },
    { provide: getApplicationLogToken(name), useExisting: ApplicationLog },
    ApplicationLog,
    SourceRunner,
  ];
}

/** `forRoot` and `forRootAsync` (`useFactory`, `useClass`, `useExisting`) of `StreamsModule`. */
export const { ConfigurableModuleClass, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<StreamsModuleOptions>({ optionsInjectionToken: MODULE_OPTIONS })
    .setClassMethodName('forRoot')
    .setExtras(DEFAULT_EXTRAS, withExtras)
    .build();
