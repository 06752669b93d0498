/** Over real HTTP, on both platforms, with the real engine on the embedded log. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  inMemoryStores,
  json,
  keyValueStore,
  partitionFor,
  RecordBatchWriter,
  session,
  sessionStore,
  storeRef,
  string,
  topic,
  tumbling,
  versionedKeyValueStore,
  type LogPort,
  type ReadOnlyKeyValueStore,
  type ReadOnlyWindowStore,
  type StorePort,
  type StreamsBuilder,
  type Windowed,
} from '@hiveframe/streams';
import { StreamsClient } from '@hiveframe/streams/client';
import { embedded, type EmbeddedLog } from '@hiveframe/streams-embedded';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  ForbiddenException,
  Get,
  Injectable,
  Logger,
  Param,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
} from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { QuietLogger } from '../../test/quiet-logger.ts';
import { InjectStore } from '../decorators/inject-store.decorator.ts';
import { StreamTopology } from '../decorators/stream-topology.decorator.ts';
import type { TopologyDefinition } from '../interfaces/topology-definition.interface.ts';
import { StreamsModule } from '../streams.module.ts';
import type { QueriesOptions } from './queries-options.ts';
import { StreamsQueriesModule } from './streams-queries.module.ts';

const PARTITIONS = 4;
const readings = topic('readings', { key: string(), value: json<number>() });
const counts = storeRef<ReadOnlyKeyValueStore<string, number>>('counts');
const windows = storeRef<ReadOnlyWindowStore<string, number>>('windows');
const sessions = storeRef<ReadOnlyKeyValueStore<Windowed<string>, number>>('sessions');
const big = keyValueStore({ name: 'big', key: string(), value: json<{ readonly at: number }>() });
const versions = versionedKeyValueStore({
  name: 'versions',
  key: string(),
  value: json<number>(),
  historyRetentionMs: 60_000,
});
const visits = sessionStore({ name: 'visits', key: string(), value: json<number>(), retentionMs: 60_000 });

@StreamTopology()
class ReadingsTopology implements TopologyDefinition {
  build(builder: StreamsBuilder): void {
    const stream = builder.stream(readings);
    stream.groupByKey({ name: 'by-key' }).count().storedAs(counts);
    stream
      .groupByKey({ name: 'in-windows' })
      .windowedBy(tumbling({ sizeMs: 10 }), { graceMs: 1_000 })
      .count()
      .storedAs(windows);
    stream
      .groupByKey({ name: 'in-sessions' })
      .windowedBy(session({ gapMs: 5 }), { graceMs: 1_000 })
      .count()
      .storedAs(sessions);
    stream.process({
      name: 'versions-of',
      stores: { versions, big, visits },
      create: ({ stores }) => ({
        async process({ key, value, timestampMs }) {
          await stores.versions.put(key, value, timestampMs);
          stores.big.put(key, { at: timestampMs });
          await stores.visits.put({ key, window: { startMs: 0, endMs: timestampMs } }, value);
        },
      }),
    });
  }
}

@Controller('counts-of')
class CountsController {
  constructor(@InjectStore(counts) private readonly store: ReadOnlyKeyValueStore<string, number>) {}
  @Get(':key')
  async one(@Param('key') key: string): Promise<{ readonly count: number | null }> {
    return { count: (await this.store.get(key)) ?? null };
  }
}

@Injectable()
class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    if (headers['authorization'] === 'Bearer secret') return true;
    throw new ForbiddenException('a token is needed');
  }
}

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

/** On which nothing listens now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
] as const)('StreamsQueriesModule on %s', (_, adapter) => {
  let log: EmbeddedLog;
  let running: INestApplication[];

  beforeEach(async () => {
    running = [];
    log = embedded();
    await log.connect();
    await log.admin.create([{ topic: 'readings', numPartitions: PARTITIONS }]);
  });
  afterEach(async () => {
    for (const nest of running.reverse()) await nest.close();
    Logger.overrideLogger(false);
    await log.close(1_000);
  });

  interface Served {
    readonly options?: QueriesOptions;
    readonly stores?: StorePort;
    readonly applicationServer?: string;
    readonly port?: number;
  }
  async function serve({ options = {}, stores, applicationServer, port = 0 }: Served = {}): Promise<string> {
    const module = await Test.createTestingModule({
      imports: [
        StreamsModule.forRoot({
          applicationId: 'queries',
          log: log.share(),
          commitIntervalMs: 5,
          ...(stores && { stores }),
          ...(applicationServer !== undefined && { applicationServer }),
        }),
        StreamsQueriesModule.register(options),
      ],
      controllers: [CountsController],
      providers: [ReadingsTopology],
    })
      .setLogger(new QuietLogger())
      .compile();
    const nest = module.createNestApplication(adapter());
    running.push(nest);
    await nest.listen(port, '127.0.0.1');
    return `http://127.0.0.1:${(nest.getHttpServer().address() as { port: number }).port}`;
  }
  async function send(records: readonly (readonly [key: string, value: number, timestampMs: number])[]) {
    for (const [key, value, timestampMs] of records) {
      const batch = new RecordBatchWriter();
      batch.append(Buffer.from(key), Buffer.from(JSON.stringify(value)), timestampMs);
      const at = { topic: 'readings', partition: partitionFor(Buffer.from(key), PARTITIONS) };
      await (log as LogPort).writer().send([{ ...at, records: batch.take() }]);
    }
  }
  async function get(url: string, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(url, { headers });
    return { status: response.status, body: JSON.parse(await response.text()), headers: response.headers };
  }
  async function until(
    url: string,
    isRight: (answer: Answer) => boolean,
    headers?: Record<string, string>,
  ): Promise<Answer> {
    for (const deadlineMs = performance.now() + 10_000; ; await delay(5)) {
      const answer = await get(url, headers);
      if (isRight(answer)) return answer;
      if (performance.now() > deadlineMs)
        throw new Error(`${url}: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
  }
  const hasValue =
    (value: unknown) =>
    ({ body }: Answer) =>
      body['value'] === value;
  const KEYS = Array.from({ length: 20 }, (_each, i) => `s${i}`);
  const one = (key: string) => [key, 1, 1] as const;

  it('tells the stores, and gives the value of a key with how far it has come', async () => {
    const url = await serve();
    await send([one('s1'), one('s1')]);
    const { headers, body } = await until(`${url}/streams/stores/counts/s1`, hasValue(2));
    expect(body).toEqual({ key: 's1', value: 2 });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('streams-position')).toMatch(/^\d=\d+$/);
    expect(Number(headers.get('streams-lag-offsets'))).toBeLessThanOrEqual(1);
    const { stores } = (await get(`${url}/streams/stores`)).body;
    expect(stores).toContainEqual({
      name: 'counts',
      kind: 'keyValue',
      keyFormat: 'string',
      valueFormat: expect.any(String),
    });
    expect(stores).toContainEqual(expect.objectContaining({ name: 'windows', kind: 'window' }));
  });

  it('gives windows of a key, sessions, and a value as of another time', async () => {
    const url = await serve();
    await send([['s1', 7, 1], ['s1', 8, 2], ['s1', 9, 15]]); // prettier-ignore
    await until(`${url}/streams/stores/versions/s1`, hasValue(9));
    const { body } = await until(
      `${url}/streams/stores/windows/s1/windows?toMs=20`,
      ({ body: { rows } }) => (rows as unknown[])?.length === 2,
    );
    expect(body).toEqual({
      rows: [
        { key: 's1', window: { startMs: 0, endMs: 10 }, value: 2 },
        { key: 's1', window: { startMs: 10, endMs: 20 }, value: 1 },
      ],
      cursor: null,
    });
    expect((await get(`${url}/streams/stores/windows/s1/windows?limit=1`)).body).toMatchObject({
      cursor: '10_20',
    });
    expect((await get(`${url}/streams/stores/windows/s1/windows?limit=1&cursor=10_20`)).body).toMatchObject({
      rows: [{ value: 1 }],
      cursor: null,
    });
    await until(
      `${url}/streams/stores/sessions/s1/windows`,
      ({ body: { rows } }) => (rows as unknown[])?.length === 2,
    );
    expect((await get(`${url}/streams/stores/versions/s1?asOfMs=3`)).body).toEqual({
      key: 's1',
      value: 8,
      timestampMs: 2,
      validToMs: 15,
    });
  });

  it('gives sessions that begin at the same time once each, whatever the size of a page', async () => {
    const url = await serve();
    await send([['s1', 7, 2], ['s1', 8, 1], ['s1', 9, 15]]); // prettier-ignore
    await until(`${url}/streams/stores/versions/s1`, hasValue(9));
    const ends: number[] = [];
    for (let next: string | null = ''; next !== null && ends.length < 10;) {
      const { body } = await get(`${url}/streams/stores/visits/s1/windows?limit=1${next}`);
      const { rows, cursor } = body as { rows: { window: { endMs: number } }[]; cursor: string | null };
      ends.push(...rows.map(({ window }) => window.endMs));
      next = cursor === null ? null : `&cursor=${cursor}`;
    }
    expect(ends).toEqual([1, 2, 15]);
  });

  it('gives all of a store in pages, and a range of it', async () => {
    const url = await serve();
    await send(KEYS.map(one));
    const client = new StreamsClient({ baseUrl: url });
    const isWhole = async () => (await client.store(counts).getMany(KEYS)).size === KEYS.length;
    while (!(await isWhole())) await delay(5);
    const keys: string[] = [];
    for (let next: string | null = ''; next !== null;) {
      const { body } = await get(`${url}/streams/stores/counts?limit=7${next}`);
      const { rows, cursor } = body as { rows: readonly { readonly key: string }[]; cursor: string | null };
      expect(rows.length).toBeLessThanOrEqual(7);
      keys.push(...rows.map(({ key }) => key));
      next = cursor === null ? null : `&cursor=${cursor}`;
    }
    expect(keys.toSorted()).toEqual(KEYS.toSorted());
    const { body } = await get(`${url}/streams/stores/counts?prefix=s1`);
    expect((body['rows'] as { key: string }[]).map(({ key }) => key).toSorted()).toEqual(
      KEYS.filter((key) => key.startsWith('s1')).toSorted(),
    );
    expect(
      ((await get(`${url}/streams/stores/counts?from=s18&to=s2`)).body['rows'] as { key: string }[])
        .map(({ key }) => key)
        .toSorted(),
    ).toEqual(['s18', 's19', 's2']);
  });

  it.each([
    [400, 'HFS_INVALID_QUERY', 'counts?limit=0', /limit must be a whole number from 1/],
    [400, 'HFS_INVALID_QUERY', 'counts?cursor=x', /cursor/],
    [400, 'HFS_INVALID_QUERY', 'windows/s1/windows?cursor=7', /cursor/],
    [400, 'HFS_INVALID_QUERY', 'counts/s1?partition=9', /it has 4 partitions/],
    [400, 'HFS_INVALID_QUERY', 'counts/s1?keyFormat=json', /it is no JSON/],
    [400, 'HFS_INVALID_QUERY', 'counts/7?keyFormat=json', /whose keys are string/],
    [400, 'HFS_INVALID_QUERY', 'windows/s1/windows?fromMs=2&toMs=1', /fromMs is 2, behind toMs, 1/],
    [404, 'HFS_KEY_NOT_FOUND', 'counts/none', /has no value for this key/],
    [404, 'HFS_UNKNOWN_STORE', 'none/s1', /It has .*counts/],
    [409, 'HFS_STORE_KIND', 'counts/s1/windows', /it is a keyValue store/],
    [409, 'HFS_STORE_KIND', 'windows/s1', /Ask for the windows of the key/],
    [409, 'HFS_STORE_KIND', 'counts/s1?asOfMs=1', /keeps no history/],
  ] as const)('answers %i %s to %s', async (status, code, path, detail) => {
    const url = await serve();
    await send([one('s1')]);
    await until(`${url}/streams/stores/counts/s1`, hasValue(1));
    const answer = await get(`${url}/streams/stores/${path}`);
    expect(answer.body).toMatchObject({
      type: 'about:blank',
      status,
      code,
      detail: expect.stringMatching(detail),
    });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  it('answers 503 while the application does not run yet, and when to ask again', async () => {
    const module = await Test.createTestingModule({
      imports: [StreamsModule.forRoot({ applicationId: 'queries', log: log.share(), autoStart: false }), StreamsQueriesModule.register()],
      providers: [ReadingsTopology],
    }).setLogger(new QuietLogger()).compile(); // prettier-ignore
    const nest = module.createNestApplication(adapter());
    running.push(nest);
    await nest.listen(0, '127.0.0.1');
    const { port } = nest.getHttpServer().address() as { port: number };
    const answer = await get(`http://127.0.0.1:${port}/streams/stores/counts/s1`);
    expect(answer).toMatchObject({ status: 503, body: { code: 'HFS_STORE_NOT_AVAILABLE' } });
    expect(answer.headers.get('retry-after')).toBe('1');
  });

  it('keeps to its guards, its path and the stores it may show', async () => {
    const url = await serve({
      options: { path: 'state', stores: [counts], decorators: [UseGuards(TokenGuard)] },
    });
    await send([one('s1')]);
    const refused = await get(`${url}/state/counts/s1`);
    expect(refused).toMatchObject({ status: 403, body: { status: 403, detail: 'a token is needed' } });
    const headers = { authorization: 'Bearer secret' };
    await until(`${url}/state/counts/s1`, hasValue(1), headers);
    expect((await get(`${url}/state`, headers)).body).toMatchObject({ stores: [{ name: 'counts' }] });
    expect(await get(`${url}/state/windows/s1/windows`, headers)).toMatchObject({
      status: 404,
      body: { code: 'HFS_UNKNOWN_STORE' },
    });
  });

  it('injects a store', async () => {
    const url = await serve();
    await send([one('s1')]);
    await until(`${url}/streams/stores/counts/s1`, hasValue(1));
    expect((await get(`${url}/counts-of/s1`)).body).toEqual({ count: 1 });
    expect((await get(`${url}/counts-of/none`)).body).toEqual({ count: null });
  });

  describe('with two instances', () => {
    let ports: number[];
    const headers = { authorization: 'Bearer secret' };

    async function two(advertise = true): Promise<string[]> {
      ports = [await freePort(), await freePort()];
      const urls: string[] = [];
      for (const port of ports)
        urls.push(
          await serve({
            port,
            stores: inMemoryStores(),
            options: { decorators: [UseGuards(TokenGuard)] },
            ...(advertise && { applicationServer: `127.0.0.1:${port}` }),
          }),
        );
      for (const url of urls.toReversed()) await until(`${url}/health/ready`, ({ status }) => status === 200);
      await send(KEYS.map(one));
      return urls;
    }

    it('answers every key from each, by asking the one that has it', async () => {
      const urls = await two();
      for (const url of urls)
        for (const key of KEYS) await until(`${url}/streams/stores/counts/${key}`, hasValue(1), headers);
      const keys = [];
      for await (const { key } of new StreamsClient({ baseUrl: urls[0]!, headers }).store(counts).all())
        keys.push(key);
      expect(keys.toSorted()).toEqual(KEYS.toSorted());
      expect(await get(`${urls[0]}/streams/stores/counts/none`, headers)).toMatchObject({ status: 404 });
      expect(await get(`${urls[1]}/streams/stores/counts/none`, headers)).toMatchObject({ status: 404 });
    });

    it('refuses to pass on what was passed on, and what nobody can be asked for', async () => {
      const urls = await two();
      for (const key of KEYS) await until(`${urls[0]}/streams/stores/counts/${key}`, hasValue(1), headers);
      const again = { ...headers, 'streams-forwarded-by': 'another' };
      const answers = await Promise.all(
        KEYS.map((key) => get(`${urls[0]}/streams/stores/counts/${key}`, again)),
      );
      const refused = answers.filter(({ status }) => status === 421);
      expect(refused.length).toBeGreaterThan(0);
      expect(refused.length).toBeLessThan(KEYS.length);
      expect(refused[0]!.body).toMatchObject({
        code: 'HFS_STORE_NOT_HERE',
        detail: expect.stringContaining(`127.0.0.1:${ports[1]} has it`),
      });
    });

    it('answers 421 where instances advertise no address, and says what to do', async () => {
      const urls = await two(false);
      const answers = () =>
        Promise.all(KEYS.map((key) => get(`${urls[0]}/streams/stores/counts/${key}`, headers)));
      let found = await answers();
      while (found.some(({ status }) => status !== 200 && status !== 421)) found = await answers();
      expect(found.find(({ status }) => status === 421)!.body).toMatchObject({
        detail: expect.stringContaining('set applicationServer on each'),
      });
    });
  });

  it('gives a typed client what the process itself would see', async () => {
    const url = await serve();
    await send([['s1', 7, 1], ['s1', 8, 2], ['s1', 9, 15]]); // prettier-ignore
    await until(`${url}/streams/stores/versions/s1`, hasValue(9));
    const seen: unknown[] = [];
    const client = new StreamsClient({ baseUrl: url, onAnswer: ({ lagOffsets }) => seen.push(lagOffsets) });
    while ((await client.store(windows).fetch('s1', 10)) !== 1) await delay(5);
    expect(await client.store(counts).get('s1')).toBe(3);
    expect(await client.store(counts).get('none')).toBeUndefined();
    expect(await client.store(big).get('s1')).toEqual({ at: 15 });
    expect(await client.store(versions).get('s1', 3)).toEqual({ value: 8, timestampMs: 2, validToMs: 15 });
    const row = { key: { key: 's1', window: { startMs: 0, endMs: 10 } }, value: 2 };
    const rows = [];
    for await (const one of client.store(windows).fetchAll({ startMs: 0, endMs: 9 })) rows.push(one);
    expect(rows).toEqual([row]);
    expect(await client.store(sessions).get({ key: 's1', window: { startMs: 1, endMs: 2 } })).toBe(2);
    expect((await client.stores()).map(({ name }) => name)).toContain('counts');
    expect(seen.length).toBeGreaterThan(5);
    await expect(
      client.store(storeRef<ReadOnlyKeyValueStore<string, number>>('none')).get('x'),
    ).rejects.toMatchObject({
      code: 'HFS_QUERY',
      status: 404,
      problemCode: 'HFS_UNKNOWN_STORE',
    });
  });
});
