import { ConsoleLogger, type LogLevel as NestLogLevel } from '@nestjs/common';
import type { LogLevel } from '../config/settings.ts';

const NEST_LEVELS: Readonly<Record<LogLevel, NestLogLevel[]>> = {
  error: ['fatal', 'error'],
  warn: ['fatal', 'error', 'warn'],
  info: ['fatal', 'error', 'warn', 'log'],
  debug: ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'],
};
/** Nest tells here what it wires: of interest only when debugging. */
const WIRING = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** Nest's console logger, with every line on stderr: stdout belongs to the tables. */
export class StderrLogger extends ConsoleLogger {
  readonly #showsWiring: boolean;

  constructor(level: LogLevel) {
    super({ prefix: 'HiveFrame', logLevels: NEST_LEVELS[level], colors: process.stderr.isTTY === true });
    this.#showsWiring = level === 'debug';
  }

  override log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    if (!this.#showsWiring && typeof context === 'string' && WIRING.has(context)) return;
    super.log(message, ...(rest as [string]));
  }

  protected override printMessages(
    messages: unknown[],
    context?: string,
    level?: NestLogLevel,
    _stream?: 'stdout' | 'stderr',
    stack?: unknown,
    params?: Record<string, unknown>,
  ): void {
    super.printMessages(messages, context, level, 'stderr', stack, params);
  }
}
