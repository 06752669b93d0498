/** Features as a service has them: real modules, the real engine on the embedded log. */
import {
  json,
  keyValueStore,
  string,
  topic,
  type AtLeastOnceSink,
  type Metric,
  type ProcessingFailure,
  type ProcessorContext,
  type Serde,
  type SinkRecord,
  type StreamsBuilder,
  type Telemetry,
} from '@hiveframe/streams';
import { embedded, type EmbeddedLog } from '@hiveframe/streams-embedded';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Injectable, Logger, Module, type ModuleMetadata } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { Test, type TestingModule } from '@nestjs/testing';
import { QuietLogger } from '../test/quiet-logger.ts';
import { awaitTopic, readTopic } from '../test/read-topic.ts';
import { FailureHandler, type FailureHandling } from './decorators/failure-handler.decorator.ts';
import { getStreamsToken, InjectStreams } from './decorators/inject-streams.decorator.ts';
import { StreamTopology } from './decorators/stream-topology.decorator.ts';
import type { SourceStart } from '@hiveframe/streams-connect';
import { TopicSource } from './decorators/topic-source.decorator.ts';
import { StreamsHealth } from './health/streams.health.ts';
import type {
  ResumableSourceDefinition,
  TopicSourceDefinition,
} from './interfaces/topic-source-definition.interface.ts';
import type { TopologyDefinition } from './interfaces/topology-definition.interface.ts';
import type { StreamsLifecycle } from './lifecycle/streams.lifecycle.ts';
import { StreamsModule } from './streams.module.ts';

interface Order {
  readonly id: string;
  readonly customer: string;
  readonly amount: number;
}
const orders = topic('orders', { key: string(), value: json<Order>() });
const totals = topic('totals', { key: string(), value: json<number>() });
const ORDERS: readonly Order[] = [
  { id: 'a', customer: 'ada', amount: 10 },
  { id: 'b', customer: 'bob', amount: -1 },
  { id: 'c', customer: 'ada', amount: 5 },
];
const create = { missingSourceTopics: { create: { numPartitions: 1 } }, commitIntervalMs: 10 } as const;

@Injectable()
class Ledger {
  readonly refused: string[] = [];
}
/** A processor: what `process` makes one of per task. */
@Injectable()
class Totals {
  constructor(private readonly ledger: Ledger) {}
  readonly stores = { sums: keyValueStore({ name: 'sums', key: string(), value: json<number>() }) };
  readonly create = (context: ProcessorContext<string, number, Totals['stores']>) => ({
    process: async ({ key, value, timestampMs }: { key: string; value: Order; timestampMs: number }) => {
      if (value.amount < 0) throw new RangeError(`${value.id} of ${this.ledger.refused.length + 1}`);
      const sum = ((await context.stores.sums.get(key)) ?? 0) + value.amount;
      context.stores.sums.put(key, sum);
      context.forward({ key, value: sum, timestampMs });
    },
  });
}
@Injectable()
class RoundingSerde implements Serde<number> {
  constructor(private readonly config: ConfigService) {}
  serialize(value: number): Buffer {
    return Buffer.from(value.toFixed(this.config.get('DIGITS')));
  }
  deserialize(bytes: Buffer): number {
    return Number(bytes.toString());
  }
}
@Injectable()
class TotalsSink implements AtLeastOnceSink<string, number> {
  readonly name = 'totals';
  readonly guarantee = 'at_least_once';
  readonly written: unknown[] = [];
  async write(batch: readonly SinkRecord<string, number>[]): Promise<void> {
    this.written.push(...batch.map(({ key, value }) => [key, value]));
  }
  async close(): Promise<void> {}
}
@StreamTopology()
class TotalsTopology implements TopologyDefinition {
  constructor(
    private readonly processor: Totals,
    private readonly serde: RoundingSerde,
    private readonly sink: TotalsSink,
  ) {}
  build(builder: StreamsBuilder): void {
    const sums = builder.stream(orders).process({
      name: 'sum',
      stores: this.processor.stores,
      output: { key: string(), value: json<number>() },
      create: this.processor.create,
    });
    sums.to(topic('totals', { key: string(), value: this.serde }));
    sums.toSink(this.sink);
  }
}
@TopicSource()
class OrderSource implements TopicSourceDefinition<Order, string> {
  ended = false;
  readonly target = { topic: orders, key: (order: Order) => order.customer };
  async *start(signal: AbortSignal) {
    yield* ORDERS;
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    this.ended = true;
  }
}
@FailureHandler()
class Refusals implements FailureHandling {
  constructor(private readonly ledger: Ledger) {}
  onProcessingFailure(failure: ProcessingFailure): 'continue' {
    this.ledger.refused.push(failure.error.message);
    return 'continue';
  }
}
const Settings = ConfigModule.forRoot({
  ignoreEnvFile: true,
  isGlobal: true,
  load: [() => ({ APPLICATION_ID: 'from-config', DIGITS: 2 })],
});

@Module({
  imports: [
    StreamsModule.forFeature([TotalsTopology, OrderSource, Refusals], {
      providers: [Ledger, Totals, RoundingSerde, TotalsSink],
    }),
  ],
})
class OrdersModule {}

describe('a service of modules', () => {
  let module: TestingModule | undefined;
  let log: EmbeddedLog;
  afterEach(async () => {
    await module?.close();
    Logger.overrideLogger(false);
  });
  async function boot(metadata: ModuleMetadata): Promise<TestingModule> {
    module = await Test.createTestingModule(metadata).setLogger(new QuietLogger()).compile();
    return module.init();
  }

  it('runs a feature of topology, processor, serde, source, sink and failure handler, all injected', async () => {
    log = embedded();
    const nest = await boot({
      imports: [
        Settings,
        StreamsModule.forRootAsync({
          inject: [ConfigService],
          useFactory: (config: ConfigService) => ({
            applicationId: config.getOrThrow<string>('APPLICATION_ID'),
            log,
            ...create,
          }),
        }),
        OrdersModule,
      ],
    });
    const records = await awaitTopic(log, 'totals', 2);
    expect(records.map(({ key, value }) => [key, value])).toEqual([
      ['ada', 10],
      ['ada', 15],
    ]);
    expect((await log.admin.describe(['from-config-sums-changelog'])).size).toBe(1);
    expect(nest.get(Ledger).refused).toEqual([expect.stringMatching(/in sum: b of 1$/)]);
    while (nest.get(TotalsSink).written.length < 2) await new Promise(setImmediate);
    expect(nest.get(TotalsSink).written).toEqual([
      ['ada', 10],
      ['ada', 15],
    ]);
    const source = nest.get(OrderSource);
    expect(source.ended).toBe(false);
    await nest.close();
    module = undefined;
    expect(source.ended).toBe(true); // before the log was closed
  });

  it('runs several topologies as one application', async () => {
    log = embedded();
    await log.admin.create(['orders', 'totals', 'big'].map((name) => ({ topic: name, numPartitions: 1 })));
    const big = topic('big', { key: string(), value: json<Order>() });
    @StreamTopology()
    class Customers implements TopologyDefinition {
      build(builder: StreamsBuilder): void {
        builder
          .stream(orders)
          .mapValues(({ amount }) => amount)
          .to(totals);
      }
    }
    @StreamTopology()
    class BigOrders implements TopologyDefinition {
      build(builder: StreamsBuilder): void {
        builder
          .stream(orders)
          .filter(({ amount }) => amount > 7)
          .to(big);
      }
    }
    await boot({
      imports: [StreamsModule.forRoot({ applicationId: 'several', log, ...create })],
      providers: [Customers, BigOrders, OrderSource],
    });
    expect((await awaitTopic(log, 'totals', 3)).map(({ value }) => value)).toEqual([10, -1, 5]);
    expect((await awaitTopic(log, 'big', 1)).map(({ value }) => value)).toEqual([ORDERS[0]]);
  });

  it('lets a resumable source go on where the former process stood', async () => {
    const startedFrom: (number | null)[] = [];
    @TopicSource()
    class Numbered implements ResumableSourceDefinition<Order, number, string> {
      readonly name = 'numbered';
      readonly guarantee = 'exactly_once';
      readonly target = { topic: orders, key: (order: Order) => order.customer };
      async *start({ position, signal }: SourceStart<number>) {
        startedFrom.push(position);
        for (let n = position ?? 0; n < 2 * startedFrom.length; n++) {
          yield { events: [{ ...ORDERS[0]!, amount: n }], position: n + 1 };
        }
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      }
    }
    @StreamTopology()
    class Amounts implements TopologyDefinition {
      build(builder: StreamsBuilder): void {
        builder
          .stream(orders)
          .mapValues(({ amount }) => amount)
          .to(totals);
      }
    }
    const first = embedded();
    const second = first.share();
    for (const [log, expected] of [
      [first, [0, 1]],
      [second, [0, 1, 2, 3]],
    ] as const) {
      const nest = await boot({
        imports: [StreamsModule.forRoot({ applicationId: 'resumed', log, ...create })],
        providers: [Amounts, Numbered],
      });
      const records = await awaitTopic(log, 'totals', expected.length);
      expect(records.map(({ value }) => value)).toEqual(expected);
      await nest.close();
    }
    expect(startedFrom).toEqual([null, 2]);
  });

  it('does not start with a source whose options are wrong', async () => {
    @TopicSource()
    class HastySource implements TopicSourceDefinition<Order, string> {
      readonly target = { topic: orders, key: ({ customer }: Order) => customer, maxUnacknowledged: 0 };
      // oxlint-disable-next-line require-yield -- it is never started
      async *start(): AsyncGenerator<Order> {}
    }
    log = embedded();
    const module = { applicationId: 'hasty', log, ...create };
    await expect(
      boot({ imports: [StreamsModule.forRoot(module)], providers: [HastySource] }),
    ).rejects.toThrow('Cannot run source HastySource: maxUnacknowledged must be');
  });

  it('is not ready when a source has failed for good, and says of each source where it stands', async () => {
    @TopicSource()
    class BrokenSource implements TopicSourceDefinition<Order, string> {
      readonly target = { topic: orders, key: ({ customer }: Order) => customer, onFailure: 'fail' } as const;
      // oxlint-disable-next-line require-yield -- it fails before its first event
      async *start(): AsyncGenerator<Order> {
        throw new Error('the shop does not answer');
      }
    }
    @StreamTopology()
    class Amounts implements TopologyDefinition {
      build(builder: StreamsBuilder): void {
        builder
          .stream(orders)
          .mapValues(({ amount }) => amount)
          .to(totals);
      }
    }
    log = embedded();
    const observed: (() => readonly Metric[])[] = [];
    const telemetry: Telemetry = {
      count: () => {},
      record: () => {},
      observe: (metrics) => {
        observed.push(metrics);
        return () => void observed.splice(observed.indexOf(metrics), 1);
      },
    };
    const nest = await boot({
      imports: [StreamsModule.forRoot({ applicationId: 'broken', log, telemetry, ...create })],
      providers: [Amounts, OrderSource, BrokenSource],
    });
    await awaitTopic(log, 'totals', 3);
    const health = nest.get(StreamsHealth);
    while (health.ready().sources?.some(({ state }) => state === 'starting') !== false)
      await new Promise(setImmediate);
    expect(health.ready()).toMatchObject({
      status: 'down',
      state: 'running',
      reason: 'source BrokenSource of topic orders has failed for good: the shop does not answer',
      sources: [
        { name: 'OrderSource', topic: 'orders', state: 'running' },
        { name: 'BrokenSource', topic: 'orders', state: 'failed' },
      ],
    });
    expect(health.live()).toMatchObject({ status: 'up' });
    const metrics = observed
      .flatMap((all) => all())
      .filter(({ name }) => name === 'source-failures')
      .map(({ value, attributes }) => ({ value, ...attributes }));
    const common = { application: 'broken', topic: 'orders' };
    expect(metrics).toEqual([
      { ...common, source: 'OrderSource', value: 0 },
      { ...common, source: 'BrokenSource', value: 1 },
    ]);
    await nest.close();
    module = undefined;
    expect(observed).toEqual([]);
  });

  it('runs several applications in one process, each with its topologies, told apart by name', async () => {
    const logs = { one: embedded(), two: embedded() };
    class Copy implements TopologyDefinition {
      build(builder: StreamsBuilder): void {
        builder
          .stream(orders)
          .mapValues(({ amount }) => amount)
          .to(totals);
      }
    }
    @StreamTopology({ application: 'one' })
    class CopyOne extends Copy {}
    @StreamTopology({ application: 'two' })
    class CopyTwo extends Copy {}
    @TopicSource({ application: 'two' })
    class SourceOfTwo extends OrderSource {}
    @Injectable()
    class Watch {
      constructor(
        @InjectStreams('one') readonly one: StreamsLifecycle,
        @InjectStreams('two') readonly two: StreamsLifecycle,
      ) {}
    }
    await logs.one.admin.create([{ topic: 'totals', numPartitions: 1 }]);
    await logs.two.admin.create([{ topic: 'totals', numPartitions: 1 }]);
    const nest = await boot({
      imports: [
        StreamsModule.forRoot({ name: 'one', applicationId: 'app-one', log: logs.one, ...create }),
        StreamsModule.forRootAsync({
          name: 'two',
          useFactory: () => ({ applicationId: 'app-two', log: logs.two, ...create }),
        }),
      ],
      providers: [CopyOne, CopyTwo, SourceOfTwo, Watch],
    });
    await awaitTopic(logs.two, 'totals', 3);
    const { one, two } = nest.get(Watch);
    expect(nest.get(getStreamsToken('one'))).toBe(one);
    expect([one.name, two.name, two.status.state]).toEqual(['one', 'two', 'running']);
    expect(await readTopic(logs.one, 'totals')).toEqual([]);
    while (one.status.state !== 'running') await new Promise(setImmediate);
    expect(nest.get(StreamsHealth).ready()).toMatchObject({
      status: 'up',
      applications: { one: { state: 'running' }, two: { state: 'running' } },
    });
    await one.stop();
    expect(nest.get(StreamsHealth).ready()).toMatchObject({
      status: 'down',
      reason: 'the application has stopped',
      applications: { one: { status: 'down' }, two: { status: 'up' } },
    });
  });

  it('refuses a failure that is answered in two places', async () => {
    log = embedded();
    const booting = boot({
      imports: [
        StreamsModule.forRoot({ applicationId: 'twice', log, onProcessingFailure: 'fail', ...create }),
        Settings,
        OrdersModule,
      ],
    });
    await expect(booting).rejects.toThrow(
      'Cannot configure application default: onProcessingFailure is given by the options of forRoot and Refusals. Keep one of them.',
    );
    await log.close(1_000);
  });
});
