import type { Logger } from '@hiveframe/streams';
import type { Logger as Pino } from 'pino';

/** The engine's logger on pino: fields are fields of the line, among them `taskId`, and `trace_id` and `span_id` where a record or a
 *  batch is traced. An error goes to `err`, where pino's serializer expects it. */
export function pinoLogger(pino: Pick<Pino, 'debug' | 'info' | 'warn' | 'error'>): Logger {
  return {
    log: (level, text, fields = {}) => pino[level](withErr(fields), text),
  };
}

function withErr(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { error, ...others } = fields;
  return error instanceof Error ? { ...others, err: error } : { ...fields };
}
