import { Inject, type InjectionToken } from '@nestjs/common';

const RESULTS_TABLE = Symbol('results-table');

/** Token of the `StreamSink` that shows results to people, or null. */
export const getResultsTableToken = (): InjectionToken => RESULTS_TABLE;
export const InjectResultsTable = (): ParameterDecorator => Inject(RESULTS_TABLE);
