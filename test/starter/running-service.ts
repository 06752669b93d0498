/** A service under test over HTTP. */
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { UserProcess } from './user-shell.ts';

export class RunningService implements AsyncDisposable {
  readonly process: UserProcess;
  readonly #port: number;

  private constructor(process: UserProcess, port: number) {
    this.process = process;
    this.#port = port;
  }

  /** Started by a command, and ready. */
  static async start(folder: string, ...command: readonly string[]): Promise<RunningService> {
    const port = await freePort();
    const service = new RunningService(new UserProcess(folder, command, { PORT: String(port) }), port);
    await service.waitFor('readiness', async () => (await service.health('ready')) === 200);
    return service;
  }

  /** The status of a probe's answer; undefined while nothing listens. */
  async health(probe: 'live' | 'ready'): Promise<number | undefined> {
    return fetch(`http://127.0.0.1:${this.#port}/health/${probe}`).then(
      ({ status }) => status,
      () => undefined,
    );
  }

  async post(body: object): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`http://127.0.0.1:${this.#port}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  }

  /** The totals as they were last printed, by customer: [orders, cents]. */
  get printedTotals(): Readonly<Record<string, readonly number[]>> {
    const rows = this.process.output.matchAll(/^\| (\w+) +\| +(\d+) \| +(\d+) \|$/gm);
    return Object.fromEntries(
      Array.from(rows, ([, customer, ...numbers]) => [customer, numbers.map(Number)]),
    );
  }

  /** @throws Error with what the service wrote, when it does not happen */
  async waitFor(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
    try {
      await eventually(what, look, { timeoutMs: 30_000 });
    } catch (error) {
      throw new Error(`${String(error)}\n${this.process.output}`, { cause: error });
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.process.killAll();
  }
}
