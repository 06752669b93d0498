/** A real Prometheus of a test's own, which scrapes one address and evaluates rules. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { RunningProcess } from './child-process.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';

/** On the PATH (Debian: `apt-get install prometheus`); undefined, and told, when it is not. */
export function prometheusBinary(name: 'prometheus' | 'promtool'): string | undefined {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name));
  const binary = onPath.find((path) => existsSync(path));
  if (binary === undefined) {
    process.stderr.write(`NOT RUN: tests that ask a real Prometheus: no ${name} is on the PATH\n`);
  }
  return binary;
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [timeS: number, value: string];
}
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [timeS: number, value: string])[];
}
export interface QueryRange {
  readonly startS: number;
  readonly endS: number;
  readonly stepS: number;
}
interface QueryAnswer<T> {
  readonly status: 'success' | 'error';
  readonly error?: string;
  readonly data?: { readonly result: readonly T[] };
}
export interface Rule {
  readonly name: string;
  readonly health: string;
  readonly lastError?: string;
  readonly state: 'inactive' | 'pending' | 'firing';
}

export class PrometheusServer {
  readonly url: string;
  readonly #process: RunningProcess;
  readonly #folder: string;

  private constructor(url: string, process: RunningProcess, folder: string) {
    this.url = url;
    this.#process = process;
    this.#folder = folder;
  }

  static async start(
    binary: string,
    { target, rules }: { readonly target: string; readonly rules: string },
  ): Promise<PrometheusServer> {
    const folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
    const config = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [rules],
      scrape_configs: [{ job_name: 'app', static_configs: [{ targets: [target] }] }],
    };
    const file = join(folder, 'prometheus.yml');
    await writeFile(file, JSON.stringify(config)); // JSON is YAML
    const address = `127.0.0.1:${await freePort()}`;
    const args = [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
    ];
    const process = new RunningProcess({ name: 'prometheus', command: binary, args });
    const server = new PrometheusServer(`http://${address}`, process, folder);
    await eventually('Prometheus is ready', () => server.#isReady());
    return server;
  }

  async #isReady(): Promise<boolean> {
    this.#process.assertRunning();
    return fetch(`${this.url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  /** @throws Error with what Prometheus says against the expression */
  query(expression: string): Promise<readonly Sample[]> {
    return this.#ask('query', { query: expression });
  }

  /** @throws as `query` */
  queryRange(expression: string, { startS, endS, stepS }: QueryRange): Promise<readonly Series[]> {
    const [start, end, step] = [startS, endS, stepS].map(String);
    return this.#ask('query_range', { query: expression, start: start!, end: end!, step: step! });
  }

  async #ask<T>(path: string, asked: Readonly<Record<string, string>>): Promise<readonly T[]> {
    const body = new URLSearchParams(asked);
    const response = await fetch(`${this.url}/api/v1/${path}`, { method: 'POST', body });
    const answer = (await response.json()) as QueryAnswer<T>;
    if (answer.status !== 'success') throw new Error(`${answer.error}: ${asked['query']}`);
    return answer.data!.result;
  }

  async rules(): Promise<readonly Rule[]> {
    const response = await fetch(`${this.url}/api/v1/rules`);
    const { data } = (await response.json()) as {
      readonly data: { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
    };
    return data.groups.flatMap(({ rules }) => rules);
  }

  async stop(): Promise<void> {
    await this.#process.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
