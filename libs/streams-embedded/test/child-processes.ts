/** Starts programs of this folder in processes of their own, to be killed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export class Child {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<unknown>;

  constructor(program: string, ...args: readonly string[]) {
    const path = fileURLToPath(new URL(program, import.meta.url));
    const options = ['--conditions=hf-source', '--disable-warning=ExperimentalWarning'];
    this.#process = spawn(process.execPath, [...options, path, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    this.#ended = once(this.#process, 'exit');
    this.#lines = createInterface({ input: this.#process.stdout! })[Symbol.asyncIterator]();
  }

  /** The next line it prints. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('The child process ended without printing what was expected.');
    return value;
  }

  /** kill -9, however often; gives what it had printed and nobody had read. */
  async kill(): Promise<string[]> {
    this.#process.kill('SIGKILL');
    await this.#ended;
    const rest: string[] = [];
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done === true) return rest;
      rest.push(value);
    }
  }
}
