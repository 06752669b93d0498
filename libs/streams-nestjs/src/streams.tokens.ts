import type { InjectionToken } from '@nestjs/common';

const STREAM_THREAD = Symbol('hiveframe:stream-thread');
const APP_FACTORY = Symbol('hiveframe:streams-app-factory');

/** The name of an application that was given none. */
export const DEFAULT_APPLICATION = 'default';
/** Within the module of one application: its options, its name, its lifecycle. Other modules take tokens that carry the name. */
export const MODULE_OPTIONS = Symbol('hiveframe:streams-module-options');
export const APPLICATION_NAME = Symbol('hiveframe:streams-application-name');
export const APPLICATION = Symbol('hiveframe:streams-application');

/** Token of the `StreamsModuleOptions` given to `forRoot`. */
export function getStreamsOptionsToken(application: string = DEFAULT_APPLICATION): InjectionToken {
  return `StreamsOptions(${application})`;
}
/** Token of the `ApplicationLog`. */
export function getApplicationLogToken(application: string = DEFAULT_APPLICATION): InjectionToken {
  return `StreamsLog(${application})`;
}
/** Token of the `StreamsAppFactory`. */
export function getStreamsAppFactoryToken(): InjectionToken {
  return APP_FACTORY;
}
/** Token of the `StreamThread`: provided in a stream thread only, inject it with `@Optional()`. */
export function getStreamThreadToken(): InjectionToken {
  return STREAM_THREAD;
}
