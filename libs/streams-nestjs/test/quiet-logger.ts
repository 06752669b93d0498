import type { LoggerService } from '@nestjs/common';

/** Keeps what was logged, prints nothing. */
export class QuietLogger implements LoggerService {
  readonly lines: string[] = [];
  log = (message: unknown): void => this.#keep('log', message);
  error = (message: unknown): void => this.#keep('error', message);
  warn = (message: unknown): void => this.#keep('warn', message);
  debug = (message: unknown): void => this.#keep('debug', message);
  fatal = (message: unknown): void => this.#keep('fatal', message);

  #keep(level: string, message: unknown): void {
    this.lines.push(`${level}: ${String(message)}`);
  }
}
