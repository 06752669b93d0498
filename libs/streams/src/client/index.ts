/** A client of the queries over HTTP (`StreamsQueriesModule` of `@hiveframe/streams-nestjs`): loads nothing of the engine, and runs
 *  wherever there is a `fetch`. */
export { StreamsClient, type StreamsClientOptions, type AnswerInfo } from './streams-client.ts';
export { QueryError } from './query.error.ts';
export type {
  RemoteKeyValueStore,
  RemoteListStore,
  RemoteSessionStore,
  RemoteStore,
  RemoteVersionedKeyValueStore,
  RemoteWindowStore,
} from './remote-store.ts';
