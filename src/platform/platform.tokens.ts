import { Inject, type InjectionToken } from '@nestjs/common';

const SETTINGS = Symbol('settings');
const LOG = Symbol('log');
const STORES = Symbol('stores');
const TELEMETRY = Symbol('telemetry');

/** Token of the `Settings`. */
export const getSettingsToken = (): InjectionToken => SETTINGS;
/** Token of the `LogPort`. */
export const getLogToken = (): InjectionToken => LOG;
/** Token of the `StorePort`. */
export const getStoresToken = (): InjectionToken => STORES;

/** Token of the `StartedTelemetry`, or null: nothing is measured. */
export const getTelemetryToken = (): InjectionToken => TELEMETRY;

export const InjectSettings = (): ParameterDecorator => Inject(SETTINGS);
export const InjectLog = (): ParameterDecorator => Inject(LOG);
