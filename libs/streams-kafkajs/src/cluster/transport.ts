import type { ApiRequest } from '../protocol/api-request.ts';
import type { BrokerAddress } from '../protocol/metadata.ts';

/** One socket to one broker, authenticated. Requests on it are answered in the order they were sent. */
export interface BrokerConnection {
  /** False when it broke, and when its credentials are about to expire: a new one is to be opened then. */
  readonly isOpen: boolean;
  /** @throws ConnectionFailure when the connection breaks or the answer does not come in time: the connection is closed then */
  send<Answer>(request: ApiRequest<Answer>): Promise<Answer>;
  /** Closes when what is under way has been answered. */
  retire(): void;
  /** At once; what is under way fails with a ConnectionFailure. */
  close(reason: string): void;
}

/** Opens connections; knows all that are open, so that they can be ended together. */
export interface Transport {
  /** @throws ConnectionFailure, AuthenticationFailure, UnsupportedBroker */
  open(address: BrokerAddress): Promise<BrokerConnection>;
  closeAll(reason: string): void;
}
