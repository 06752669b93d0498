import { describe, expect, it } from '@jest/globals';
import { backoffMs } from '../time/backoff.ts';
import { TaskBackoff } from './task-backoff.ts';

const lines: string[] = [];
const waits: number[] = [];
let nowMs = Date.parse('2026-01-01T00:00:00Z');
const backoff = new TaskBackoff({
  clock: {
    nowMs: () => nowMs,
    delay: async (ms) => {
      waits.push(ms);
      nowMs += ms;
    },
  },
  logger: { log: (_, text) => void lines.push(text) },
});
const { signal } = new AbortController();

describe('TaskBackoff', () => {
  it('waits longer each time, never beyond ten seconds, and says since when the task fails', async () => {
    for (let i = 0; i < 10; i++) await backoff.wait('0_1', 'The log is away.', signal);
    for (let i = 1; i < 7; i++) expect(waits[i]!).toBeGreaterThan(waits[i - 1]! * 1.3);
    expect(Math.max(...waits)).toBeLessThanOrEqual(10_000);
    expect(lines[0]).toMatch(/^The log is away. Again in 0.1 s.$/);
    expect(lines[9]).toMatch(/Again in \d.\d s \(try 10, failing since 2026-01-01T00:00:00.000Z\)\.$/);
  });

  it('begins anew once the task has succeeded', async () => {
    backoff.succeeded('0_1');
    await backoff.wait('0_1', 'Away again.', signal);
    expect(lines.at(-1)).toMatch(/^Away again. Again in 0.1 s.$/);
  });

  it('spreads tasks that failed together', () => {
    const delays = Array.from({ length: 20 }, (_, partition) => backoffMs(`0_${partition}`, 5));
    expect(new Set(delays).size).toBeGreaterThan(15);
    for (const ms of delays) expect(ms).toBeGreaterThanOrEqual(2_400);
  });
});
