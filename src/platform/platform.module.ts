import type { StreamThread } from '@hiveframe/streams';
import { getStreamThreadToken } from '@hiveframe/streams-nestjs';
import { Module, type DynamicModule } from '@nestjs/common';
import type { Settings } from '../config/settings.ts';
import { createLog } from './log.ts';
import { getLogToken, getSettingsToken, getStoresToken } from './platform.tokens.ts';
import { createStores } from './stores.ts';

/** What the service stands on: its settings, the log and the stores they ask for. */
@Module({})
export class PlatformModule {
  static forSettings(settings: Settings): DynamicModule {
    const providers = [
      { provide: getSettingsToken(), useValue: settings },
      {
        provide: getLogToken(),
        inject: [{ token: getStreamThreadToken(), optional: true }],
        useFactory: (thread?: StreamThread) => createLog(settings, thread?.name),
      },
      { provide: getStoresToken(), useFactory: () => createStores(settings) },
    ];
    return {
      module: PlatformModule,
      global: true,
      providers,
      exports: providers.map(({ provide }) => provide),
    };
  }
}
