import type { LogPort } from '@hiveframe/streams';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { StreamsModuleOptions } from '../interfaces/streams-module-options.interface.ts';
import { MODULE_OPTIONS } from '../streams.tokens.ts';

/** Ends what writes to the log. */
export type Release = (timeoutMs: number) => Promise<void>;

/** The log of an application, for what writes to it beside the application: sources, HTTP ingest. */
@Injectable()
export class ApplicationLog {
  readonly #logger = new Logger('Streams');
  readonly #releases: Release[] = [];
  readonly #connecting = new AbortController();
  #connected: Promise<LogPort> | undefined;

  constructor(@Inject(MODULE_OPTIONS) private readonly options: StreamsModuleOptions) {}

  /** Resolves when the log answers; rejects when the application stops before, or when no retry mends it. */
  connected(): Promise<LogPort> {
    return (this.#connected ??= this.#connect());
  }

  async #connect(): Promise<LogPort> {
    const { log } = this.options;
    await log.connect(this.#connecting.signal);
    this.#connecting.signal.throwIfAborted();
    return log;
  }

  /** Calls it before the log is closed. */
  onRelease(release: Release): void {
    this.#releases.push(release);
  }

  /** Ends whoever uses the log; gives how long that took. Never rejects. */
  async release(timeoutMs: number): Promise<number> {
    this.#connecting.abort();
    if (this.#releases.length === 0) return 0;
    const sinceMs = performance.now();
    const ends = await Promise.allSettled(this.#releases.map((release) => release(timeoutMs)));
    for (const end of ends)
      if (end.status === 'rejected') this.#logger.warn(`Could not end cleanly: ${String(end.reason)}`);
    return Math.round(performance.now() - sinceMs);
  }

  /** With stream threads the log of the main thread is nobody else's to close; without them the application has closed it. */
  async close(): Promise<void> {
    if (this.options.threads === undefined || this.#connected === undefined) return;
    await this.#connected.then((log) => log.close(1_000)).catch(() => undefined);
  }
}
