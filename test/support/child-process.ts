/** A program under test or under measurement: started, watched, stopped, and never left behind. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Linux counts CPU time in hundredths of a second for every program (USER_HZ). */
const TICKS_PER_SECOND = 100;

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProcessUsage {
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
}

export interface ProcessOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export class RunningProcess {
  readonly name: string;
  readonly pid: number;
  readonly startedAtMs = Date.now();
  /** Everything it wrote, both streams, line by line. */
  readonly lines: string[] = [];
  readonly exited: Promise<ProcessExit>;
  #child: ChildProcess;
  #exit: ProcessExit | undefined;

  constructor({ name, command, args, env }: ProcessOptions) {
    this.name = name;
    this.#child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(this.#child);
    this.exited = this.#watch();
    this.pid = this.#child.pid ?? -1;
  }

  /** A TypeScript program of ours, run from its source, with none of Jest's options. */
  static ofProgram(name: string, program: URL, ...args: readonly string[]): RunningProcess {
    const options = ['--conditions=hf-source', '--disable-warning=ExperimentalWarning'];
    return new RunningProcess({
      name,
      command: process.execPath,
      args: [...options, fileURLToPath(program), ...args],
      env: { NODE_OPTIONS: '' },
    });
  }

  get hasExited(): boolean {
    return this.#exit !== undefined;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** SIGTERM, then SIGKILL when it has not ended in time. Resolves with how it ended. */
  async stop(timeoutMs = 30_000): Promise<ProcessExit> {
    this.kill('SIGTERM');
    const timer = setTimeout(() => this.kill('SIGKILL'), timeoutMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  /** @throws Error with the end of what it wrote when it runs no longer */
  assertRunning(): void {
    if (this.#exit === undefined) return;
    const { code, signal } = this.#exit;
    throw new Error(
      `${this.name} has ended (code ${code}, signal ${signal}):\n${this.lines.slice(-30).join('\n')}`,
    );
  }

  /** What it has used so far; only while it runs. */
  usage(): ProcessUsage {
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'));
    return { cpuSeconds: cpuSecondsOf(this.pid), peakRssBytes: Number(peak?.[1] ?? 0) * 1024 };
  }

  #watch(): Promise<ProcessExit> {
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => this.lines.push(line));
    }
    return new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code, signal) => {
        running.delete(this.#child);
        this.#exit = { code, signal };
        resolve(this.#exit);
      });
    });
  }
}

/** User and system time of a running process, all its threads. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may hold spaces; after it come state, ..., utime (12th) and stime (13th).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Runs a program to its end and returns its standard output.
 *  @throws Error with all it wrote when it fails */
export async function run(options: ProcessOptions): Promise<readonly string[]> {
  const child = new RunningProcess(options);
  const { code, signal } = await child.exited;
  if (code === 0) return child.lines;
  throw new Error(
    `${options.name} failed (code ${code}, signal ${signal}):\n${child.lines.slice(-30).join('\n')}`,
  );
}
