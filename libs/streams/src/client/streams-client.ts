import type { QueryableStore } from '../query/store-queries.ts';
import type { StoreRef } from '../topology/store-ref.ts';
import { QueryTransport } from './query-transport.ts';
import { HttpStore, type RemoteStore } from './remote-store.ts';

/** How far what was answered has come. */
export interface AnswerInfo {
  /** By partition: the changelog offset below which the answer shows everything. */
  readonly positions: ReadonlyMap<number, number>;
  /** How many changelog offsets the answer is behind; 1 is up to date. null: not known. */
  readonly lagOffsets: number | null;
}

export interface StreamsClientOptions {
  /** Of the service, with the prefix of its routes if it has one: `http://sensors:3000`. */
  readonly baseUrl: string;
  /** As `StreamsQueriesModule.register` was given. @defaultValue 'streams/stores' */
  readonly path?: string;
  /** Of each request, or what makes them: credentials. @defaultValue none */
  readonly headers?:
    | Readonly<Record<string, string>>
    | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>);
  /** Of a try. @defaultValue 10_000 */
  readonly timeoutMs?: number;
  /** Of a request that is answered 503 (a store is being restored, a task moves), each after what `Retry-After` says. @defaultValue 3 */
  readonly maxAttempts?: number;
  /** Told of each answer. */
  readonly onAnswer?: (info: AnswerInfo) => void;
  /** @defaultValue that of the platform */
  readonly fetch?: typeof globalThis.fetch;
}

export class StreamsClient {
  readonly #transport: QueryTransport;

  constructor(options: StreamsClientOptions) {
    this.#transport = new QueryTransport(options);
  }

  /** @throws QueryError */
  async stores(): Promise<readonly QueryableStore[]> {
    const answer = await this.#transport.ask<{ readonly stores: readonly QueryableStore[] }>([]);
    return answer?.stores ?? [];
  }

  /** A store, read only, as `StreamsApp.store` gives it in the process. Reads reject with QueryError.
   *  @param ref of a table (`queryable`), of a processor's store, or by name (`storeRef`) */
  store<S>(ref: StoreRef<S>, { partition }: { readonly partition?: number } = {}): RemoteStore<S> {
    const parameters = partition === undefined ? {} : { partition: String(partition) };
    return new HttpStore(ref.name, this.#transport, parameters) as unknown as RemoteStore<S>;
  }
}
