import { describe, expect, it } from '@jest/globals';
import { LogError, TopologyError } from '@hiveframe/streams';
import { claimTopology, type Claim } from './claim-topology.ts';

const away = () => new LogError({ kind: 'unavailable' }, 'No broker answers.');

function ask(claim: Claim, assignment = new AbortController().signal) {
  const waitedMs: number[] = [];
  const lines: string[] = [];
  const environment = {
    applicationId: 'app',
    clock: { nowMs: () => 0, delay: async (ms: number) => void waitedMs.push(ms) },
    logger: { log: (_level: string, line: string) => void lines.push(line) },
  };
  return { answer: claimTopology(claim, environment, assignment), waitedMs, lines };
}

describe('claimTopology', () => {
  it('lets no task run while the log is away, and asks again, less and less often', async () => {
    let numAsked = 0;
    const { answer, waitedMs, lines } = ask(async () => {
      if (++numAsked < 4) throw away();
    });
    expect(await answer).toBe(true);
    expect(waitedMs).toHaveLength(3);
    expect(waitedMs).toEqual([...waitedMs].sort((a, b) => a - b));
    expect(lines[0]).toMatch(/^Cannot tell yet .*, so no task runs: No broker answers\. Again in 0\.\d s\.$/);
  });

  it('says no when the assignment is over, also while there is no answer', async () => {
    const assignment = new AbortController();
    const { answer } = ask(() => new Promise(() => {}), assignment.signal);
    assignment.abort();
    expect(await answer).toBe(false);
  });

  it('throws what forbids it', async () => {
    const { answer } = ask(async () => {
      throw new TopologyError('It belongs to another one.');
    });
    await expect(answer).rejects.toThrow('It belongs to another one.');
  });
});
