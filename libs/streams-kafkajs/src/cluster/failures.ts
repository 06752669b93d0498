/** What goes wrong below the port, before it is known what it means to the engine: see `log-failure.ts`. */
import { codeName } from '../protocol/error-codes.ts';

/** No connection, or it broke, or the answer did not come in time. */
export class ConnectionFailure extends Error {
  override readonly name = 'ConnectionFailure';
  /** True when the request had been handed to the socket: the broker may have acted on it. */
  readonly sent: boolean;
  constructor(message: string, sent: boolean) {
    super(message);
    this.sent = sent;
  }
}

/** TLS or SASL credentials were refused: trying again does not help. */
export class AuthenticationFailure extends Error {
  override readonly name = 'AuthenticationFailure';
}

/** The broker is too old for a request. */
export class UnsupportedBroker extends Error {
  override readonly name = 'UnsupportedBroker';
}

/** The broker answered with an error code. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';
  readonly code: number;
  constructor(code: number, detail?: string | null) {
    super(detail ? `${codeName(code)}: ${detail}` : codeName(code));
    this.code = code;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
