import { json, topic, type RestoreProgress, type StreamsBuilder } from '@hiveframe/streams';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { FakeApp, untouchedLog } from '../../test/fake-app.ts';
import { QuietLogger } from '../../test/quiet-logger.ts';
import { StreamTopology } from '../decorators/stream-topology.decorator.ts';
import type { StreamsModuleOptions } from '../interfaces/streams-module-options.interface.ts';
import type { TopologyDefinition } from '../interfaces/topology-definition.interface.ts';
import { NestLogger } from '../logging/nest-logger.ts';
import { StreamsModule } from '../streams.module.ts';
import { getStreamsAppFactoryToken } from '../streams.tokens.ts';
import { ProcessExit } from './process-exit.ts';
import { StreamsLifecycle } from './streams.lifecycle.ts';

@StreamTopology()
class CopyTopology implements TopologyDefinition {
  build(builder: StreamsBuilder): void {
    builder.stream(topic('in', { value: json() })).to(topic('out', { value: json() }));
  }
}

class FakeExit extends ProcessExit {
  calls: Array<readonly [close: () => Promise<void>, deadlineMs: number]> = [];
  override failed(close: () => Promise<void>, deadlineMs: number): void {
    this.calls.push([close, deadlineMs]);
  }
}

describe('StreamsLifecycle', () => {
  let app: FakeApp;
  let exit: FakeExit;
  let logger: QuietLogger;
  let module: TestingModule | undefined;

  beforeEach(() => {
    app = new FakeApp();
    exit = new FakeExit();
    logger = new QuietLogger();
  });
  afterEach(async () => {
    await module?.close();
    jest.useRealTimers();
    Logger.overrideLogger(false);
  });

  async function boot(options: Partial<StreamsModuleOptions> = {}): Promise<StreamsLifecycle> {
    module = await Test.createTestingModule({
      imports: [
        StreamsModule.forRoot({ applicationId: 'sensors', log: untouchedLog, ...options }),
        StreamsModule.forFeature([CopyTopology]),
      ],
    })
      .overrideProvider(getStreamsAppFactoryToken())
      .useValue(app.factory)
      .overrideProvider(ProcessExit)
      .useValue(exit)
      .setLogger(logger)
      .compile();
    await module.init();
    return module.get(StreamsLifecycle);
  }

  it('N1 bootstraps although the application cannot start yet', async () => {
    const lifecycle = await boot(); // FakeApp.start is still pending
    expect(app.starts).toBe(1);
    expect(lifecycle.status.state).toBe('rebalancing');
    app.move('running');
    expect(lifecycle.status.state).toBe('running');
  });

  it('hands the configuration to the application, with a logger on Nest when none is given', async () => {
    await boot({ commitIntervalMs: 5 });
    expect(app.config).toMatchObject({ applicationId: 'sensors', commitIntervalMs: 5 });
    expect(app.config?.logger).toBeInstanceOf(NestLogger);
    expect(app.topology).toBeDefined();
  });

  it('tells listeners that came before the bootstrap, until they are removed', async () => {
    const seen: string[] = [];
    const lifecycle = await boot({ autoStart: false });
    const unlisten = lifecycle.listen({ onStateChange: ({ to }) => seen.push(to) });
    app.move('rebalancing');
    app.move('running');
    unlisten();
    app.move('rebalancing');
    expect(seen).toEqual(['rebalancing', 'running']);
  });

  it('tells listeners of restores, and shows those that go on', async () => {
    const progress: RestoreProgress = {
      taskId: '0_0',
      store: 'counts',
      partition: 0,
      startOffset: 0,
      offset: 5,
      endOffset: 10,
      restored: 5,
      elapsedMs: 1,
      recordsPerSecond: 5_000,
      remainingMs: 1,
    };
    const seen: unknown[] = [];
    const lifecycle = await boot({ autoStart: false });
    lifecycle.listen({
      onRestoreStart: () => seen.push('start'),
      onBatchRestored: (_, records) => seen.push(records),
      onRestoreEnd: () => seen.push('end'),
      onRestoreSuspended: () => seen.push('suspended'),
    });
    app.tell((listener) => listener.onRestoreStart?.(progress));
    app.tell((listener) => listener.onBatchRestored?.(progress, 5));
    app.tell((listener) => listener.onRestoreSuspended?.(progress));
    app.tell((listener) => listener.onRestoreEnd?.(progress));
    expect(seen).toEqual(['start', 5, 'suspended', 'end']);
    app.restoring = [progress];
    expect(lifecycle.restoring).toEqual([progress]);
  });

  it('leaves the start to the caller when autoStart is off', async () => {
    const lifecycle = await boot({ autoStart: false });
    expect(app.starts).toBe(0);
    const started = lifecycle.start();
    await Promise.resolve();
    app.move('running');
    await expect(started).resolves.toBeUndefined();
  });

  it('starts the engine only after beforeStart has ended', async () => {
    const prepared = Promise.withResolvers<void>();
    await boot({ beforeStart: () => prepared.promise });
    expect(app.starts).toBe(0);
    prepared.resolve();
    await new Promise(setImmediate);
    expect(app.starts).toBe(1);
  });

  it('fails the application when beforeStart rejects', async () => {
    const lifecycle = await boot({ beforeStart: () => Promise.reject(new Error('no such broker')) });
    await new Promise(setImmediate);
    expect(lifecycle.status).toMatchObject({ state: 'error', error: { message: 'no such broker' } });
  });

  it('N2 stops the application within its time at shutdown', async () => {
    await boot({ stopTimeoutMs: 1_234 });
    await module?.close();
    expect(app.stopOptions).toEqual({ timeoutMs: 1_234 });
    expect(app.state).toBe('stopped');
  });

  it('N2 does not start any more when shutdown comes during beforeStart, and calls that no failure', async () => {
    await boot({
      beforeStart: (signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
    });
    await module?.close();
    await new Promise(setImmediate);
    expect(app.starts).toBe(0);
    expect(exit.calls).toEqual([]);
  });

  it('N2 gives up a stop that hangs, and says so', async () => {
    await boot({ stopTimeoutMs: 50 });
    app.stopping = () => new Promise(() => undefined);
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    const closed = module?.close();
    await new Promise(setImmediate);
    jest.advanceTimersByTime(4_050);
    await closed;
    expect(logger.lines).toContainEqual(
      expect.stringMatching(/error: Could not stop cleanly: .* after 4050 ms/),
    );
  });

  it('N3 tells a failure that came before the engine, and ends the process', async () => {
    await boot({ beforeStart: () => Promise.reject(new Error('no such broker')) });
    await new Promise(setImmediate);
    expect(logger.lines.filter((line) => line.startsWith('fatal'))).toEqual([
      'fatal: sensors cannot go on: no such broker',
    ]);
    expect(exit.calls).toHaveLength(1);
  });

  it('N3 does not repeat what the engine has told, and ends the process', async () => {
    const lifecycle = await boot({ stopTimeoutMs: 2_000 });
    app.move('error', new Error('fenced by a newer instance'));
    await new Promise(setImmediate);
    app.move('stopped');
    expect(lifecycle.status).toMatchObject({
      state: 'error',
      error: { message: 'fenced by a newer instance' },
    });
    expect(logger.lines.filter((line) => line.includes('fenced'))).toEqual([]);
    expect(exit.calls).toEqual([[expect.any(Function), 11_000]]);
  });

  it('N3 leaves the process alone when exitOnError is off', async () => {
    await boot({ exitOnError: false });
    app.move('error', new Error('boom'));
    expect(exit.calls).toEqual([]);
  });

  it('hands the threads of its options to the factory, and checks the topology that it has here', async () => {
    const threads = { module: new URL('file:///app/stream-thread.js'), numStreamThreads: 2 };
    const lifecycle = await boot({ threads });
    expect(app.config).toMatchObject({ threads, logger: expect.any(NestLogger) });
    expect(app.topology?.describe()).toContain('in');
    expect(lifecycle.threads).toBeUndefined(); // the fake has none
  });
});
