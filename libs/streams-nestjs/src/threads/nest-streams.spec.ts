import { setTimeout as delay } from 'node:timers/promises';
import {
  inMemoryStores,
  json,
  RecordBatchWriter,
  storeRef,
  StreamsApp,
  string,
  topic,
  type Logger as StreamsLogger,
  type LogPort,
  type ReadOnlyKeyValueStore,
  type StorePort,
  type StreamsBuilder,
  type StreamThread,
} from '@hiveframe/streams';
import { embedded } from '@hiveframe/streams-embedded';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Inject,
  Injectable,
  Logger,
  Module,
  Optional,
  type OnApplicationShutdown,
  type Type,
} from '@nestjs/common';
import { InjectStore } from '../decorators/inject-store.decorator.ts';
import { untouchedLog } from '../../test/fake-app.ts';
import { StreamTopology } from '../decorators/stream-topology.decorator.ts';
import type { TopologyDefinition } from '../interfaces/topology-definition.interface.ts';
import { StreamsLifecycle } from '../lifecycle/streams.lifecycle.ts';
import { StreamsModule } from '../streams.module.ts';
import { getStreamThreadToken } from '../streams.tokens.ts';
import { nestStreams } from './nest-streams.ts';

let closed: string[] = [];

@Injectable()
class Settings implements OnApplicationShutdown {
  constructor(
    @Optional() @Inject(getStreamThreadToken()) readonly thread: StreamThread | undefined,
    readonly lifecycle: StreamsLifecycle,
  ) {}
  get input(): string {
    return `in-of-${this.thread?.name ?? 'main'}`;
  }
  onApplicationShutdown(): void {
    closed.push(this.input, this.lifecycle.status.state);
  }
}
@StreamTopology()
class CopyTopology implements TopologyDefinition {
  constructor(private readonly settings: Settings) {}
  build(builder: StreamsBuilder): void {
    new Logger('Copy').warn('building');
    builder.stream(topic(this.settings.input, { value: json() })).to(topic('out', { value: json() }));
  }
}

const counts = storeRef<ReadOnlyKeyValueStore<string, number>>('counts');
@StreamTopology()
class WordsTopology implements TopologyDefinition {
  build(builder: StreamsBuilder): void {
    const words = builder.stream(topic('words', { key: string(), value: string() }));
    words.groupByKey({ name: 'by-word' }).count().storedAs(counts);
  }
}
@Injectable()
class Reader {
  constructor(@InjectStore(counts) readonly counts: ReadOnlyKeyValueStore<string, number>) {}
}

const threads = { module: new URL('file:///app/stream-thread.js'), numStreamThreads: 2 };
@Module({
  imports: [StreamsModule.forRoot({ applicationId: 'sensors', log: untouchedLog, threads })],
  providers: [Settings, CopyTopology],
})
class AppModule {}
@Module({ imports: [StreamsModule.forRoot({ applicationId: 'sensors', log: untouchedLog })] })
class EmptyModule {}

describe('nestStreams', () => {
  const lines: string[] = [];
  const logger: StreamsLogger = { log: (level, text) => lines.push(`${level} ${text}`) };
  const thread: StreamThread = { name: 'StreamThread-2', numStreamThreads: 2, data: null, logger };
  afterEach(() => Logger.overrideLogger(false));

  it('gives a thread the topologies and the options of a module, and starts nothing itself', async () => {
    closed = [];
    const streams = await nestStreams(() => AppModule)(thread);
    expect(streams.config.applicationId).toBe('sensors');
    expect(streams.topology.describe()).toContain('in-of-StreamThread-2');
    expect(lines).toEqual(['warn [Copy] building']);
    await streams.close!();
    expect(closed).toEqual(['in-of-StreamThread-2', 'created']);
  });

  it('injects stores that all can read, and says why those in the memory of threads cannot be read', async () => {
    const stores: StorePort = Object.defineProperty(inMemoryStores(), 'durable', { value: true });
    for (const kept of [{ stores }, {}]) {
      const log = embedded();
      await log.connect();
      await log.admin.create([{ topic: 'words', numPartitions: 2 }]);
      const options = { applicationId: 'words', log, commitIntervalMs: 5, ...kept, threads };
      const imports = [StreamsModule.forRoot(options)];
      let reader: Reader | undefined;
      const made = { provide: 'it', inject: [Reader], useFactory: (one: Reader) => (reader = one) };
      const module = { module: class ThreadModule {}, imports, providers: [WordsTopology, Reader, made] };
      const { topology, config, close } = await nestStreams(() => module)(thread);
      const app = new StreamsApp(topology, config);
      await app.start();
      const batch = new RecordBatchWriter();
      batch.append(Buffer.from('a'), Buffer.from('x'), 1);
      await (log as LogPort).writer().send([{ topic: 'words', partition: 0, records: batch.take() }]);
      if ('stores' in kept) while ((await reader!.counts.get('a')) !== 1) await delay(5);
      else expect(() => reader!.counts.get('a')).toThrow(/stream threads, and their stores are in memory/);
      await app.stop();
      await close!();
    }
  });

  it('fails as a bootstrap does where there is no topology', async () => {
    const making = Promise.resolve(nestStreams((): Type => EmptyModule)(thread));
    await expect(making).rejects.toThrow(/no provider is decorated with @StreamTopology/);
  });
});
