/** The PostgreSQL sink on a real server: the suite of its contract, and what is PostgreSQL's own. */
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { SinkError, type SinkRecord } from '@hiveframe/streams';
import { PostgresSink, type PostgresSinkOptions } from '@hiveframe/streams-postgres';
import { describeExactlyOnceSinks, type SinkSample } from '@hiveframe/streams-testing/conformance';
import pg from 'pg';
import { postgresUrl } from '../../support/postgres.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';

jest.setTimeout(60_000);

const url = await postgresUrl();
const given = url === undefined ? describe.skip : describe;
const uniqueTable = () => `samples_${randomUUID().replaceAll('-', '')}`;

given('PostgreSQL', () => {
  const client = new pg.Client({ connectionString: url });
  beforeAll(() => client.connect());
  afterAll(() => client.end());

  describeExactlyOnceSinks('PostgreSQL', () => {
    const proxies: TcpProxy[] = [];
    return {
      target: async () => {
        const table = uniqueTable();
        await client.query(`CREATE TABLE ${table} (id int NOT NULL CHECK (id >= 0), text text NOT NULL)`);
        const proxy = await TcpProxy.create(new URL(url!).host);
        await proxy.restore();
        proxies.push(proxy);
        const through = new URL(url!);
        through.hostname = '127.0.0.1';
        through.port = String(proxy.port);
        return {
          impossible: { id: -1, text: 'x' },
          sink: () =>
            new PostgresSink<string, SinkSample>({
              url: through.href,
              table,
              columns: { id: 'int', text: 'text' },
            }),
          ids: async () => {
            const { rows } = await client.query<{ id: number }>(`SELECT id FROM ${table}`);
            return rows.map(({ id }) => id);
          },
          outage: async () => {
            await proxy.cut();
            return () => proxy.restore();
          },
        };
      },
      stop: async () => {
        await Promise.all(proxies.map((proxy) => proxy.cut()));
      },
    };
  });

  describe('rows', () => {
    let table: string;
    let sinks: PostgresSink<unknown, unknown>[] = [];
    const open = async (options: Partial<PostgresSinkOptions<unknown, unknown>>) => {
      table = options.table ?? uniqueTable();
      const sink = new PostgresSink<unknown, unknown>({
        url: url!,
        columns: { id: 'int' },
        ...options,
        table,
      });
      sinks.push(sink);
      const partition = await sink.open(`topic-${table}`, 0);
      let offset = 0;
      return async (...records: readonly (readonly [key: unknown, value: unknown])[]) => {
        const batch = records.map(([key, value]): SinkRecord<unknown, unknown> => {
          const origin = { topic: `topic-${table}`, partition: 0, timestampMs: 0 };
          return { key, value, ...origin, offset: offset++ };
        });
        return (await partition.write(batch, { offset, rejected: [] })) ?? [];
      };
    };
    const rows = async () => (await client.query<object>(`SELECT * FROM ${table} ORDER BY 1`)).rows;
    afterEach(async () => {
      await Promise.all(sinks.map((sink) => sink.close()));
      sinks = [];
    });

    it('are inserted, replaced and deleted by their primary key', async () => {
      const write = await open({ columns: { id: 'text', n: 'int' }, primaryKey: ['id'] });
      await write(['a', { n: 1 }], ['b', { n: 2 }], ['c', { n: 3 }]);
      await write(['a', { n: 4 }], ['b', null], ['d', null], ['a', { n: 5 }]);
      expect(await rows()).toEqual([
        { id: 'a', n: 5 },
        { id: 'c', n: 3 },
      ]);
    });

    it('have the bounds of their windows', async () => {
      const write = await open({
        columns: { sensor: 'text', window_start: 'timestamptz', n: 'int8' },
        primaryKey: ['sensor', 'window_start'],
      });
      const key = { key: 's1', window: { startMs: 60_000, endMs: 90_000 } };
      await write([key, { n: 1 }], [key, { n: 2 }]);
      expect(await rows()).toEqual([{ sensor: 's1', window_start: new Date(60_000), n: '2' }]);
      await write([key, null]);
      expect(await rows()).toEqual([]);
    });

    it('are deleted by another writing of their time in the same batch', async () => {
      const write = await open({ columns: { at: 'timestamptz' }, primaryKey: ['at'] });
      await write([null, { at: new Date(60_000) }], [60_000, null]);
      expect(await rows()).toEqual([]);
    });

    it('hold values of every kind', async () => {
      const write = await open({
        columns: {
          id: 'int',
          f: 'float8',
          big: 'int8',
          num: 'numeric',
          yes: 'boolean',
          doc: 'jsonb',
          tags: 'text[]',
          bytes: 'bytea',
          day: 'date',
          nothing: 'text',
        },
      });
      const value = {
        id: 1,
        f: NaN,
        big: 9_007_199_254_740_993n,
        num: '0.1',
        yes: true,
        doc: { a: ['"\\', null] },
        tags: ['x', 'y"'],
        bytes: new Uint8Array([0, 255]),
        day: 86_400_000,
      };
      expect(await write([null, value])).toEqual([]);
      const { rows: read } = await client.query<object>(`SELECT *, day::text FROM ${table}`);
      expect(read).toEqual([
        {
          ...value,
          big: '9007199254740993',
          bytes: Buffer.from([0, 255]),
          day: '1970-01-02',
          nothing: null,
        },
      ]);
    });

    it('that a column cannot hold are rejected alone, with what PostgreSQL says', async () => {
      const write = await open({ columns: { id: 'int', text: 'text' } });
      const rejected = await write(
        [null, { id: 1, text: 'good' }],
        [null, { id: 'one', text: 'no number' }],
        [null, { id: 3e9, text: 'too large' }],
        [null, { id: 4, text: 'a \u0000 inside' }],
        [null, { id: 5, text: 'good' }],
      );
      expect(rejected.map(({ offset }) => offset)).toEqual([1, 2, 3]);
      expect(rejected[0]!.reason.message).toBe('invalid input syntax for type integer: "one"');
      expect(await rows()).toEqual([
        { id: 1, text: 'good' },
        { id: 5, text: 'good' },
      ]);
    });

    it('that a deferred constraint forbids are rejected alone', async () => {
      const name = uniqueTable();
      await client.query(`CREATE TABLE ${name} (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)`);
      const write = await open({ table: name });
      expect(await write([null, { id: 1 }])).toEqual([]);
      const rejected = await write([null, { id: 2 }], [null, { id: 1 }], [null, { id: 3 }]);
      expect(rejected.map(({ offset }) => offset)).toEqual([2]);
      expect(await rows()).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
    });

    it('that a trigger or a limit of PostgreSQL refuses are rejected alone', async () => {
      const name = uniqueTable();
      await client.query(`CREATE TABLE ${name} (id text PRIMARY KEY);
        CREATE FUNCTION ${name}_check() RETURNS trigger LANGUAGE plpgsql AS
          $$BEGIN IF NEW.id = 'odd' THEN RAISE EXCEPTION 'too odd'; END IF; RETURN NEW; END$$;
        CREATE TRIGGER odd BEFORE INSERT ON ${name} FOR EACH ROW EXECUTE FUNCTION ${name}_check()`);
      const write = await open({ table: name, columns: { id: 'text' }, primaryKey: ['id'] });
      const tooLong = randomBytes(8_000).toString('hex'); // for an index
      const rejected = await write(['a', {}], ['odd', {}], [tooLong, {}], ['b', {}]);
      expect(rejected.map(({ offset }) => offset)).toEqual([1, 2]);
      expect(await rows()).toEqual([{ id: 'a' }, { id: 'b' }]);
    });

    it('that only PostgreSQL takes for the same are written in their order', async () => {
      const write = await open({ columns: { id: 'int', n: 'int' }, primaryKey: ['id'] });
      await write([1, { n: 1 }], ['1', { n: 2 }], ['01', { n: 3 }]);
      expect(await rows()).toEqual([{ id: 1, n: 3 }]);
    });

    it('are not written behind what a server has lost', async () => {
      const write = await open({});
      await write([null, { id: 1 }], [null, { id: 2 }]);
      await client.query('UPDATE hiveframe_sink_positions SET next_offset = 1 WHERE topic = $1', [
        `topic-${table}`,
      ]);
      await expect(write([null, { id: 3 }])).rejects.toMatchObject({
        failure: 'unavailable',
        message: expect.stringContaining('it has lost writes'),
      });
    });
  });

  describe('a table', () => {
    const opening = async (options: Partial<PostgresSinkOptions<unknown, unknown>>) => {
      const sink = new PostgresSink({ url: url!, table: uniqueTable(), columns: { id: 'int' }, ...options });
      try {
        await sink.open('topic', 0);
        return null;
      } catch (error) {
        return error as SinkError;
      } finally {
        await sink.close();
      }
    };

    it('that differs from what is declared is refused with all differences', async () => {
      const table = uniqueTable();
      await client.query(`CREATE TABLE ${table} (id int, label varchar(10), must int NOT NULL)`);
      const columns = { id: 'text', label: 'varchar', more: 'int', odd: 'strange' };
      const error = await opening({ table, columns, primaryKey: ['id'] });
      expect(error).toMatchObject({ failure: 'unusable' });
      for (const fault of [
        'column id is integer, declared text',
        'it has no column more',
        'column odd is declared strange, which is no type here',
        'column must is NOT NULL without a default, and is not declared',
        'it has no primary key or unique index on (id)',
      ]) {
        expect(error!.message).toContain(fault);
      }
    });

    it('is not made where that is switched off', async () => {
      const error = await opening({ createTable: false });
      expect(error?.message).toContain('there is no such table, and createTable is false');
    });

    it('is made once by many that start together', async () => {
      const table = uniqueTable();
      const errors = await Promise.all(range(6).map(() => opening({ table })));
      expect(errors).toEqual(range(6).map(() => null));
    });

    it('in no reachable server is waited for, wrong credentials are not', async () => {
      const away = await opening({ url: 'postgres://postgres:test@127.0.0.1:1/postgres' });
      expect(away).toMatchObject({
        failure: 'unavailable',
        message: expect.stringContaining('ECONNREFUSED'),
      });
      const wrong = new URL(url!);
      wrong.pathname = '/nosuchdatabase';
      expect(await opening({ url: wrong.href })).toMatchObject({ failure: 'unusable' });
    });
  });
});

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
