import { performance } from 'node:perf_hooks';
import { AuthenticationFailure, ConnectionFailure, UnsupportedBroker } from './cluster/failures.ts';
import type { BrokerConnection } from './cluster/transport.ts';
import type { BrokerInternals, ConnectionInternals } from './kafkajs-internals.ts';
import type { ApiRequest } from './protocol/api-request.ts';
import type { BrokerAddress } from './protocol/metadata.ts';
import { ProtocolReader } from './protocol/protocol-reader.ts';
import { ProtocolWriter } from './protocol/protocol-writer.ts';
import { refusalOf, suspicionOf } from './refusal.ts';

/** Part of the credentials' lifetime after which a connection is replaced. */
const LIFETIME_SHARE = 0.8;

/** A connection of kafkajs. K2 of `kafkajs.ts`: once broken it stays closed. It is replaced before its credentials expire
 *  (KIP-368): kafkajs authenticates again in between requests, which brokers refuse when others are under way. */
export class KafkaJsConnection implements BrokerConnection {
  readonly #broker: BrokerInternals;
  readonly #connection: ConnectionInternals;
  readonly #name: string;
  readonly #secured: { readonly ssl: boolean; readonly sasl: boolean };
  #closed = false;
  #retired = false;
  #inFlight = 0;
  #replaceAtMs = Infinity;

  constructor(broker: BrokerInternals, address: BrokerAddress) {
    this.#broker = broker;
    this.#connection = broker.connectionPool.pool[0]!;
    this.#name = `${address.host}:${address.port}`;
    this.#secured = { ssl: Boolean(this.#connection.ssl), sasl: this.#connection.sasl !== null };
  }

  get isOpen(): boolean {
    if (this.#closed || this.#retired || performance.now() > this.#replaceAtMs) return false;
    return this.#connection.isConnected();
  }

  async connect(): Promise<void> {
    try {
      const startedMs = performance.now();
      await this.#broker.connect();
      const lifetimeMs = this.#connection.sessionLifetime.toNumber();
      if (lifetimeMs > 0) this.#replaceAtMs = startedMs + lifetimeMs * LIFETIME_SHARE;
    } catch (error) {
      const broken = this.#isBroken();
      this.close('connecting failed');
      throw this.#translate(error, false, broken);
    }
  }

  async send<Answer>(request: ApiRequest<Answer>): Promise<Answer> {
    if (this.#closed) throw new ConnectionFailure(`The connection to ${this.#name} is closed.`, false);
    this.#inFlight++;
    try {
      return (await this.#connection.send(this.#frame(request))) as Answer;
    } catch (error) {
      if (isKafkaJsError(error)) this.close('it failed');
      throw this.#translate(error, true, true);
    } finally {
      this.#inFlight--;
      if (this.#retired && this.#inFlight === 0) this.close('it was replaced');
    }
  }

  retire(): void {
    this.#retired = true;
    if (this.#inFlight === 0) this.close('it was replaced');
  }

  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    const why = new ConnectionFailure(`The connection to ${this.#name} was closed: ${reason}.`, true);
    this.#connection.rejectRequests(why);
    this.#connection.socket?.destroy(why);
  }

  /** The broker ended it, or the network: not an answer that says no. */
  #isBroken(): boolean {
    const socket = this.#connection.socket;
    return socket === undefined || socket.destroyed || socket.readableEnded;
  }

  /** K2: whatever kafkajs says, the connection is gone. `sent`: the broker may have acted on the request. `broken`: it failed
   *  because the connection did; kafkajs tells of that, too, as of refused credentials when it happens while they are checked. */
  #translate(error: unknown, sent: boolean, broken: boolean): unknown {
    if (!isKafkaJsError(error)) return error;
    const refusal = refusalOf(error) ?? (isRefusedBySasl(error) && !broken ? refusedBySasl(error) : null);
    if (refusal !== null) return new AuthenticationFailure(`broker ${this.#name}: ${refusal}`);
    const suspicion = suspicionOf(error, this.#secured);
    if (suspicion !== null) return new ConnectionFailure(`${suspicion} (${this.#name})`, sent, true);
    const text = error.message.replace(/^Connection error: /, '');
    return new ConnectionFailure(text.includes(this.#name) ? text : `${text} (${this.#name})`, sent);
  }

  /** The form kafkajs sends: it asks for `{ buf, buffer }` (its Encoder) and hands back the body after the correlation id. */
  #frame<Answer>(request: ApiRequest<Answer>): unknown {
    const version = this.#negotiate(request);
    return {
      request: {
        apiKey: request.apiKey,
        apiName: request.apiName,
        apiVersion: version,
        encode: async () => {
          const writer = new ProtocolWriter(request.expectedBytes);
          writer.tags(); // end of the flexible request header
          request.encode(writer, version);
          const buffer = writer.finish();
          return { buf: buffer, buffer };
        },
      },
      response: {
        decode: async (body: Buffer) => {
          const reader = new ProtocolReader(body);
          if (request.apiKey !== API_VERSIONS) reader.tags(); // end of the flexible response header
          const answer = request.decode(reader, version);
          return { answer, clientSideThrottleTime: reader.throttleMs };
        },
        parse: async (decoded: { answer: Answer }) => decoded.answer,
      },
      requestTimeout: request.timeoutMs ?? null,
      logResponseError: false,
    };
  }

  #negotiate(request: ApiRequest<unknown>): number {
    const known = this.#broker.versions[request.apiKey];
    const version = Math.min(request.maxVersion, known?.maxVersion ?? -1);
    if (known && version >= request.minVersion && version >= known.minVersion) return version;
    throw new UnsupportedBroker(
      `The broker at ${this.#name} cannot answer ${request.apiName} version ${request.minVersion}: ` +
        `it knows ${known ? `${known.minVersion} to ${known.maxVersion}` : 'none'}. Kafka 2.8 or newer is needed.`,
    );
  }
}

/** ApiVersions answers with the old header, so that any client can read it (KIP-511). */
const API_VERSIONS = 18;

function isKafkaJsError(error: unknown): error is Error {
  return error instanceof Error && error.name.startsWith('KafkaJS');
}

/** An answer that does not come in time is not a no. */
function isRefusedBySasl({ name, message }: Error): boolean {
  return name === 'KafkaJSSASLAuthenticationError' && !message.endsWith('timed out');
}
function refusedBySasl({ message }: Error): string {
  return `it refused the credentials: ${message}`;
}
