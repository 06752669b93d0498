/** A new service on Kafka, Redis and PostgreSQL, in containers: `docker compose up` as its README says. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { whyNoContainers } from '../support/service.ts';
import { archivedOrders } from './archive.ts';
import { Workplace } from './new-service.ts';
import { byId, order, postUntilAccepted, type Order } from './orders.ts';
import { run } from './user-shell.ts';

const STEP_MS = 300_000;
const CUSTOMERS = ['ada', 'bob', 'cyd', 'dan', 'eve'];
const REQUESTS = 40;
const ORDERS_PER_REQUEST = 50;

const obstacle = await whyNoContainers();
if (obstacle !== undefined)
  process.stderr.write(`NOT RUN: docker compose up of a new service: ${obstacle}\n`);

(obstacle === undefined ? describe : describe.skip)('a new service in containers', () => {
  let place: Workplace;
  let service: string;
  const project = `starter-${process.pid}`;
  const posted: Order[] = [];
  let ports: Readonly<Record<'PORT' | 'KAFKA_PORT' | 'REDIS_PORT' | 'POSTGRES_PORT', string>>;
  beforeAll(async () => {
    place = await Workplace.withPackages();
    service = await place.create('my-service', '--archive', 'parquet', '--no-install');
    await run(service, ['npm', 'install', '--package-lock-only', '--no-audit', '--no-fund']);
    const [PORT, KAFKA_PORT, REDIS_PORT, POSTGRES_PORT] = await Promise.all(
      Array.from({ length: 4 }, async () => String(await freePort())),
    );
    ports = { PORT: PORT!, KAFKA_PORT: KAFKA_PORT!, REDIS_PORT: REDIS_PORT!, POSTGRES_PORT: POSTGRES_PORT! };
  }, STEP_MS);
  afterAll(async () => {
    await compose('down', '--volumes', '--rmi', 'local', '--timeout', '10');
    place[Symbol.dispose]();
  }, STEP_MS);

  const compose = (...args: readonly string[]): Promise<string> =>
    run(service, ['docker', 'compose', '--project-name', project, ...args], ports);
  const totals = async (): Promise<Record<string, readonly number[]>> => {
    const query = 'SELECT customer, orders, amount_cents FROM order_totals ORDER BY customer';
    const psql = ['psql', '--username', 'streams', '--tuples-only', '--no-align', '--command', query];
    const lines = (await compose('exec', '--no-TTY', 'postgres', ...psql)).trim().split('\n').filter(Boolean);
    return Object.fromEntries(
      lines.map((line) => {
        const [customer, ...numbers] = line.split('|');
        return [customer!, numbers.map(Number)];
      }),
    );
  };

  it(
    'comes up, and is ready',
    async () => {
      await compose('up', '--detach', '--build', '--wait', '--wait-timeout', '240');
      const ready = await fetch(`http://127.0.0.1:${ports.PORT}/health/ready`);
      expect([200, 503]).toContain(ready.status); // the container is healthy when it lives
    },
    STEP_MS,
  );

  it(
    'has exact totals in PostgreSQL when it is killed while orders come in',
    async () => {
      for (let request = 0; request < REQUESTS; request++) {
        const orders = Array.from({ length: ORDERS_PER_REQUEST }, (_, index) =>
          order(
            `${request}-${index}`,
            CUSTOMERS[(request + index) % CUSTOMERS.length]!,
            100 * request + index,
          ),
        );
        posted.push(...orders);
        if (request === REQUESTS / 2) {
          await compose('kill', '--signal', 'KILL', 'app');
          await compose('up', '--detach', '--wait', 'app');
        }
        await postUntilAccepted(`http://127.0.0.1:${ports.PORT}/orders`, orders, randomUUID());
      }
      const expected = oracle(posted);
      const deadlineMs = performance.now() + 60_000;
      let seen = await totals();
      while (performance.now() < deadlineMs && JSON.stringify(seen) !== JSON.stringify(expected))
        seen = await totals();
      expect(seen).toEqual(expected);
    },
    STEP_MS,
  );

  it(
    'ends gracefully, and loses nothing of it',
    async () => {
      const before = await totals();
      await compose('stop', 'app');
      expect(await compose('ps', '--all', '--format', '{{.ExitCode}}', 'app')).toMatch(/^0\s*$/);
      expect(await totals()).toEqual(before);
    },
    STEP_MS,
  );

  it(
    'has every order in Parquet files, once, whatever was killed in between',
    async () => {
      await compose('cp', 'app:/data/archive', join(place.folder, 'archive'));
      expect(await archivedOrders(join(place.folder, 'archive'))).toEqual(posted.toSorted(byId));
    },
    STEP_MS,
  );
});

/** [orders, cents] of each customer, in the order of their names. */
function oracle(orders: readonly Order[]): Record<string, readonly number[]> {
  return Object.fromEntries(
    CUSTOMERS.map((customer) => {
      const own = orders.filter((one) => one.customer === customer);
      return [customer, [own.length, own.reduce((sum, { amountCents }) => sum + amountCents, 0)]];
    }),
  );
}
