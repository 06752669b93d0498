import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SegmentWriter, StoreError } from '@hiveframe/streams';
import type { SegmentId, StoreFlush, StorePort } from '@hiveframe/streams';
import { redis, type RedisStoreOptions } from '@hiveframe/streams-redis';
import { eventually } from '../support/eventually.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { RedisServer, redisServerBinary } from '../support/redis-server.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

const binary = redisServerBinary();
const describeWithServer = binary === undefined ? describe.skip : describe;

const ID = { applicationId: 'app', store: 'store', partition: 0 };
const SPEC = { name: 'store', kind: 'window' } as const;

let logger: RecordingLogger;
let open: StorePort[] = [];
beforeEach(() => {
  logger = new RecordingLogger();
});
afterEach(async () => {
  await Promise.all(open.map((stores) => stores.close(1_000)));
  open = [];
});

function storesOn(options: RedisStoreOptions): StorePort {
  const stores = redis({ logger, commandTimeoutMs: 2_000, ...options });
  open.push(stores);
  return stores;
}

function flushOf(
  fromOffset: number,
  toOffset: number,
  segment: SegmentId,
  value: Buffer | string,
): StoreFlush {
  const writer = new SegmentWriter();
  writer.append(Buffer.from('key'), Buffer.from(value));
  return { writes: [writer.take(segment)], expireBeforeMs: null, fromOffset, toOffset };
}

async function errorOf(promise: Promise<unknown>): Promise<StoreError> {
  const error = await promise.then(
    () => new Error('it resolved'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof StoreError)) throw new Error('Expected a StoreError.', { cause: error });
  return error;
}

describe('redis that cannot be reached at start', () => {
  it('is tried again with one line a try, without secrets, until the signal aborts', async () => {
    const proxy = await TcpProxy.create();
    const stores = storesOn({ url: `redis://worker:s3cret@${proxy.address}` });
    const stop = new AbortController();
    const connecting = errorOf(stores.connect(stop.signal));
    await eventually('three tries', () => logger.lines.length >= 3);
    stop.abort();
    const error = await connecting;
    expect(error.message).toContain(`Cannot connect (Redis at ${proxy.address}): connect ECONNREFUSED`);
    expect(logger.lines[0]).toMatch(
      /^warn Cannot reach Redis at 127.0.0.1:\d+: connect ECONNREFUSED 127.0.0.1:\d+. Try 1, the next one in \d+ ms.$/,
    );
    expect(logger.lines[2]).toContain('Try 3');
    expect(logger.lines.join() + error.stack).not.toContain('s3cret');
  });

  it('is given up at once when the signal has aborted already', async () => {
    const proxy = await TcpProxy.create();
    const error = await errorOf(storesOn({ url: `redis://${proxy.address}` }).connect(AbortSignal.abort()));
    expect(error.message).toContain('given up');
  });

  it('is still tried for one who waits when another gave up', async () => {
    const proxy = await TcpProxy.create();
    const stores = storesOn({ url: `redis://${proxy.address}` });
    const [first, second] = [new AbortController(), new AbortController()];
    const givenUp = errorOf(stores.connect(first.signal));
    const waiting = errorOf(stores.connect(second.signal));
    first.abort();
    await givenUp;
    const tries = logger.lines.length;
    await eventually('another try', () => logger.lines.length > tries);
    second.abort();
    expect((await waiting).message).toContain('given up');
  });

  it('is told of when nobody connected', async () => {
    const proxy = await TcpProxy.create();
    const stores = storesOn({ url: `redis://${proxy.address}` });
    expect((await errorOf(stores.open(ID, SPEC))).message).toContain('connect() was not awaited');
  });
});

describeWithServer('redis that goes away', () => {
  let server: RedisServer;
  let proxy: TcpProxy;
  let stores: StorePort;

  beforeEach(async () => {
    server = await RedisServer.start(binary!);
    proxy = await TcpProxy.create(server.address);
    await proxy.restore();
    stores = storesOn({ url: `redis://${proxy.address}` });
  });
  afterEach(async () => {
    await proxy.cut();
    await server.stop();
  });

  it('is found when it comes up late', async () => {
    await proxy.cut();
    const connecting = stores.connect(AbortSignal.timeout(20_000));
    await eventually('a try', () => logger.lines.length > 0);
    await proxy.restore();
    await connecting;
    expect((await stores.open(ID, SPEC)).changelogOffset).toBeNull();
  });

  it('makes a flush wait through a short outage, told in two lines', async () => {
    await stores.connect();
    const owner = await stores.open(ID, SPEC);
    await proxy.cut();
    const flushed = owner.flush(flushOf(0, 1, 0, 'value'));
    await eventually('the loss is told', () => logger.with('Lost the connection').length === 1);
    // Long enough for several tries to fail.
    await delay(700);
    await proxy.restore();
    expect(await flushed).toBe('applied');
    expect(logger.lines).toEqual([
      expect.stringContaining(`warn Lost the connection to Redis at ${proxy.address}`),
      expect.stringMatching(/^info Redis at .* is back after \d+\.\d s\.$/),
    ]);
  });

  it('applies a flush once, whose answer was lost', async () => {
    await stores.connect();
    const owner = await stores.open(ID, SPEC);
    await owner.flush(flushOf(0, 1, 0, 'value'));
    for (let offset = 1; offset < 20; offset++) {
      const sent = owner.flush(flushOf(offset, offset + 1, 0, Buffer.alloc(200_000, offset)));
      // At another place of the way there and back each time.
      for (let i = 0; i < offset; i++) await new Promise(setImmediate);
      await proxy.cut();
      await proxy.restore();
      expect(['applied', 'alreadyApplied']).toContain(await sent);
    }
    expect((await owner.getMany(0, [Buffer.from('key')]))[0]).toEqual(Buffer.alloc(200_000, 19));
    expect((await stores.open(ID, SPEC)).changelogOffset).toBe(20);
  }, 60_000);

  it('rejects, to be tried again, when the outage lasts longer than the deadline', async () => {
    stores = storesOn({ url: `redis://${proxy.address}`, commandTimeoutMs: 500 });
    await stores.connect();
    const owner = await stores.open(ID, SPEC);
    await proxy.cut();
    const error = await errorOf(owner.flush(flushOf(0, 1, 0, 'value')));
    expect(error.retryable).toBe(true);
    expect(error.message).toMatch(
      /^Cannot flush store partition app:store:0 .*: no connection, connect ECONNREFUSED/,
    );
    expect(await errorOf(owner.getMany(0, [Buffer.from('key')]))).toMatchObject({ retryable: true });
    await proxy.restore();
    await eventually('the connection is back', () => logger.lines.length === 2);
    expect(await owner.flush(flushOf(0, 1, 0, 'value'))).toBe('applied');
  });

  it('rejects within the deadline when the server hangs, and goes on when it answers again', async () => {
    stores = storesOn({ url: `redis://${proxy.address}`, commandTimeoutMs: 500 });
    await stores.connect();
    const owner = await stores.open(ID, SPEC);
    server.kill('SIGSTOP');
    const startedMs = performance.now();
    const error = await errorOf(owner.flush(flushOf(0, 1, 0, 'value')));
    expect(error.retryable).toBe(true);
    expect(performance.now() - startedMs).toBeLessThan(1_500);
    server.kill('SIGCONT');
    const flushed = await eventually('the flush is through', async () =>
      owner.flush(flushOf(0, 1, 0, 'value')).catch(() => undefined),
    );
    expect(['applied', 'alreadyApplied']).toContain(flushed);
  });

  it('finds a gap when it came back empty', async () => {
    await stores.connect();
    const owner = await stores.open(ID, SPEC);
    await owner.flush(flushOf(0, 10, 0, 'value'));
    await server.crash();
    await server.start();
    expect(await owner.flush(flushOf(10, 20, 0, 'value'))).toBe('gap');
    const again = await stores.open(ID, SPEC);
    expect(again.changelogOffset).toBeNull();
    expect(await again.flush(flushOf(0, 20, 0, 'rebuilt'))).toBe('applied');
  });

  it('ends a waiting call when the port is closed', async () => {
    await stores.connect();
    const owner = await stores.open(ID, SPEC);
    await proxy.cut();
    const waiting = errorOf(owner.flush(flushOf(0, 1, 0, 'value')));
    await stores.close(1_000);
    expect((await waiting).message).toContain('closed');
  });
});

describeWithServer('redis that is not fit', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start(binary!);
  });
  afterAll(() => server.stop());

  it.each(['allkeys-lru', 'volatile-ttl'])('is refused when its policy is %s', async (policy) => {
    await server.admin((client) => client.config('SET', 'maxmemory-policy', policy));
    const error = await errorOf(storesOn({ url: server.url }).connect());
    expect(error.message).toMatch(`maxmemory-policy ${policy} may evict keys`);
    expect(error.message).toContain('CONFIG SET maxmemory-policy noeviction');
    expect(error.retryable).toBe(false);
    await server.admin((client) => client.config('SET', 'maxmemory-policy', 'noeviction'));
    await storesOn({ url: server.url }).connect();
  });

  it('tells its policy by INFO where CONFIG is forbidden', async () => {
    await server.admin(async (client) => {
      await client.acl('SETUSER', 'managed', 'on', '>s3cret', '~*', '+@all', '-config');
      await client.config('SET', 'maxmemory-policy', 'allkeys-lfu');
    });
    const url = `redis://managed:s3cret@${server.address}`;
    expect((await errorOf(storesOn({ url }).connect())).message).toContain('allkeys-lfu');
    await server.admin((client) => client.config('SET', 'maxmemory-policy', 'noeviction'));
    await storesOn({ url }).connect();
  });

  it('is refused when it does not tell its policy', async () => {
    await server.admin((client) =>
      client.acl('SETUSER', 'silent', 'on', '>s3cret', '~*', '+@all', '-config', '-info'),
    );
    const stores = storesOn({
      url: `redis://silent:s3cret@${server.address}`,
      client: { enableReadyCheck: false },
    });
    expect((await errorOf(stores.connect())).message).toContain('does not tell its maxmemory-policy');
  });

  it('is refused with wrong credentials, at once and without telling them', async () => {
    const error = await errorOf(storesOn({ url: `redis://nobody:s3cret@${server.address}` }).connect());
    expect(error.message).toMatch(/WRONGPASS .*check user and password/);
    expect(error.retryable).toBe(false);
    expect(JSON.stringify([error, error.stack, error.cause, logger.lines])).not.toContain('s3cret');
  });

  it('lets a user do with the rights that the documentation names', async () => {
    const commands = [
      'evalsha',
      'eval',
      'hget',
      'hmget',
      'hset',
      'hdel',
      'hincrby',
      'hscan',
      'hlen',
      'hexists',
      'hkeys',
      'exists',
      'type',
      'time',
      'unlink',
    ];
    const others = ['zadd', 'zrem', 'zrange', 'zrangebyscore', 'zremrangebyscore', 'info', 'config|get'];
    const rights = [...commands, ...others].map((command) => `+${command}`);
    await server.admin((client) => client.acl('SETUSER', 'stores', 'on', '>s3cret', '~hfs:*', ...rights));
    const stores = storesOn({ url: `redis://stores:s3cret@${server.address}` });
    await stores.connect();
    const owner = await stores.open({ ...ID, store: 'rights' }, SPEC);
    expect(await owner.flush({ ...flushOf(0, 1, 5_000, 'value'), expireBeforeMs: 1_000 })).toBe('applied');
    expect(await owner.segments()).toEqual([5_000]);
    expect(await owner.clear()).toBe('applied');
  });
});

describeWithServer('redis at its maxmemory', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start(binary!, ['--maxmemory', '20mb', '--maxmemory-policy', 'noeviction']);
  });
  afterAll(() => server.stop());

  it('refuses a flush whole, naming the cause, and takes one that removes windows', async () => {
    const stores = storesOn({ url: server.url });
    await stores.connect();
    const owner = await stores.open(ID, SPEC);
    let offset = 0;
    let error: StoreError | undefined;
    for (; error === undefined && offset < 100; offset++) {
      const flush = flushOf(offset, offset + 1, offset * 1_000, Buffer.alloc(1_000_000, offset));
      error = await owner.flush(flush).then(
        () => undefined,
        (reason: StoreError) => reason,
      );
    }
    const stored = offset - 1;
    expect(error!.message).toMatch(/OOM .*maxmemory and nothing was applied: raise maxmemory/);
    expect(error!.retryable).toBe(true);
    expect(await owner.segments()).toHaveLength(stored);

    // Refused again and again, not only by the memory that the refused flush itself took.
    await server.admin((client) => client.config('SET', 'maxmemory', '10mb'));
    const tooMuch = flushOf(stored, offset, stored * 1_000, Buffer.alloc(1_000_000, 1));
    await expect(owner.flush(tooMuch)).rejects.toThrow('OOM');
    expect(await owner.flush({ ...tooMuch, expireBeforeMs: 5_000 })).toBe('applied');
    expect(await owner.segments()).toHaveLength(stored + 1 - 5);
    const next = flushOf(offset, offset + 1, offset * 1_000, 'small');
    await expect(owner.flush(next)).rejects.toThrow('OOM');
    await server.admin((client) => client.config('SET', 'maxmemory', '100mb'));
    expect(await owner.flush(next)).toBe('applied');
  });
});
