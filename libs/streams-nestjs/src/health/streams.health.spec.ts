import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { RestoreProgress, StreamsState, ThreadStatus } from '@hiveframe/streams';
import type { SourceStatus } from '@hiveframe/streams-connect';
import type { StreamsStatus } from '../interfaces/streams-status.interface.ts';
import { StreamsRegistry } from '../streams.registry.ts';
import { StreamsHealthController } from './streams-health.controller.ts';
import { StreamsHealth } from './streams.health.ts';

describe('StreamsHealth over HTTP', () => {
  let nest: NestFastifyApplication;
  const lifecycle: {
    status: StreamsStatus;
    restoring: readonly RestoreProgress[];
    threads?: readonly ThreadStatus[];
    sources?: readonly SourceStatus[];
  } = {
    status: { state: 'created', sinceMs: 0 },
    restoring: [],
  };

  beforeEach(async () => {
    const registry = new StreamsRegistry();
    registry.add('default', lifecycle);
    const module = await Test.createTestingModule({
      controllers: [StreamsHealthController],
      providers: [StreamsHealth, { provide: StreamsRegistry, useValue: registry }],
    }).compile();
    nest = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    await nest.init();
  });
  afterEach(() => nest.close());

  async function probe(path: 'live' | 'ready', state: StreamsState, error?: Error) {
    lifecycle.status = { state, sinceMs: 42, ...(error && { error }) };
    const response = await nest.inject({ method: 'GET', url: `/health/${path}` });
    return { code: response.statusCode, body: response.json<Record<string, unknown>>() };
  }

  it.each(['created', 'rebalancing', 'running', 'stopping', 'stopped'] as const)(
    'is live while %s: a restart would cure nothing',
    async (state) => {
      expect(await probe('live', state)).toEqual({ code: 200, body: { status: 'up', state, sinceMs: 42 } });
    },
  );

  it('is not live after a failure, and says which', async () => {
    expect(await probe('live', 'error', new Error('log refused'))).toEqual({
      code: 503,
      body: { status: 'down', state: 'error', sinceMs: 42, reason: 'the application failed: log refused' },
    });
  });

  it('shows where each stream thread stands', async () => {
    lifecycle.threads = [{ name: 'StreamThread-1', state: 'running' }];
    expect((await probe('ready', 'running')).body).toMatchObject({ threads: lifecycle.threads });
    delete lifecycle.threads;
  });

  describe('with sources', () => {
    const failing = { sinceMs: 7, failures: 12, reason: 'no connection' };
    const source = (state: SourceStatus['state'], more: Partial<SourceStatus> = {}): SourceStatus => ({
      name: 'Orders',
      topic: 'orders',
      state,
      sinceMs: 8,
      ...more,
    });
    afterEach(() => {
      delete lifecycle.sources;
    });

    it.each(['starting', 'standby', 'running', 'ended', 'stopped'] as const)(
      'is ready while one is %s, and shows where it stands',
      async (state) => {
        lifecycle.sources = [source(state)];
        expect(await probe('ready', 'running')).toMatchObject({
          code: 200,
          body: { status: 'up', sources: [{ name: 'Orders', topic: 'orders', state, sinceMs: 8 }] },
        });
      },
    );

    it('is ready while one is tried again, and shows what fails, how often and since when', async () => {
      lifecycle.sources = [source('retrying', { failing, splits: [0, 3] }), source('running')];
      expect(await probe('ready', 'running')).toEqual({
        code: 200,
        body: { status: 'up', state: 'running', sinceMs: 42, sources: lifecycle.sources },
      });
    });

    it('is live, but not ready, when one has failed for good, and says which and why', async () => {
      lifecycle.sources = [source('running'), source('failed', { failing })];
      expect(await probe('ready', 'running')).toMatchObject({
        code: 503,
        body: {
          status: 'down',
          state: 'running',
          reason: 'source Orders of topic orders has failed for good: no connection',
          sources: lifecycle.sources,
        },
      });
      expect(await probe('live', 'running')).toMatchObject({
        code: 200,
        body: { sources: lifecycle.sources },
      });
    });
  });

  it('shows how far restores have come', async () => {
    const progress: RestoreProgress = {
      taskId: '0_3',
      store: 'counts',
      partition: 3,
      startOffset: 0,
      offset: 250,
      endOffset: 1_000,
      restored: 249,
      elapsedMs: 500,
      recordsPerSecond: 498,
      remainingMs: 1_500,
    };
    lifecycle.restoring = [progress];
    const { body } = await probe('ready', 'rebalancing');
    lifecycle.restoring = [];
    expect(body).toMatchObject({ status: 'down', restoring: [progress] });
    expect(await probe('ready', 'rebalancing')).not.toHaveProperty('body.restoring');
  });

  it('is ready when running', async () => {
    expect(await probe('ready', 'running')).toMatchObject({ code: 200, body: { status: 'up' } });
  });

  it.each([
    ['created', /has not started/],
    ['rebalancing', /assigned and restored/],
    ['stopping', /is stopping/],
    ['stopped', /has stopped/],
    ['error', /failed: no reason is known/],
  ] as const)('is not ready while %s, and says why', async (state, reason) => {
    expect(await probe('ready', state)).toMatchObject({
      code: 503,
      body: { status: 'down', state, reason: expect.stringMatching(reason) },
    });
  });
});
