/** A shell as a new user has it: of this repository nothing is on its path but Node, and no service is named in its environment. */
import { spawn, type ChildProcess } from 'node:child_process';
import { delimiter, dirname } from 'node:path';

/** Where the machine's npm finds its registry and its cache. */
const KEPT_OF_NPM = /^npm_config_(registry|cache|userconfig|globalconfig|prefer_offline)$/;
const SERVICES = /^(KAFKA|REDIS|POSTGRES|DATABASE|PG|STREAMS|HFS)[A-Z_]*$/;

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => signalGroup(child, 'SIGKILL')));

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A command with all processes that it starts. */
export class UserProcess implements AsyncDisposable {
  /** Both streams. */
  output = '';
  readonly exited: Promise<ProcessExit>;
  readonly #child: ChildProcess;

  constructor(
    cwd: string,
    [command, ...args]: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ) {
    this.#child = spawn(command!, args, {
      cwd,
      env: { ...userEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // a group of its own
    });
    running.add(this.#child);
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.on('data', (text: Buffer) => (this.output += text.toString()));
    }
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code, signal) => {
        running.delete(this.#child);
        resolve({ code, signal });
      });
    });
  }

  /** To the command itself. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** To all its processes. */
  async killAll(): Promise<void> {
    signalGroup(this.#child, 'SIGKILL');
    await this.exited;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.killAll();
  }
}

/** Runs a command to its end, and gives its output. @throws Error with the output when it fails */
export async function run(
  cwd: string,
  command: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<string> {
  await using ran = new UserProcess(cwd, command, env);
  const { code, signal } = await ran.exited;
  if (code === 0) return ran.output;
  throw new Error(`${command.join(' ')} failed (code ${code}, signal ${signal}):\n${ran.output}`);
}

function userEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) =>
      name !== 'NODE_OPTIONS' &&
      name !== 'NODE_ENV' &&
      !SERVICES.test(name) &&
      (!name.toLowerCase().startsWith('npm_') || KEPT_OF_NPM.test(name.toLowerCase())),
  );
  const path = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((entry) => !entry.includes('node_modules'));
  return { ...Object.fromEntries(own), PATH: [dirname(process.execPath), ...path].join(delimiter) };
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has ended
  }
}
