/** Over real HTTP, on both platforms, with the real engine on the embedded log. */
import { setTimeout as delay } from 'node:timers/promises';
import { json, LogError, RecordBatchWriter, string, topic, type StreamsBuilder } from '@hiveframe/streams';
import { embedded, type EmbeddedLog } from '@hiveframe/streams-embedded';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Injectable,
  Logger,
  UnauthorizedException,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
} from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { instead } from '../../../streams/test/support/instead.ts';
import { QuietLogger } from '../../test/quiet-logger.ts';
import { StreamTopology } from '../decorators/stream-topology.decorator.ts';
import type { StreamsModuleOptions } from '../interfaces/streams-module-options.interface.ts';
import type { TopologyDefinition } from '../interfaces/topology-definition.interface.ts';
import { StreamsModule } from '../streams.module.ts';
import type { DeadLettersModuleOptions } from './dead-letters-options.ts';
import { StreamsDeadLettersModule } from './streams-dead-letters.module.ts';

interface Job {
  readonly size: number;
}
const jobs = topic('jobs', { key: string(), value: json<Job>() });

@StreamTopology()
class JobsTopology implements TopologyDefinition {
  build(builder: StreamsBuilder): void {
    builder
      .stream(jobs)
      .mapValues(({ size }) => {
        if (size < 0) throw new RangeError(`size ${size}`);
        return size;
      })
      .to(topic('done', { key: string(), value: json<number>() }));
  }
}

interface WithUser {
  readonly headers: Readonly<Record<string, string>>;
  user?: string;
}
/** As an authentication does it: who it is lies in the request. */
@Injectable()
class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<WithUser>();
    const { authorization = '' } = request.headers;
    if (!authorization.startsWith('Bearer ')) throw new UnauthorizedException('a token is needed');
    request.user = authorization.slice('Bearer '.length);
    return true;
  }
}
const byUser: Required<Pick<DeadLettersModuleOptions, 'decorators' | 'authorizeReplay'>> = {
  decorators: [UseGuards(TokenGuard)],
  authorizeReplay: (request, { force }) => {
    const { user } = request as WithUser;
    return user === undefined || (force && user !== 'ada') ? null : user;
  },
};

interface Answer {
  readonly status: number;
  readonly body: {
    readonly items?: readonly unknown[];
    readonly cursor?: string | null;
    readonly [name: string]: unknown;
  };
  readonly headers: Headers;
}

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
] as const)('StreamsDeadLettersModule on %s', (_, adapter) => {
  let log: EmbeddedLog;
  let running: INestApplication[];
  let url: string;

  beforeEach(async () => {
    running = [];
    log = embedded();
    await log.connect();
    await log.admin.create(['jobs', 'done', 'mended'].map((name) => ({ topic: name, numPartitions: 2 })));
  });
  afterEach(async () => {
    for (const nest of running.reverse()) await nest.close();
    Logger.overrideLogger(false);
    await log.close(1_000);
  });

  async function serve(
    options: DeadLettersModuleOptions = byUser,
    settings: Partial<StreamsModuleOptions> = {},
  ) {
    const module = await Test.createTestingModule({
      imports: [
        StreamsModule.forRoot({ applicationId: 'jobs', log: log.share(), commitIntervalMs: 5, ...settings }),
        StreamsDeadLettersModule.register(options),
      ],
      providers: [JobsTopology],
    })
      .setLogger(new QuietLogger())
      .compile();
    const nest = module.createNestApplication(adapter());
    running.push(nest);
    await nest.listen(0, '127.0.0.1');
    url = `http://127.0.0.1:${(nest.getHttpServer().address() as { port: number }).port}/streams/dead-letters`;
    return nest;
  }
  const send = async (...values: readonly string[]) => {
    const records = new RecordBatchWriter();
    for (const value of values) records.append(Buffer.from('k'), Buffer.from(value), 1_000);
    await log.writer().send([{ topic: 'jobs', partition: 1, records: records.take() }]);
  };
  async function ask(path: string, body?: object | string, by: string | null = 'ada'): Promise<Answer> {
    const response = await fetch(`${url}${path}`, {
      headers: {
        ...(by !== null && { authorization: `Bearer ${by}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    });
    return { status: response.status, body: JSON.parse(await response.text()), headers: response.headers };
  }
  const replay = (body: object | string, by?: string) => ask('/replay', body, by);
  async function letters(count: number): Promise<Answer> {
    for (const deadlineMs = performance.now() + 10_000; ; await delay(5)) {
      const answer = await ask('');
      if (answer.body.items?.length === count) return answer;
      if (performance.now() > deadlineMs) throw new Error(JSON.stringify(answer.body));
    }
  }

  it('lists them in pages, and shows one whole', async () => {
    await serve();
    await send('{"size":-1}', '{"size":1}', '{"size":');
    const { headers } = await letters(2);
    expect(headers.get('cache-control')).toBe('no-store');
    const first = await ask('?limit=1');
    expect(first.body).toMatchObject({
      items: [
        {
          topic: 'jobs-dead-letters',
          reason: { kind: 'processing' },
          source: { topic: 'jobs', partition: 1, offset: 0 },
          timestampMs: 1_000,
          key: { text: 'k' },
          value: { json: { size: -1 } },
        },
      ],
      cursor: '1:1',
    });
    expect((await ask(`?cursor=${first.body.cursor}`)).body).toMatchObject({
      items: [{ reason: { kind: 'deserialization' }, value: { text: '{"size":' } }],
      cursor: null,
    });
    expect((await ask('?reason=deserialization&topic=jobs&partition=1&sinceMs=0')).body.items!.length).toBe(
      1,
    );
    expect((await ask('/jobs-dead-letters/1/0')).body).toMatchObject({ offset: 0, replays: 0 });
  });

  it('replays what is selected, edited, once, and tells who did', async () => {
    await serve();
    await send('{"size":-1}', '{"size":-2}');
    await letters(2);
    const selection = { letters: [{ partition: 1, offset: 0 }] };
    const edit = { value: { merge: { size: 4 } } };
    const dry = await replay({ selection, edit, dryRun: true });
    expect(dry).toMatchObject({
      status: 200,
      body: { dryRun: true, replayed: 1, outcomes: [{ decodes: true }] },
    });
    expect((await ask('/audit')).body).toEqual({ items: [], cursor: null });
    const { body: report } = await replay({ selection, edit });
    expect(report).toMatchObject({
      replayed: 1,
      outcomes: [{ to: { topic: 'jobs', partition: 1, offset: 2 } }],
    });
    const rest = await replay({ selection: { all: true }, to: 'mended' }, 'bob');
    expect(rest.body).toMatchObject({ replayed: 1, refused: { alreadyReplayed: 1 } });
    expect((await ask('/audit')).body.items).toMatchObject([
      { by: 'ada', replayId: report['replayId'], edit: { value: { after: expect.any(String) } } },
      { by: 'bob', to: { topic: 'mended' }, edit: null },
    ]);
    expect((await ask('/audit?letter=1:1&limit=5&sinceMs=0')).body.items).toMatchObject([{ by: 'bob' }]);
  });

  it('looks at so many at a time as it may, and says where to go on', async () => {
    await serve({ ...byUser, maxLettersPerReplay: 2 });
    await send(...[-1, -2, -3].map((size) => `{"size":${size}}`));
    await letters(3);
    const body = { selection: { all: true }, to: 'mended', limit: 1_000 };
    const first = await replay(body);
    expect(first.body).toMatchObject({ replayed: 2, cursor: '1:2' });
    expect((await replay({ ...body, cursor: '1:2' })).body).toMatchObject({ replayed: 1, cursor: null });
    const many = [0, 1, 2].map((offset) => ({ partition: 1, offset }));
    expect(await replay({ selection: { letters: many } })).toMatchObject({
      status: 400,
      body: { detail: 'Cannot replay 3 dead letters with one request: 2 at most. Send several.' },
    });
  });

  it('replays for nobody unless it is told who that is', async () => {
    await serve({});
    for (const dryRun of [true, false])
      expect(await replay({ selection: { all: true }, dryRun })).toMatchObject({
        status: 403,
        body: { status: 403, detail: expect.stringContaining('authorizeReplay that names the operator') },
      });
    expect(await ask('')).toMatchObject({ status: 200, body: { items: [] } });
  });

  it('keeps to its guards, and to what they may who are let in', async () => {
    await serve();
    for (const path of ['', '/audit', '/jobs-dead-letters/0/0'])
      expect(await ask(path, undefined, null)).toMatchObject({
        status: 401,
        body: { detail: 'a token is needed' },
      });
    expect(await ask('/replay', { selection: { all: true } }, null)).toMatchObject({ status: 401 });
    const forced = { selection: { all: true }, force: true };
    expect(await replay(forced, 'bob')).toMatchObject({
      status: 403,
      body: { detail: 'You may not replay these dead letters.' },
    });
    expect(await replay(forced, 'ada')).toMatchObject({ status: 200, body: { replayed: 0 } });
  });

  it.each([
    [400, '?limit=1001', undefined, 'limit must be from 1 to 1000'],
    [400, '?limit=x', undefined, 'limit must be a whole number from 0'],
    [400, '?cursor=x', undefined, 'it is no cursor'],
    [400, '?topc=a', undefined, 'there is no topc'],
    [400, '/audit?by=ada', undefined, 'Cannot read the audit: there is no by'],
    [400, '/audit?letter=7', undefined, 'it must be partition:offset'],
    [400, '/jobs-dead-letters/0/x', undefined, 'it must be partition:offset'],
    [404, '/jobs-dead-letters/0/0', undefined, 'There is no dead letter in jobs-dead-letters-0 at offset 0'],
    [404, '/other/0/0', undefined, 'they are in jobs-dead-letters'],
    [400, '/replay', [], 'send a JSON object'],
    [400, '/replay', {}, 'it has no selection'],
    [400, '/replay', { selection: {} }, 'Cannot select dead letters: nothing is said'],
    [400, '/replay', { selection: { all: true }, dry_run: true }, 'there is no dry_run'],
    [400, '/replay', { selection: { all: true }, dryRun: 'true' }, 'dryRun must be of type boolean'],
    [400, '/replay', { selection: { all: true }, edit: { values: 1 } }, 'values is none of key, value'],
    [
      400,
      '/replay',
      { selection: { all: true }, to: 'jobs-dead-letters-audit' },
      'is no place for its records',
    ],
  ] as const)('answers %i to %s %j', async (status, path, body, detail) => {
    await serve();
    const answer = await ask(path, body);
    expect(answer.body).toMatchObject({
      type: 'about:blank',
      status,
      detail: expect.stringContaining(detail),
    });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  it('answers 409 to who replays when somebody else has begun to', async () => {
    const begun = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const shared = log.share();
    const held = instead(shared, {
      transactionalWriter: (options) => {
        const writer = shared.transactionalWriter(options);
        if (!options.transactionalId.endsWith('-replay')) return writer;
        const begin = () => {
          const transaction = writer.begin();
          const commit = async () => {
            begun.resolve();
            await goOn.promise;
            return transaction.commit();
          };
          return instead(transaction, { commit });
        };
        return instead(writer, { begin });
      },
    });
    await serve(byUser, { log: held });
    await send('{"size":-1}');
    await letters(1);
    const first = replay({ selection: { all: true }, to: 'mended' });
    await begun.promise;
    const other = log.transactionalWriter({
      transactionalId: 'jobs-dead-letters-replay',
      transactionTimeoutMs: 10_000,
    });
    await other.open();
    goOn.resolve();
    expect(await first).toMatchObject({
      status: 409,
      body: { code: 'HFS_LOG', detail: expect.stringContaining('somebody else has begun one') },
    });
    await other.close();
    expect((await ask('/audit')).body).toEqual({ items: [], cursor: null });
  });

  it('answers 503 while the log is away, and when to ask again', async () => {
    const connect = async () => {
      throw new LogError({ kind: 'unavailable' }, 'the log is away');
    };
    await serve(byUser, { log: instead(log.share(), { connect }), autoStart: false });
    const answer = await ask('');
    expect(answer).toMatchObject({ status: 503, body: { code: 'HFS_LOG' } });
    expect(answer.headers.get('retry-after')).toBe('1');
  });
});

it('names all settings that cannot be, together', () => {
  expect(() => StreamsDeadLettersModule.register({ maxReplays: 0, maxLettersPerReplay: 10_001 })).toThrow(
    'Cannot serve dead letters at streams/dead-letters: maxReplays must be a whole number above 0, is 0; maxLettersPerReplay must not be above 10000.',
  );
});
