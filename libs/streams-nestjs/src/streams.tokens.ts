import type { InjectionToken } from '@nestjs/common';

const OPTIONS = Symbol('hiveframe:streams-options');
const STREAM_THREAD = Symbol('hiveframe:stream-thread');
const APP_FACTORY = Symbol('hiveframe:streams-app-factory');

/** Token of the `StreamsModuleOptions` given to `forRoot`. */
export function getStreamsOptionsToken(): InjectionToken {
  return OPTIONS;
}

/** Token of the `StreamsAppFactory`. */
export function getStreamsAppFactoryToken(): InjectionToken {
  return APP_FACTORY;
}

/** Token of the `StreamThread`: provided in a stream thread only, inject it with `@Optional()`. */
export function getStreamThreadToken(): InjectionToken {
  return STREAM_THREAD;
}
