import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { pinoLogger } from './pino-logger.ts';

describe('pinoLogger', () => {
  it('writes lines with fields, and an error where pino shows it whole', () => {
    const lines: Record<string, unknown>[] = [];
    const logger = pinoLogger(
      pino({ base: null, timestamp: false }, { write: (line) => lines.push(JSON.parse(line)) }),
    );
    logger.log('warn', 'Task 0_1 starts over.', { taskId: '0_1', trace_id: 'abc' });
    logger.log('error', 'It failed.', { error: new TypeError('no') });
    logger.log('debug', 'Below the level.');
    expect(lines).toEqual([
      { level: 40, taskId: '0_1', trace_id: 'abc', msg: 'Task 0_1 starts over.' },
      {
        level: 50,
        err: { type: 'TypeError', message: 'no', stack: expect.stringContaining('TypeError: no') },
        msg: 'It failed.',
      },
    ]);
  });
});
