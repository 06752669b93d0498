import { Module, type DynamicModule, type FactoryProvider } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { getStoreToken } from '../decorators/inject-store.decorator.ts';
import { getStreamsToken } from '../decorators/inject-streams.decorator.ts';
import type { StreamsLifecycle } from '../lifecycle/streams.lifecycle.ts';
import { injectedStore } from './injected-store.ts';
import { knownStores } from './known-stores.ts';

/** The stores of one application that constructors ask for. */
@Module({})
export class StreamsStoresModule {
  /** To be called when modules are scanned: then all classes that ask are loaded. */
  static of(application: string, isGlobal: boolean): DynamicModule {
    const providers = knownStores.of(application).map((ref): FactoryProvider => ({
      provide: getStoreToken(ref, application),
      inject: [ModuleRef],
      useFactory: (modules: ModuleRef) =>
        injectedStore(ref, () =>
          modules.get<StreamsLifecycle>(getStreamsToken(application), { strict: false }),
        ),
    }));
    return {
      module: StreamsStoresModule,
      global: isGlobal,
      providers,
      exports: providers.map(({ provide }) => provide),
    };
  }
}
