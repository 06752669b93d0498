/** What a new user does, in order: each step stands on the one before it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { archivedOrders } from './archive.ts';
import { ROOT, Workplace } from './new-service.ts';
import { byId, order } from './orders.ts';
import { RunningService } from './running-service.ts';
import { run } from './user-shell.ts';

const STEP_MS = 120_000;
const MAIN = ['node', '--enable-source-maps', '--env-file=.env.development', 'dist/main.js'] as const;

describe('a new user', () => {
  let place: Workplace;
  let service: string;
  beforeAll(async () => {
    place = await Workplace.withPackages();
  }, STEP_MS);
  afterAll(() => place[Symbol.dispose]());

  it(
    'creates a service, which installs what it needs',
    async () => {
      service = await place.create('my-service', '--archive', 'parquet');
      expect(JSON.parse(readFileSync(join(service, 'package.json'), 'utf8'))).toMatchObject({
        name: 'my-service',
      });
      expect(existsSync(join(service, 'node_modules/@hiveframe/streams-postgres/dist/index.js'))).toBe(true);
    },
    STEP_MS,
  );

  it('is told why a folder that is not empty is left alone', async () => {
    await expect(place.create('my-service')).rejects.toThrow(
      /Cannot create a service in .*my-service: there is/,
    );
  });

  it(
    'adds a topology, a processor, a source and a sink, each entered in the nearest module',
    async () => {
      await run(service, ['npx', 'nest', 'g', 'topology', 'payments']);
      await run(service, ['npx', 'nest', 'g', 'processor', 'changes', '--flat']);
      await run(service, ['npx', 'nest', 'g', 'source', 'exchange-rates', 'orders']);
      await run(service, ['npx', 'nest', 'g', 'sink', 'orders/audit-log']);
      const module = (path: string): string => readFileSync(join(service, 'src', path), 'utf8');
      expect(module('app.module.ts')).toContain('providers: [PaymentsTopology, ChangesProcessor],');
      expect(module('orders/orders.module.ts')).toContain('providers: [ExchangeRatesSource, AuditLogSink],');
      await run(service, ['npx', 'nest', 'g', 'service', 'customers']); // Nest's own are there too
      const before = module('app.module.ts');
      expect(await run(service, ['npx', 'nest', 'g', 'topology', 'payments'])).toMatch(
        /Cannot create PaymentsTopology: src\/payments\/payments\.topology\.ts is there already/,
      );
      expect(module('app.module.ts')).toBe(before);
    },
    STEP_MS,
  );

  it(
    'finds it well typed, linted, formatted, and built',
    async () => {
      await run(service, ['npm', 'run', 'typecheck']);
      await run(service, ['npm', 'run', 'lint']);
      await run(service, ['npx', 'prettier', '--check', '.']);
      await run(service, ['npm', 'run', 'build']);
    },
    STEP_MS,
  );

  it(
    'sees all tests pass, those of what was added among them',
    async () => {
      const report = await run(service, ['npm', 'test']);
      expect(report).toMatch(/Test Suites: 7 passed, 7 total/);
    },
    STEP_MS,
  );

  it(
    'runs it without a broker, posts orders, kills it, and has exact totals, and each order in files once',
    async () => {
      await using first = await RunningService.start(service, 'npm', 'run', 'start:dev');
      const orders = [order('a1', 'ada', 1_250), order('b1', 'bob', 990)];
      expect(await first.post(orders)).toEqual({ status: 202, body: { accepted: 2 } });
      expect(await first.post({ id: 'c1' })).toMatchObject({ status: 400 });
      await first.waitFor(
        'totals',
        () => JSON.stringify(first.printedTotals) === '{"ada":[1,1250],"bob":[1,990]}',
      );
      expect(await first.post(order('a2', 'ada', 50))).toMatchObject({ status: 202 });
      await first.process.killAll(); // perhaps before it was summed

      await using second = await RunningService.start(service, ...MAIN);
      await second.post(order('a3', 'ada', 100));
      await second.waitFor('all of the totals', () => second.printedTotals['ada']?.[0] === 3);
      expect(second.printedTotals['ada']).toEqual([3, 1_400]);

      second.process.kill('SIGTERM');
      expect(await second.process.exited).toEqual({ code: 0, signal: null });
      expect(await archivedOrders(join(service, '.streams/archive'))).toEqual(
        [...orders, order('a2', 'ada', 50), order('a3', 'ada', 100)].toSorted(byId),
      );
    },
    STEP_MS,
  );

  it('is told what is missing for Kafka, without a stack', async () => {
    await expect(run(service, ['node', 'dist/main.js'])).rejects.toThrow(
      /code 1, signal null\):\nCannot start with these settings:\n {2}KAFKA_BROKERS: Set it to host:port.*\n+$/,
    );
  });

  it(
    'has the same on Fastify, with the console for results',
    async () => {
      const other = await place.create('my-other', '--http', 'fastify', '--sink', 'console', '--no-install');
      symlinkSync(join(ROOT, 'node_modules'), join(other, 'node_modules'));
      await run(other, ['npm', 'run', 'build']);
      await using started = await RunningService.start(other, ...MAIN);
      expect(await started.post(order('a1', 'ada', 1_250))).toEqual({ status: 202, body: { accepted: 1 } });
      await started.waitFor('totals', () => started.printedTotals['ada']?.[0] === 1);
      started.process.kill('SIGTERM');
      expect(await started.process.exited).toEqual({ code: 0, signal: null });
    },
    STEP_MS,
  );
});
