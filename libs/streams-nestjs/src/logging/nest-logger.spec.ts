import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { NestLogger } from './nest-logger.ts';

describe('NestLogger', () => {
  const spies = { debug: jest.fn(), log: jest.fn(), warn: jest.fn(), error: jest.fn() };

  beforeEach(() => Logger.overrideLogger(spies));
  afterEach(() => Logger.overrideLogger(false));

  it.each([
    ['debug', 'debug'],
    ['info', 'log'],
    ['warn', 'warn'],
    ['error', 'error'],
  ] as const)("passes %s on as Nest's %s, with the context", (level, method) => {
    new NestLogger('Kafka').log(level, 'connected');
    expect(spies[method].mock.lastCall?.[0]).toBe('connected');
    expect(spies[method].mock.lastCall?.at(-1)).toBe('Kafka');
  });

  it('passes fields on, errors among them by their message only', () => {
    new NestLogger().log('warn', 'no answer', { broker: 'b1:9092', error: new Error('ECONNREFUSED') });
    expect(spies.warn.mock.lastCall).toEqual([
      'no answer',
      { broker: 'b1:9092', error: 'ECONNREFUSED' },
      'Streams',
    ]);
  });
});
