import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { StderrLogger } from './stderr-logger.ts';

describe('StderrLogger', () => {
  let stderr: ReturnType<typeof jest.spyOn>;
  let stdout: ReturnType<typeof jest.spyOn>;

  beforeEach(() => {
    stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    stdout = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('leaves stdout to the tables, at every level', () => {
    const logger = new StderrLogger('debug');
    for (const level of ['debug', 'log', 'warn', 'error', 'fatal', 'verbose'] as const)
      logger[level]('a line', 'Streams');
    expect(stdout).not.toHaveBeenCalled();
    expect(stderr).toHaveBeenCalledTimes(6);
  });

  it.each([
    ['error', 1],
    ['warn', 2],
    ['info', 3],
    ['debug', 4],
  ] as const)('writes from level %s up', (level, lines) => {
    const logger = new StderrLogger(level);
    for (const method of ['debug', 'log', 'warn', 'error'] as const) logger[method]('a line', 'Streams');
    expect(stderr).toHaveBeenCalledTimes(lines);
  });

  it("keeps Nest's wiring to itself unless debugging", () => {
    new StderrLogger('info').log('AppModule dependencies initialized', 'InstanceLoader');
    expect(stderr).not.toHaveBeenCalled();
    new StderrLogger('debug').log('AppModule dependencies initialized', 'InstanceLoader');
    expect(stderr).toHaveBeenCalledTimes(1);
  });
});
