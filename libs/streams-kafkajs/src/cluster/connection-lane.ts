import type { BrokerConnection } from './transport.ts';
import type { ApiRequest } from '../protocol/api-request.ts';
import type { KafkaCluster } from './kafka-cluster.ts';

/** The connections of one purpose: one per broker, opened when first needed. A broker works off one request of a connection
 *  at a time, so what may wait long (a fetch, a join) must not share a lane with what may not. */
export class ConnectionLane {
  readonly #cluster: KafkaCluster;
  readonly #connections = new Map<number, Promise<BrokerConnection>>();
  #closed = false;

  constructor(cluster: KafkaCluster) {
    this.#cluster = cluster;
  }

  /** @throws ConnectionFailure, AuthenticationFailure, UnsupportedBroker */
  async send<Answer>(nodeId: number, request: ApiRequest<Answer>): Promise<Answer> {
    const connection = await this.#connection(nodeId);
    return connection.send(request);
  }

  /** At once; what is under way fails. */
  close(): void {
    this.#closed = true;
    for (const opening of this.#connections.values()) {
      opening.then(
        (connection) => connection.close('no longer needed'),
        () => {},
      );
    }
    this.#connections.clear();
    this.#cluster.forgetLane(this);
  }

  async #connection(nodeId: number): Promise<BrokerConnection> {
    const known = this.#connections.get(nodeId);
    if (known) {
      const connection = await known.catch(() => null);
      if (connection?.isOpen) return connection;
      if (this.#connections.get(nodeId) === known) {
        this.#connections.delete(nodeId);
        connection?.retire();
      }
    }
    // Several may have waited for the same broken connection: the first opens a new one, the others find it.
    const opening = this.#connections.get(nodeId) ?? this.#open(nodeId);
    return opening;
  }

  async #open(nodeId: number): Promise<BrokerConnection> {
    const opening = this.#cluster.open(nodeId);
    this.#connections.set(nodeId, opening);
    try {
      const connection = await opening;
      if (this.#closed) connection.close('no longer needed');
      return connection;
    } catch (error) {
      if (this.#connections.get(nodeId) === opening) this.#connections.delete(nodeId);
      throw error;
    }
  }
}
