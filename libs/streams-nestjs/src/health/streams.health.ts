import { Injectable } from '@nestjs/common';
import type { RestoreProgress, StreamsState, ThreadStatus } from '@hiveframe/streams';
import { StreamsLifecycle } from '../lifecycle/streams.lifecycle.ts';

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
}

const NOT_READY: Readonly<Record<Exclude<StreamsState, 'running' | 'error'>, string>> = {
  created: 'the application has not started yet',
  rebalancing: 'the log or the stores do not answer yet, or tasks are being assigned and restored',
  stopping: 'the application is stopping',
  stopped: 'the application has stopped',
};

/** Judges the state of the streams application for probes (Kubernetes, load balancers, terminus). */
@Injectable()
export class StreamsHealth {
  constructor(private readonly lifecycle: StreamsLifecycle) {}

  /** Down only when a restart of the process is the cure: not while it rebalances, restores or waits for Kafka. */
  live(): HealthReport {
    if (this.lifecycle.status.state === 'error') return this.#down(this.#failure());
    return this.#report('up');
  }

  /** Up when every task is assigned and restored. */
  ready(): HealthReport {
    const { state } = this.lifecycle.status;
    if (state === 'running') return this.#report('up');
    return this.#down(state === 'error' ? this.#failure() : NOT_READY[state]);
  }

  #down(reason: string): HealthReport {
    return { ...this.#report('down'), reason };
  }

  #report(status: HealthReport['status']): HealthReport {
    const { state, sinceMs } = this.lifecycle.status;
    const { restoring, threads } = this.lifecycle;
    return {
      status,
      state,
      sinceMs,
      ...(restoring.length > 0 && { restoring }),
      ...(threads !== undefined && { threads }),
    };
  }

  #failure(): string {
    return `the application failed: ${this.lifecycle.status.error?.message ?? 'no reason is known'}`;
  }
}
