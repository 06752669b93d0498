import { Injectable } from '@nestjs/common';
import type { RestoreProgress, StreamsState, ThreadStatus } from '@hiveframe/streams';
import type { ObservedApplication } from '../interfaces/streams-status.interface.ts';
import { StreamsRegistry } from '../streams.registry.ts';

/** What a probe is told. */
export interface HealthReport {
  readonly status: 'up' | 'down';
  readonly state: StreamsState;
  /** Since when it is in this state, epoch ms. */
  readonly sinceMs: number;
  /** Why it is down. */
  readonly reason?: string;
  /** Stores that are being restored, where there are any. */
  readonly restoring?: readonly RestoreProgress[];
  /** Where each stream thread stands, where there are any: `state` is that of the whole. */
  readonly threads?: readonly ThreadStatus[];
  /** Each application by its name, where there are several: what stands beside this is that of the one that is worst off. */
  readonly applications?: Readonly<Record<string, HealthReport>>;
}

const NOT_READY: Readonly<Record<Exclude<StreamsState, 'running' | 'error'>, string>> = {
  created: 'the application has not started yet',
  rebalancing: 'the log or the stores do not answer yet, or tasks are being assigned and restored',
  stopping: 'the application is stopping',
  stopped: 'the application has stopped',
};
/** The farther behind, the worse off. */
const FROM_BEST: readonly StreamsState[] = [
  'running',
  'rebalancing',
  'created',
  'stopping',
  'stopped',
  'error',
];

/** Judges the streams applications for probes (Kubernetes, load balancers, terminus). */
@Injectable()
export class StreamsHealth {
  /** @internal Nest makes it. */
  constructor(private readonly registry: StreamsRegistry) {}

  /** Down only when a restart of the process is the cure: not while it rebalances, restores or waits for Kafka. */
  live(): HealthReport {
    return this.#reportAll((application) => {
      if (application.status.state === 'error') return down(application, failure(application));
      return report(application, 'up');
    });
  }

  /** Up when every task is assigned and restored. */
  ready(): HealthReport {
    return this.#reportAll((application) => {
      const { state } = application.status;
      if (state === 'running') return report(application, 'up');
      return down(application, state === 'error' ? failure(application) : NOT_READY[state]);
    });
  }

  #reportAll(judge: (application: ObservedApplication) => HealthReport): HealthReport {
    const reports = [...this.registry.applications].map(([name, it]) => [name, judge(it)] as const);
    const worst = reports
      .map(([, one]) => one)
      .reduce((a, b) => (FROM_BEST.indexOf(b.state) > FROM_BEST.indexOf(a.state) ? b : a));
    return reports.length === 1 ? worst : { ...worst, applications: Object.fromEntries(reports) };
  }
}

function down(application: ObservedApplication, reason: string): HealthReport {
  return { ...report(application, 'down'), reason };
}

function report(
  { status: { state, sinceMs }, restoring, threads }: ObservedApplication,
  status: HealthReport['status'],
): HealthReport {
  return {
    status,
    state,
    sinceMs,
    ...(restoring.length > 0 && { restoring }),
    ...(threads !== undefined && { threads }),
  };
}

function failure({ status }: ObservedApplication): string {
  return `the application failed: ${status.error?.message ?? 'no reason is known'}`;
}
