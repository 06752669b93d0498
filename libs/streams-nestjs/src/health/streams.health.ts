import { Injectable } from '@nestjs/common';
import type { RestoreProgress, StreamsState, ThreadStatus } from '@hiveframe/streams';
import type { SourceStatus } from '@hiveframe/streams-connect';
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
  /** Where each source stands, where there are any: what it fails at, how often and since when. */
  readonly sources?: readonly SourceStatus[];
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

  /** Up when every task is assigned and restored, and no source has failed for good. One that is tried again takes no instance out
   *  of service, as what it waits for is mostly away for all of them: it is told of in `sources`. */
  ready(): HealthReport {
    return this.#reportAll((application) => {
      const { state } = application.status;
      if (state === 'running') return ofSources(application);
      return down(application, state === 'error' ? failure(application) : NOT_READY[state]);
    });
  }

  #reportAll(judge: (application: ObservedApplication) => HealthReport): HealthReport {
    const reports = [...this.registry.applications].map(([name, it]) => [name, judge(it)] as const);
    const worst = reports.map(([, one]) => one).reduce((a, b) => (isWorse(b, a) ? b : a));
    return reports.length === 1 ? worst : { ...worst, applications: Object.fromEntries(reports) };
  }
}

function isWorse(a: HealthReport, b: HealthReport): boolean {
  if (a.status !== b.status) return a.status === 'down';
  return FROM_BEST.indexOf(a.state) > FROM_BEST.indexOf(b.state);
}

function down(application: ObservedApplication, reason: string): HealthReport {
  return { ...report(application, 'down'), reason };
}

/** Of an application that runs. */
function ofSources(application: ObservedApplication): HealthReport {
  const failed = application.sources?.filter(({ state }) => state === 'failed') ?? [];
  if (failed.length === 0) return report(application, 'up');
  const reasons = failed.map(
    ({ name, topic, failing }) =>
      `source ${name} of topic ${topic} has failed for good: ${failing?.reason ?? 'no reason is known'}`,
  );
  return down(application, reasons.join('; '));
}

function report(
  { status: { state, sinceMs }, restoring, threads, sources }: ObservedApplication,
  status: HealthReport['status'],
): HealthReport {
  return {
    status,
    state,
    sinceMs,
    ...(restoring.length > 0 && { restoring }),
    ...(threads !== undefined && { threads }),
    ...(sources !== undefined && { sources }),
  };
}

function failure({ status }: ObservedApplication): string {
  return `the application failed: ${status.error?.message ?? 'no reason is known'}`;
}
