import type { Logger } from '../ports/runtime.ts';
import type { RecordTrace } from './record-trace.ts';

/** Tells with each line which task says it, and within which trace. */
export function taskLogger(logger: Logger, taskId: string, trace: RecordTrace | null): Logger {
  return {
    log: (level, text, fields) => logger.log(level, text, { taskId, ...trace?.ids, ...fields }),
  };
}
