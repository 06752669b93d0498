/** From the embedded log into an SQLite file, in a process to be killed. Arguments: folder of the log, path of the file. */
import { json, StreamsApp, StreamsBuilder, string, topic } from '@hiveframe/streams';
import { embedded } from '@hiveframe/streams-embedded';
import { sqliteSink } from '../src/sqlite/sqlite-sink.ts';

const [checkpointDir, path] = process.argv.slice(2) as [string, string];
const columns = { key: 'text', id: 'integer' };
const builder = new StreamsBuilder();
const samples = builder.stream(topic('samples', { key: string(), value: json<{ id: number }>() }));
samples.toSink(sqliteSink({ path, table: 'all_samples', columns }));
samples.toSink(sqliteSink({ path, table: 'latest', columns, primaryKey: ['key'] }));
const app = new StreamsApp(builder.build(), {
  applicationId: 'sqlite',
  log: embedded({ checkpointDir }),
  processingGuarantee: 'exactly_once',
  commitIntervalMs: 20,
});
await app.start();
