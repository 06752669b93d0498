import { Injectable } from '@nestjs/common';
import type { StreamsState } from '@hiveframe/streams';
import { StreamsLifecycle } from '../lifecycle/streams.lifecycle.ts';

/** What a probe is told. */
export interface HealthReport {
  readonly status: 'up' | 'down';
  readonly state: StreamsState;
  /** Since when it is in this state, epoch ms. */
  readonly sinceMs: number;
  /** Why it is down. */
  readonly reason?: string;
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
    const { state, sinceMs } = this.lifecycle.status;
    if (state === 'error') return this.#down(this.#failure());
    return { status: 'up', state, sinceMs };
  }

  /** Up when every task is assigned and restored. */
  ready(): HealthReport {
    const { state, sinceMs } = this.lifecycle.status;
    if (state === 'running') return { status: 'up', state, sinceMs };
    return this.#down(state === 'error' ? this.#failure() : NOT_READY[state]);
  }

  #down(reason: string): HealthReport {
    const { state, sinceMs } = this.lifecycle.status;
    return { status: 'down', state, sinceMs, reason };
  }

  #failure(): string {
    return `the application failed: ${this.lifecycle.status.error?.message ?? 'no reason is known'}`;
  }
}
