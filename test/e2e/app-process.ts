/** The built application as its users run it, with stdout and stderr apart. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';

const ROOT = new URL('../../', import.meta.url);
const NODE = fileURLToPath(new URL('node_modules/.bin/node', ROOT));
const MAIN = fileURLToPath(new URL('dist/main.js', ROOT));

export interface Answer {
  readonly code: number;
  readonly body: Record<string, unknown>;
}

export class AppProcess implements AsyncDisposable {
  readonly port: number;
  stdout = '';
  stderr = '';
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  #child: ChildProcess;

  private constructor(port: number, env: Readonly<Record<string, string>>) {
    this.port = port;
    // Only what is given: a KAFKA_BROKERS of the tests must not reach an embedded application.
    this.#child = spawn(NODE, [MAIN], {
      env: { PATH: process.env['PATH'] ?? '', PORT: String(port), ...env },
    });
    this.#child.stdout?.on('data', (text: Buffer) => (this.stdout += text.toString()));
    this.#child.stderr?.on('data', (text: Buffer) => (this.stderr += text.toString()));
    this.exited = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  static async start(env: Readonly<Record<string, string>>): Promise<AppProcess> {
    if (!existsSync(MAIN)) throw new Error(`${MAIN} is not there: run \`npm run build\` first`);
    return new AppProcess(await freePort(), env);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** What a probe is answered; undefined while nothing listens. */
  async health(probe: 'live' | 'ready'): Promise<Answer | undefined> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.port}/health/${probe}`);
      return { code: response.status, body: (await response.json()) as Answer['body'] };
    } catch {
      return undefined;
    }
  }

  /** @throws Error with what the application wrote, when it does not happen */
  async waitFor<T>(
    what: string,
    look: () => T | undefined | false | Promise<T | undefined | false>,
  ): Promise<T> {
    try {
      return await eventually(what, look, { timeoutMs: 30_000 });
    } catch (error) {
      throw new Error(`${String(error)}\nstdout:\n${this.stdout}\nstderr:\n${this.stderr}`, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill('SIGKILL');
    await this.exited;
  }
}
