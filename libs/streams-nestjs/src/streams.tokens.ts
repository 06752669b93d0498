import type { InjectionToken } from '@nestjs/common';

const OPTIONS = Symbol('hiveframe:streams-options');
const APP_FACTORY = Symbol('hiveframe:streams-app-factory');

/** Token of the `StreamsModuleOptions` given to `forRoot`. */
export function getStreamsOptionsToken(): InjectionToken {
  return OPTIONS;
}

/** Token of the `StreamsAppFactory`. */
export function getStreamsAppFactoryToken(): InjectionToken {
  return APP_FACTORY;
}
