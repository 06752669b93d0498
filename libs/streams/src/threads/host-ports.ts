/** Logger and telemetry of a thread: what they are told crosses to the host's. */
import type { MessagePort } from 'node:worker_threads';
import type { Logger, Metric, MetricAttributes, Telemetry } from '../ports/runtime.ts';
import { noTelemetry } from '../runtime/system.ts';
import { cloneable } from './carried-error.ts';
import type { TelemetryEvent, ThreadMessage } from './thread-messages.ts';

/** Measurements are gathered for so long: a message per commit of each task would cost more than the measuring. */
const GATHER_MS = 200;
/** What can be read at any time is read so often: who collects on the other side gets what came last. */
const OBSERVE_EVERY_MS = 1_000;

/** At once: what a thread says before it dies must not be lost. */
export function hostLogger(port: MessagePort): Logger {
  return {
    log: (level, text, fields) => post(port, { kind: 'log', level, text, fields: fields && plain(fields) }),
  };
}

/** Loggers show an error by its message; its class need not cross. */
function plain(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const shown = (value: unknown) => (value instanceof Error ? value.message : cloneable(value));
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, shown(value)]));
}

export class HostTelemetry implements Telemetry {
  readonly #port: MessagePort;
  #events: TelemetryEvent[] = [];
  /** Counts by name and attributes, summed until they are sent: some are counted by the record. */
  readonly #counts = new Map<string, TelemetryEvent & { value: number }>();
  #timer: NodeJS.Timeout | null = null;

  private constructor(port: MessagePort) {
    this.#port = port;
  }

  static of(port: MessagePort, isMeasured: boolean): Telemetry & { flush(): void } {
    return isMeasured ? new HostTelemetry(port) : { ...noTelemetry, flush: () => {} };
  }

  count(name: string, by: number, attributes?: MetricAttributes): void {
    const key = JSON.stringify([name, attributes]);
    const counted = this.#counts.get(key);
    if (counted === undefined) this.#counts.set(key, { method: 'count', name, value: by, attributes });
    else counted.value += by;
    this.#flushSoon();
  }
  record(name: string, value: number, attributes?: MetricAttributes): void {
    this.#events.push({ method: 'record', name, value, attributes });
    this.#flushSoon();
  }

  observe(metrics: () => readonly Metric[]): () => void {
    const tell = () => post(this.#port, { kind: 'metrics', metrics: metrics() });
    const timer = setInterval(tell, OBSERVE_EVERY_MS).unref();
    tell();
    return () => clearInterval(timer);
  }

  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const events = [...this.#counts.values(), ...this.#events];
    if (events.length > 0) post(this.#port, { kind: 'telemetry', events });
    this.#counts.clear();
    this.#events = [];
  }

  #flushSoon(): void {
    this.#timer ??= setTimeout(() => this.flush(), GATHER_MS).unref();
  }
}

export function post(port: MessagePort, message: ThreadMessage): void {
  port.postMessage(message);
}
