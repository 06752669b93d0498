/** What is true of the application, not of one of its tasks. */
import type { Metric } from '../ports/runtime.ts';
import type { RestoreProgress } from '../state/restore/restore-progress.ts';
import { gauge } from '../task/metric.ts';
import type { StreamsState } from './app-state.ts';

const STATES: readonly StreamsState[] = ['created', 'rebalancing', 'running', 'stopping', 'stopped', 'error'];

/** One for each state, 1 for that of now: so a state that is left is told too. */
export function stateMetrics(now: StreamsState): Metric[] {
  return STATES.map((state) => gauge('client-state', state === now ? 1 : 0, { state }));
}

export function threadMetrics(states: readonly StreamsState[]): Metric {
  const value = states.filter((state) => state === 'running' || state === 'rebalancing').length;
  return gauge('alive-stream-threads', value);
}

/** Names that the host of stream threads tells, instead of each of them. */
export const OF_THE_WHOLE: ReadonlySet<string> = new Set(['client-state', 'alive-stream-threads']);

export function restoreMetrics(ongoing: readonly RestoreProgress[]): Metric[] {
  return ongoing.map(({ taskId: task, store, offset, endOffset }) =>
    gauge('restore-remaining-records-total', Math.max(0, endOffset - offset), { task, store }),
  );
}
