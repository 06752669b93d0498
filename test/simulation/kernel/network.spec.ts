import { describe, expect, it } from '@jest/globals';
import { Network, Unanswered, type Fate } from './network.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { VirtualTime } from './virtual-time.ts';

const USUAL: Fate = { outMs: 1, backMs: 1, lost: null, afterwards: null };

function start(fate: Partial<Fate> = {}) {
  const time = new VirtualTime(0);
  const process = new SimulatedProcess('process', time);
  const network = new Network(time, { of: () => ({ ...USUAL, ...fate }) });
  const told: string[] = [];
  const tell = (what: string) => void told.push(`${what} at ${time.nowMs}`);
  const ask = () => {
    const answer = network.call(
      process,
      'send',
      () => {
        tell('executed');
        return 'done';
      },
      { giveUpMs: 10 },
    );
    answer.then(tell, (error: unknown) => tell(error instanceof Unanswered ? 'given up' : String(error)));
  };
  return { time, process, told, ask, run: () => time.run(() => false) };
}

describe('Network', () => {
  it('executes a request when it arrives, and answers when the answer is back', async () => {
    const { ask, run, told } = start();
    ask();
    await run();
    expect(told).toEqual(['executed at 1', 'done at 2']);
  });

  it.each<[string, Partial<Fate>, string[]]>([
    ['a request that is lost', { lost: 'request' }, ['given up at 10']],
    ['an answer that is lost', { lost: 'answer' }, ['executed at 1', 'given up at 10']],
    ['an answer that is late', { backMs: 50 }, ['executed at 1', 'given up at 10']],
    ['a request that is late', { outMs: 50 }, ['given up at 10', 'executed at 50']],
  ])('gives up %s', async (_, fate, expected) => {
    const { ask, run, told } = start(fate);
    ask();
    await run();
    expect(told).toEqual(expected);
  });

  it('N2 executes what a process had sent before it went down, and tells nobody', async () => {
    const { ask, run, told, process, time } = start();
    ask();
    time.after(0.5, () => process.kill());
    time.after(0.6, ask);
    await run();
    expect(told).toEqual(['executed at 1']);
  });

  it('P2 brings a frozen process its answers when it wakes up, one by one', async () => {
    const { ask, run, told, process, time } = start();
    ask();
    time.after(0.2, ask);
    time.after(0.5, () => process.freeze());
    time.after(5, () => process.thaw());
    await run();
    expect(told).toEqual(['executed at 1', 'executed at 1.2', 'done at 5', 'done at 5']);
    expect(process.isUp).toBe(true);
  });
});
