/** What goes wrong below the port, before it is known what it means to the engine: see `log-failure.ts`. */
import type { RefusedRequest } from '../access.ts';
import { codeName } from '../protocol/error-codes.ts';

/** No connection, or it broke, or the answer did not come in time. */
export class ConnectionFailure extends Error {
  override readonly name = 'ConnectionFailure';
  /** True when the request had been handed to the socket: the broker may have acted on it. */
  readonly sent: boolean;
  /** True when it looks like a wrong setting: TLS or SASL on one side only. */
  readonly suspicious: boolean;
  constructor(message: string, sent: boolean, suspicious = false) {
    super(message);
    this.sent = sent;
    this.suspicious = suspicious;
  }
}

/** TLS or SASL did not come to an agreement, or credentials were refused: trying again does not help. */
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
  readonly refused: RefusedRequest | undefined;
  constructor(code: number, detail?: string | null, refused?: RefusedRequest) {
    super(detail ? `${codeName(code)}: ${detail}` : codeName(code));
    this.code = code;
    this.refused = refused;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
