import { inspect } from 'node:util';
import type { Logger as StreamsLogger } from '@hiveframe/streams';
import type { LoggerService } from '@nestjs/common';

type Level = Parameters<StreamsLogger['log']>[0];

/** What Nest tells of its own start, in every thread again. */
const WIRING = new Set(['NestFactory', 'InstanceLoader']);

/** Nest's logger of a stream thread: its lines go to the main thread, there to whatever logger it has. */
export class ThreadLogger implements LoggerService {
  readonly #logger: StreamsLogger;

  constructor(logger: StreamsLogger) {
    this.#logger = logger;
  }

  log(message: unknown, ...rest: unknown[]): void {
    if (!WIRING.has(String(rest.at(-1)))) this.#tell('info', message, rest);
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.#tell('error', message, rest);
  }
  fatal(message: unknown, ...rest: unknown[]): void {
    this.#tell('error', message, rest);
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.#tell('warn', message, rest);
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.#tell('debug', message, rest);
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.#tell('debug', message, rest);
  }

  /** Nest gives the context last; between it and the message may stand a stack, or more to show. */
  #tell(level: Level, message: unknown, rest: readonly unknown[]): void {
    const context = rest.at(-1);
    const isNamed = typeof context === 'string' && context !== 'Streams';
    const text = message instanceof Error ? (message.stack ?? message.message) : shown(message);
    const more = rest.slice(0, -1).filter((part) => part !== undefined);
    this.#logger.log(level, [isNamed ? `[${context}] ${text}` : text, ...more.map(shown)].join('\n'));
  }
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value, { breakLength: Infinity });
}
