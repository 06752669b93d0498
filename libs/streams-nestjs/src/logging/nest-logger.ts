import type { Logger as StreamsLogger } from '@hiveframe/streams';
import { Logger } from '@nestjs/common';

const METHOD = { debug: 'debug', info: 'log', warn: 'warn', error: 'error' } as const;

/** The engine's logger port on Nest's `Logger`, so that lines go wherever the application's logger sends them. */
export class NestLogger implements StreamsLogger {
  readonly #logger: Logger;

  constructor(context = 'Streams') {
    this.#logger = new Logger(context);
  }

  log(
    level: 'debug' | 'info' | 'warn' | 'error',
    text: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void {
    if (fields === undefined) this.#logger[METHOD[level]](text);
    else this.#logger[METHOD[level]](text, printable(fields));
  }
}

/** An error as a field is told by its message: while a broker is away there is a line per try, not a stack per try. */
function printable(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? value.message : value]),
  );
}
