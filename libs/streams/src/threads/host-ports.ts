/** Logger and telemetry of a thread: what they are told crosses to the host's. */
import type { MessagePort } from 'node:worker_threads';
import type { Logger, Telemetry } from '../ports/runtime.ts';
import { noTelemetry } from '../runtime/system.ts';
import { cloneable } from './carried-error.ts';
import type { TelemetryEvent, ThreadMessage } from './thread-messages.ts';

/** Measurements are gathered for so long: a message per commit of each task would cost more than the measuring. */
const GATHER_MS = 200;

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
  #timer: NodeJS.Timeout | null = null;

  private constructor(port: MessagePort) {
    this.#port = port;
  }

  static of(port: MessagePort, isMeasured: boolean): Telemetry & { flush(): void } {
    return isMeasured ? new HostTelemetry(port) : { ...noTelemetry, flush: () => {} };
  }

  count(name: string, by: number, attributes?: Readonly<Record<string, string>>): void {
    this.#add({ method: 'count', name, value: by, attributes });
  }
  record(name: string, value: number, attributes?: Readonly<Record<string, string>>): void {
    this.#add({ method: 'record', name, value, attributes });
  }

  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#events.length > 0) post(this.#port, { kind: 'telemetry', events: this.#events });
    this.#events = [];
  }

  #add(event: TelemetryEvent): void {
    this.#events.push(event);
    this.#timer ??= setTimeout(() => this.flush(), GATHER_MS).unref();
  }
}

export function post(port: MessagePort, message: ThreadMessage): void {
  port.postMessage(message);
}
