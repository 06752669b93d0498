/** The cluster as the rest of the package sees it: brokers by number, leaders of partitions, lanes of connections.
 *  C1 Metadata is asked for when it proves stale, never on a clock; questions asked at the same time go in one request.
 *  C2 One log line when a broker is lost, one now and then while it is, and one when it is found again, however many connections
 *     and tries there are. */
import { performance } from 'node:perf_hooks';
import type { Logger } from '@hiveframe/streams';
import type { BrokerConnection, Transport } from './transport.ts';
import type { ApiRequest } from '../protocol/api-request.ts';
import { finalizedFeatures } from '../protocol/api-versions.ts';
import { metadata, type BrokerAddress, type MetadataAnswer } from '../protocol/metadata.ts';
import { ConnectionLane } from './connection-lane.ts';
import { CoordinatorCache } from './coordinator.ts';
import { ConnectionFailure, messageOf } from './failures.ts';
import { MetadataCache } from './metadata-cache.ts';
import { Waiting } from './waiting.ts';

const FEATURES_MAX_AGE_MS = 60_000;

/** A reader or writer that is open. */
export interface ClosablePart {
  close(): Promise<void>;
}

export interface ClusterOptions {
  readonly bootstrap: readonly BrokerAddress[];
  readonly logger: Logger;
  readonly requestTimeoutMs: number;
}

export class KafkaCluster {
  readonly metadata = new MetadataCache();
  readonly coordinators = new CoordinatorCache(this);
  readonly requestTimeoutMs: number;
  readonly logger: Logger;
  readonly #transport: Transport;
  readonly #bootstrap: readonly BrokerAddress[];
  readonly #lanes = new Set<ConnectionLane>();
  readonly #parts = new Set<ClosablePart>();
  readonly #lost = new Map<string, Waiting>();
  readonly #control: ConnectionLane;
  #refresh: { topics: Set<string>; answer: Promise<void> } | null = null;
  #transactionVersion = { value: 0, readAtMs: -Infinity };
  #closed = false;

  constructor(transport: Transport, options: ClusterOptions) {
    this.#transport = transport;
    this.#bootstrap = options.bootstrap;
    this.requestTimeoutMs = options.requestTimeoutMs;
    this.logger = options.logger;
    this.#control = this.lane();
  }

  /** Shared by short requests: metadata, coordinators, admin. */
  get control(): ConnectionLane {
    return this.#control;
  }
  get isClosed(): boolean {
    return this.#closed;
  }

  lane(): ConnectionLane {
    const lane = new ConnectionLane(this);
    this.#lanes.add(lane);
    return lane;
  }
  forgetLane(lane: ConnectionLane): void {
    this.#lanes.delete(lane);
  }

  /** Readers and writers say when they begin and when they are closed, so that `closeParts` finds those still open. */
  opened(part: ClosablePart): void {
    this.#parts.add(part);
  }
  closed(part: ClosablePart): void {
    this.#parts.delete(part);
  }
  async closeParts(): Promise<void> {
    await Promise.allSettled([...this.#parts].map((part) => part.close()));
  }

  async open(nodeId: number): Promise<BrokerConnection> {
    const address = this.metadata.address(nodeId);
    if (!address) throw new ConnectionFailure(`Broker ${nodeId} is not known.`, false);
    return this.#openAt(address, nodeId);
  }

  /** To any broker that answers: the known ones first, then the ones named in the options. */
  async sendToAny<Answer>(request: ApiRequest<Answer>): Promise<Answer> {
    let failure: unknown = new ConnectionFailure('No broker is known.', false);
    for (const nodeId of shuffled(this.metadata.nodeIds)) {
      try {
        return await this.#control.send(nodeId, request);
      } catch (error) {
        if (!(error instanceof ConnectionFailure) || this.#closed) throw error;
        failure = error;
      }
    }
    for (const address of this.#bootstrap) {
      try {
        return await this.#askOnce(address, request);
      } catch (error) {
        if (!(error instanceof ConnectionFailure) || this.#closed) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  /** Asks for these topics again. Rejects when no broker answers. */
  refreshMetadata(topics: Iterable<string>): Promise<void> {
    if (this.#refresh) {
      for (const topic of topics) this.#refresh.topics.add(topic);
      return this.#refresh.answer;
    }
    const asked = new Set(topics);
    // One turn of the event loop gathers what others ask for at the same time.
    const answer = new Promise<void>((resolve) => setImmediate(resolve)).then(async () => {
      this.#refresh = null;
      await this.fetchMetadata([...asked]);
    });
    this.#refresh = { topics: asked, answer };
    return answer;
  }

  async fetchMetadata(topics: readonly string[] | null): Promise<MetadataAnswer> {
    const answer = await this.sendToAny(metadata(topics));
    this.metadata.apply(answer);
    return answer;
  }

  /** The cluster's finalized `transaction.version`: 2 speaks KIP-890's second part. May rise while we run. */
  async transactionVersion(): Promise<number> {
    const known = this.#transactionVersion;
    if (performance.now() - known.readAtMs < FEATURES_MAX_AGE_MS) return known.value;
    const features = await this.sendToAny(finalizedFeatures());
    const value = features.get('transaction.version') ?? 0;
    this.#transactionVersion = { value, readAtMs: performance.now() };
    return value;
  }

  /** At once. */
  close(): void {
    this.#closed = true;
    for (const lane of this.#lanes) lane.close();
    this.#transport.closeAll('the log was closed');
  }

  async #askOnce<Answer>(address: BrokerAddress, request: ApiRequest<Answer>): Promise<Answer> {
    const connection = await this.#transport.open(address);
    try {
      return await connection.send(request);
    } finally {
      connection.close('no longer needed');
    }
  }

  async #openAt(address: BrokerAddress, nodeId: number): Promise<BrokerConnection> {
    if (this.#closed) throw new ConnectionFailure('The log was closed.', false);
    const name = `${address.host}:${address.port}`;
    try {
      const connection = await this.#transport.open(address);
      if (this.#lost.delete(name)) this.logger.log('info', `Connected to broker ${nodeId} at ${name} again.`);
      return connection;
    } catch (error) {
      if (!this.#closed) this.#notReached(`broker ${nodeId} at ${name}`, name, error);
      throw error;
    }
  }

  #notReached(broker: string, name: string, error: unknown): void {
    const why = messageOf(error);
    const known = this.#lost.get(name);
    const waiting = known ?? new Waiting(this.logger, { what: broker });
    waiting.failed(why);
    if (known) return;
    this.#lost.set(name, waiting);
    this.logger.log('warn', `Cannot reach ${broker}: ${why}${triesAgain(error)}.`);
  }
}

function triesAgain(error: unknown): string {
  return error instanceof ConnectionFailure ? '; trying again' : '';
}

function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}
