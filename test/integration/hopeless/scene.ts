/** One application on a real log: `<id>-in` copied to `<id>-out` unless the test says otherwise, and what the test sees of it. */
import { randomUUID } from 'node:crypto';
import {
  inMemoryStores,
  RecordCursor,
  string,
  StreamsApp,
  StreamsBuilder,
  StreamsError,
  topic,
  type Logger,
  type LogPort,
  type LogReader,
  type NewTopic,
  type StreamsConfig,
  type Telemetry,
  type Topology,
} from '@hiveframe/streams';
import type { EmbeddedLog } from '@hiveframe/streams-embedded';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { eventually } from '../../support/eventually.ts';
import { batchOf } from '../../support/log-records.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';

export interface SceneOptions {
  readonly partitions?: number;
  /** Of the input topic. */
  readonly config?: Readonly<Record<string, string>>;
}

export class Scene {
  readonly applicationId = `hopeless-${randomUUID().slice(0, 8)}`;
  readonly input = `${this.applicationId}-in`;
  readonly output = `${this.applicationId}-out`;
  readonly logger = new RecordingLogger();
  /** `skipped-records retention 10` … */
  readonly counted: string[] = [];
  /** The tests' own client. */
  readonly log: LogPort;
  readonly #client: (logger: Logger) => LogPort;
  readonly #apps: StreamsApp[] = [];

  private constructor(log: LogPort, client: (logger: Logger) => LogPort) {
    this.log = log;
    this.#client = client;
  }

  static async open(
    brokers: readonly string[],
    { partitions = 1, config }: SceneOptions = {},
  ): Promise<Scene> {
    const scene = new Scene(kafkajs({ brokers, logger: new RecordingLogger() }), (logger) =>
      kafkajs({ brokers, logger, fetch: { maxBytesPerPartition: 4_096 } }),
    );
    await scene.#createInput({ numPartitions: partitions, ...(config && { config }) });
    return scene;
  }

  /** On a log that the test keeps. */
  static async openOn(log: EmbeddedLog): Promise<Scene> {
    const scene = new Scene(log.share(), () => log.share());
    await scene.#createInput({ numPartitions: 1 });
    return scene;
  }

  async #createInput(options: Omit<NewTopic, 'topic'>): Promise<void> {
    await this.log.connect();
    await this.log.admin.create([{ topic: this.input, ...options }]);
  }

  /** A new client each time, as a new process has. */
  client(): LogPort {
    return this.#client(this.logger);
  }

  app(config: Partial<StreamsConfig> = {}, topology: Topology = this.copy()): StreamsApp {
    const app = new StreamsApp(topology, {
      applicationId: this.applicationId,
      processingGuarantee: 'exactly_once',
      commitIntervalMs: 50,
      sessionTimeoutMs: 6_000,
      missingSourceTopics: 'fail',
      stores: inMemoryStores(),
      logger: this.logger,
      telemetry: this.#telemetry(),
      log: this.client(),
      ...config,
    });
    this.#apps.push(app);
    return app;
  }

  copy(map: (value: string) => string = (value) => value): Topology {
    const builder = new StreamsBuilder();
    builder
      .stream(topic(this.input, { key: string(), value: string() }))
      .mapValues(map)
      .to(topic(this.output, { key: string(), value: string() }));
    return builder.build();
  }

  async write(texts: readonly string[], partition = 0): Promise<void> {
    const writer = this.log.writer();
    for (const text of texts) await writer.send([batchOf({ topic: this.input, partition }, [text])]);
    await writer.close();
  }

  /** The values that are committed in a topic, partition 0. */
  async read(name = this.output): Promise<string[]> {
    return (await this.readPairs(name)).map(([, value]) => value);
  }

  /** Keys and values. */
  async readPairs(name = this.output): Promise<Array<readonly [key: string, value: string]>> {
    const at = { topic: name, partition: 0 };
    if (!(await this.log.admin.describe([name])).has(name)) return [];
    const [start] = await this.log.admin.offsets([at], 'start');
    const [end] = await this.log.admin.offsets([at], 'lastStable');
    if (start!.offset >= end!.offset) return [];
    const reader = this.log.reader({ isolation: 'read_committed' });
    reader.assign(at, start!.offset);
    try {
      return await readPairs(reader, end!.offset);
    } finally {
      await reader.close();
    }
  }

  async untilRead(texts: readonly string[], timeoutMs = 60_000): Promise<void> {
    const isThere = async () => (await this.read()).length >= texts.length;
    await eventually(`${texts.length} results (${this.logger.lines.slice(-5).join('\n')})`, isThere, {
      timeoutMs,
      everyMs: 200,
    });
  }

  async untilCommitted(offset: number): Promise<void> {
    const at = [{ topic: this.input, partition: 0 }];
    await eventually(`offset ${offset} is committed`, async () => {
      const [found] = await this.log.admin.committed(this.applicationId, at);
      return found !== undefined && found.offset >= offset;
    });
  }

  /** What ended the application, and after how many ms. The log has told it exactly once. */
  async endOf(app: StreamsApp): Promise<{ readonly error: StreamsError; readonly afterMs: number }> {
    const startedMs = performance.now();
    await eventually('the application ends', () => app.state === 'error');
    const { error } = app;
    if (!StreamsError.is(error)) throw new Error('Expected an error of the toolkit.', { cause: error });
    const told = this.logger.with(error.message);
    if (told.length !== 1) throw new Error(`Told ${told.length} times:\n${this.logger.lines.join('\n')}`);
    return { error, afterMs: performance.now() - startedMs };
  }

  #telemetry(): Telemetry {
    return {
      count: (name, by, attributes) => {
        this.counted.push(`${name} ${attributes?.['reason'] ?? attributes?.['kind'] ?? ''} ${by}`);
      },
      record: () => {},
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#apps.map((app) => app.stop({ timeoutMs: 5_000 }).catch(() => {})));
    await this.log.close(2_000);
  }
}

async function readPairs(
  reader: LogReader,
  endOffset: number,
): Promise<Array<readonly [key: string, value: string]>> {
  const pairs: Array<readonly [string, string]> = [];
  const cursor = new RecordCursor();
  for (let position = -1; position < endOffset;) {
    for (const { batches, fromOffset, nextOffset } of await reader.poll({ maxWaitMs: 200 })) {
      cursor.reset(batches, fromOffset);
      while (cursor.next()) pairs.push([cursor.key()?.toString() ?? '', cursor.value()?.toString() ?? '']);
      position = nextOffset;
    }
  }
  return pairs;
}
