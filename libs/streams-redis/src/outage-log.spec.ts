import { describe, expect, it } from '@jest/globals';
import { OutageLog } from './outage-log.ts';

function recorded(): { outages: OutageLog; lines: string[] } {
  const lines: string[] = [];
  const outages = new OutageLog({ log: (level, text) => lines.push(`${level} ${text}`) });
  return { outages, lines };
}

describe('OutageLog', () => {
  it('tells of an outage in two lines, however often it is noticed', () => {
    const { outages, lines } = recorded();
    outages.lost('a:1', 'read ECONNRESET');
    outages.lost('a:1', 'connect ECONNREFUSED');
    outages.back('a:1');
    outages.back('a:1');
    expect(lines).toEqual([
      'warn Lost the connection to Redis at a:1: read ECONNRESET. Reconnecting.',
      expect.stringMatching(/^info Redis at a:1 is back after 0\.\d s\.$/),
    ]);
  });

  it('tells of each address, and of each outage, anew', () => {
    const { outages, lines } = recorded();
    outages.lost('a:1', 'x');
    outages.lost('b:2', 'x');
    outages.back('a:1');
    outages.lost('a:1', 'x');
    expect(lines).toHaveLength(4);
  });

  it('says nothing of a first connection', () => {
    const { outages, lines } = recorded();
    outages.back('a:1');
    expect(lines).toEqual([]);
  });
});
