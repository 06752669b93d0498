import type { RefusedRequest } from '../access.ts';
import type { ApiRequest } from '../protocol/api-request.ts';
import { KafkaCode, STALE_COORDINATOR, STALE_LEADER, TRY_AGAIN } from '../protocol/error-codes.ts';
import { findCoordinator, type CoordinatorKind } from '../protocol/find-coordinator.ts';
import { Backoff, delay } from './backoff.ts';
import type { ConnectionLane } from './connection-lane.ts';
import { BrokerError, ConnectionFailure } from './failures.ts';
import type { KafkaCluster } from './kafka-cluster.ts';

/** Which broker coordinates a group or a transactional id. Remembered until it proves wrong; asked once for all who wait. */
export class CoordinatorCache {
  readonly #cluster: KafkaCluster;
  readonly #found = new Map<string, Promise<number>>();

  constructor(cluster: KafkaCluster) {
    this.#cluster = cluster;
  }

  find(kind: CoordinatorKind, key: string): Promise<number> {
    const name = `${kind} ${key}`;
    let finding = this.#found.get(name);
    if (!finding) {
      finding = this.#ask(kind, key);
      this.#found.set(name, finding);
      finding.catch(() => this.#found.delete(name));
    }
    return finding;
  }
  forget(kind: CoordinatorKind, key: string): void {
    this.#found.delete(`${kind} ${key}`);
  }

  async #ask(kind: CoordinatorKind, key: string): Promise<number> {
    const answer = await this.#cluster.sendToAny(findCoordinator(kind, key));
    if (answer.errorCode !== KafkaCode.NONE)
      throw new BrokerError(answer.errorCode, null, { apiName: 'FindCoordinator', resource: key });
    this.#cluster.metadata.learnBroker(answer.nodeId, answer);
    return answer.nodeId;
  }
}

export interface CallOptions {
  /** For how long failures that may pass are tried again. @defaultValue the request timeout */
  readonly retryMs?: number;
  readonly signal?: AbortSignal;
  /** The connection broke after the request was sent: the broker may have acted on it. */
  readonly onAnswerLost?: () => void;
}

/** One coordinator: calls go to the broker that has the role now; a move or a lost connection is tried again inside. */
export class Coordinator {
  readonly #cluster: KafkaCluster;
  readonly #lane: ConnectionLane;
  readonly #kind: CoordinatorKind;
  readonly #key: string;

  constructor(cluster: KafkaCluster, lane: ConnectionLane, kind: CoordinatorKind, key: string) {
    this.#cluster = cluster;
    this.#lane = lane;
    this.#kind = kind;
    this.#key = key;
  }

  /** @throws BrokerError when the answer has an error that does not pass; ConnectionFailure when the time is over */
  async call<Answer>(
    request: ApiRequest<Answer>,
    errorOf: (answer: Answer) => number,
    options: CallOptions = {},
  ): Promise<Answer> {
    const until = performance.now() + (options.retryMs ?? this.#cluster.requestTimeoutMs);
    // A former transaction's end is a matter of a millisecond, a move of a coordinator one of seconds.
    const soon = new Backoff(1, 50);
    const later = new Backoff(20, 1_000);
    for (;;) {
      try {
        return await this.once(request, errorOf);
      } catch (error) {
        if (error instanceof ConnectionFailure && error.sent) options.onAnswerLost?.();
        const passing = this.#cluster.isClosed || options.signal?.aborted ? false : this.mayPass(error);
        if (!passing || performance.now() >= until) throw error;
        const concurrent = error instanceof BrokerError && error.code === KafkaCode.CONCURRENT_TRANSACTIONS;
        await delay((concurrent ? soon : later).next(), options.signal);
      }
    }
  }

  /** A single try; learns from a failure where the coordinator is not. */
  async once<Answer>(request: ApiRequest<Answer>, errorOf: (answer: Answer) => number): Promise<Answer> {
    try {
      const nodeId = await this.#cluster.coordinators.find(this.#kind, this.#key);
      const answer = await this.#lane.send(nodeId, request);
      const code = errorOf(answer);
      if (code !== KafkaCode.NONE) throw new BrokerError(code, null, this.#refused(code, request.apiName));
      return answer;
    } catch (error) {
      if (this.#isElsewhere(error)) this.#cluster.coordinators.forget(this.#kind, this.#key);
      throw error;
    }
  }

  /** The key names what was refused only where the code is about this kind of resource. */
  #refused(code: number, apiName: string): RefusedRequest {
    const isOurs =
      code === KafkaCode.GROUP_AUTHORIZATION_FAILED
        ? this.#kind === 'group'
        : code === KafkaCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED && this.#kind === 'transaction';
    return isOurs ? { apiName, resource: this.#key } : { apiName };
  }

  /** True for failures that another try may mend. */
  mayPass(error: unknown): boolean {
    if (error instanceof ConnectionFailure) return true;
    if (!(error instanceof BrokerError)) return false;
    return TRY_AGAIN.has(error.code) || STALE_COORDINATOR.has(error.code) || STALE_LEADER.has(error.code);
  }

  #isElsewhere(error: unknown): boolean {
    if (error instanceof ConnectionFailure) return true;
    return error instanceof BrokerError && STALE_COORDINATOR.has(error.code);
  }
}

/** The error that decides a request over several partitions, 0 if there is none. When one partition is refused the others
 *  are OPERATION_NOT_ATTEMPTED, which says nothing. */
export function firstError(results: readonly { readonly errorCode: number }[]): number {
  const failed = results.filter(({ errorCode }) => errorCode !== KafkaCode.NONE);
  const cause = failed.find(({ errorCode }) => errorCode !== KafkaCode.OPERATION_NOT_ATTEMPTED) ?? failed[0];
  return cause?.errorCode ?? KafkaCode.NONE;
}
