// Queries: a reference carries the type of its store, in the process and over HTTP.
import {
  json,
  listStore,
  session,
  StreamsBuilder,
  string,
  topic,
  tumbling,
  versionedKeyValueStore,
  type ReadOnlyKeyValueStore,
  type ReadOnlyWindowStore,
  type StreamsApp,
  type VersionedRecord,
  type Windowed,
} from '@hiveframe/streams';
import type {
  RemoteKeyValueStore,
  RemoteListStore,
  RemoteVersionedKeyValueStore,
  RemoteWindowStore,
  StreamsClient,
} from '@hiveframe/streams/client';
import { expectTypeOf } from './expect-type.ts';

const readings = topic('readings', { key: string(), value: json<{ readonly celsius: number }>() });
const grouped = new StreamsBuilder().stream(readings).groupByKey({ name: 'by-key' });
const counts = grouped.count();
const windows = grouped.windowedBy(tumbling({ sizeMs: 10 }), { graceMs: 0 }).count();
const sessions = grouped.windowedBy(session({ gapMs: 10 }), { graceMs: 0 }).count();
const lists = listStore({ name: 'lists', key: string(), value: string() });
const versions = versionedKeyValueStore({ name: 'v', key: string(), value: string(), historyRetentionMs: 1 });
declare const app: StreamsApp;
declare const client: StreamsClient;

expectTypeOf(app.store(counts.queryable)).toEqual<ReadOnlyKeyValueStore<string, number>>();
expectTypeOf(app.store(windows.queryable)).toEqual<ReadOnlyWindowStore<string, number>>();
expectTypeOf(client.store(counts.queryable)).toEqual<RemoteKeyValueStore<string, number>>();
expectTypeOf(client.store(windows.queryable)).toEqual<RemoteWindowStore<string, number>>();
expectTypeOf(client.store(sessions.queryable)).toEqual<RemoteKeyValueStore<Windowed<string>, number>>();
expectTypeOf(client.store(lists)).toEqual<RemoteListStore<string, string>>();
expectTypeOf(client.store(versions)).toEqual<RemoteVersionedKeyValueStore<string, string>>();
expectTypeOf(await client.store(versions).get('k')).toEqual<VersionedRecord<string> | undefined>();
// @ts-expect-error the key is a text
void client.store(counts.queryable).get(7);
// @ts-expect-error a window is asked by key and start
void client.store(windows.queryable).fetch('k');
