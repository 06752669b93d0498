/** One broker that answers as a test tells it: no socket, no kafkajs. It is leader of everything and every coordinator. */
import { silentLogger } from '@hiveframe/streams';
import { ConnectionFailure } from '../src/cluster/failures.ts';
import { KafkaCluster } from '../src/cluster/kafka-cluster.ts';
import type { BrokerConnection, Transport } from '../src/cluster/transport.ts';
import type { ApiRequest } from '../src/protocol/api-request.ts';
import { ProtocolReader } from '../src/protocol/protocol-reader.ts';
import { ProtocolWriter } from '../src/protocol/protocol-writer.ts';

/** Reads the request's body; gives what `decode` of the request would give. */
type Answer = (body: ProtocolReader) => unknown;

const ADDRESS = { host: 'fake', port: 1 };

export class FakeBroker implements Transport {
  /** Names of the requests in the order they came, metadata and look-ups of coordinators left out. */
  readonly heard: string[] = [];
  readonly #answers = new Map<string, Answer>();

  constructor(topics: Readonly<Record<string, number>> = {}, transactionVersion = 2) {
    this.on('Metadata', () => ({
      brokers: [{ nodeId: 1, ...ADDRESS }],
      controllerId: 1,
      topics: Object.entries(topics).map(([topic, count]) => ({
        topic,
        errorCode: 0,
        partitions: Array.from({ length: count }, (_, partition) => ({ partition, leader: 1 })),
      })),
    }));
    this.on('FindCoordinator', () => ({ errorCode: 0, nodeId: 1, ...ADDRESS }));
    this.on('ApiVersions', () => new Map([['transaction.version', transactionVersion]]));
  }

  on(apiName: string, answer: Answer): this {
    this.#answers.set(apiName, answer);
    return this;
  }

  cluster(requestTimeoutMs = 2_000): KafkaCluster {
    return new KafkaCluster(this, { bootstrap: [ADDRESS], logger: silentLogger, requestTimeoutMs });
  }

  async open(): Promise<BrokerConnection> {
    let isOpen = true;
    return {
      get isOpen() {
        return isOpen;
      },
      send: async <T>(request: ApiRequest<T>): Promise<T> => {
        try {
          return (await this.#answer(request)) as T;
        } catch (error) {
          if (error instanceof ConnectionFailure) isOpen = false;
          throw error;
        }
      },
      retire: () => {
        isOpen = false;
      },
      close: () => {
        isOpen = false;
      },
    };
  }
  closeAll(): void {}

  async #answer(request: ApiRequest<unknown>): Promise<unknown> {
    const { apiName } = request;
    if (!['Metadata', 'FindCoordinator', 'ApiVersions'].includes(apiName)) this.heard.push(apiName);
    const answer = this.#answers.get(apiName);
    if (!answer) throw new Error(`The test does not say how ${apiName} is answered.`);
    const writer = new ProtocolWriter();
    request.encode(writer, request.maxVersion);
    return answer(new ProtocolReader(writer.finish()));
  }
}

/** The connection breaks after the request was sent. */
export function answerLost(): never {
  throw new ConnectionFailure('the connection broke', true);
}

/** Gives its answers one after the other, the last one again and again. */
export function inTurn(...answers: readonly Answer[]): Answer {
  let turn = 0;
  return (body) => answers[Math.min(turn++, answers.length - 1)]!(body);
}

/** Lets the event loop turn until the condition holds. @throws Error after 4 s */
export async function until(holds: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 4_000;
  while (!holds()) {
    if (performance.now() > deadlineMs) throw new Error(`Waited 4 s in vain for ${holds.toString()}.`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** An answer that is held back until `release` is called. */
export function held(answer: Answer): { readonly answer: Answer; readonly release: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { answer: (body) => promise.then(() => answer(body)), release: resolve };
}
