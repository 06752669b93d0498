/** A real Jaeger of a test's own: takes OTLP, keeps traces in memory, and is asked for them. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { RunningProcess } from './child-process.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';

/** `HFS_JAEGER`, else jaeger-all-in-one on the PATH; undefined, and told, when there is none. It is built from
 *  github.com/jaegertracing/jaeger, cmd/all-in-one, of version 1. */
export function jaegerBinary(): string | undefined {
  const onPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'jaeger-all-in-one'));
  const binary = process.env['HFS_JAEGER'] ?? onPath.find((path) => existsSync(path));
  if (binary === undefined) {
    process.stderr.write(
      'NOT RUN: tests that send traces to a Jaeger: HFS_JAEGER is not set, and no jaeger-all-in-one is on the PATH\n',
    );
  }
  return binary;
}

export interface JaegerSpan {
  readonly traceID: string;
  readonly spanID: string;
  readonly operationName: string;
  readonly references: readonly {
    readonly refType: 'CHILD_OF' | 'FOLLOWS_FROM';
    readonly traceID: string;
    readonly spanID: string;
  }[];
  readonly tags: readonly { readonly key: string; readonly value: unknown }[];
}
interface Answer {
  readonly data: readonly { readonly spans: readonly JaegerSpan[] }[] | null;
}

export class JaegerServer {
  /** For OTLP over HTTP. */
  readonly otlpEndpoint: string;
  readonly #api: string;
  readonly #process: RunningProcess;

  private constructor(otlpEndpoint: string, api: string, process: RunningProcess) {
    this.otlpEndpoint = otlpEndpoint;
    this.#api = api;
    this.#process = process;
  }

  static async start(binary: string): Promise<JaegerServer> {
    const address = async () => `127.0.0.1:${await freePort()}`;
    const otlp = await address();
    const api = await address();
    const args = [`--collector.otlp.http.host-port=${otlp}`, `--query.http-server.host-port=${api}`];
    for (const other of [
      'collector.otlp.grpc',
      'collector.grpc-server',
      'collector.http-server',
      'query.grpc-server',
      'admin.http',
    ])
      args.push(`--${other}.host-port=${await address()}`);
    const env = { SPAN_STORAGE_TYPE: 'memory' };
    const process = new RunningProcess({ name: 'jaeger', command: binary, args, env });
    const server = new JaegerServer(`http://${otlp}`, `http://${api}`, process);
    await eventually('Jaeger is ready', async () => {
      process.assertRunning();
      return fetch(`${server.#api}/api/services`).then(
        ({ ok }) => ok,
        () => false,
      );
    });
    return server;
  }

  /** By its id; [] while it has none of it. */
  async trace(id: string): Promise<readonly JaegerSpan[]> {
    return this.#spans(`/api/traces/${id}`);
  }

  /** The last ones of a service. */
  async tracesOf(service: string): Promise<readonly JaegerSpan[]> {
    return this.#spans(`/api/traces?service=${encodeURIComponent(service)}&limit=100`);
  }

  async #spans(path: string): Promise<readonly JaegerSpan[]> {
    const { data } = (await (await fetch(`${this.#api}${path}`)).json()) as Answer;
    return (data ?? []).flatMap(({ spans }) => spans);
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }
}
