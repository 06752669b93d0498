import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { bytes, json, RecordBatchWriter, string, topic, type Logger, type LogPort } from '@hiveframe/streams';
import { embedded, type EmbeddedLog } from '@hiveframe/streams-embedded';
import { watchCommitSteps, type CommitStep } from '@hiveframe/streams-testing';
import { instead } from '../../../streams/test/support/instead.ts';
import { readTopic } from '../../test/read-topic.ts';
import { SourceError } from '../source/source.error.ts';
import type { RunningSource } from '../source/run-source.ts';
import type { ResumableSourceOptions } from './resumable-options.ts';
import type { ResumableSource, SourceBatch, SourceStart } from './resumable-source.ts';
import { runResumableSource } from './run-resumable-source.ts';

const numbers = topic('numbers', { value: json<number>() });
const APP = { applicationId: 'app', commitIntervalMs: 1, backoffMs: 1 };

let log: EmbeddedLog;
let lines: string[];
let running: RunningSource[];
const logger: Logger = { log: (level, text) => void lines.push(`${level}: ${text}`) };
beforeEach(async () => {
  log = embedded();
  lines = [];
  running = [];
  await log.admin.create([{ topic: 'numbers', numPartitions: 1 }]);
});
afterEach(async () => {
  await Promise.all(running.map((one) => one.stop({ timeoutMs: 100 })));
  await log.close(1_000);
});

type Numbers = ResumableSource<number, number>;
function run(source: Numbers, options: Partial<ResumableSourceOptions<number, null>> = {}): RunningSource {
  const one = runResumableSource(source, { ...APP, log, topic: numbers, logger, ...options });
  running.push(one);
  return one;
}
const values = async () => (await readTopic(log, numbers)).map(({ value }) => value);
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);
const until = async (condition: () => Promise<boolean> | boolean) => {
  const deadlineMs = performance.now() + 5_000;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`Not within 5 s. ${lines.join('\n')}`);
    await delay(1);
  }
};
const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) =>
    signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve()),
  );

/** Gives the numbers from where it stood up to the last, `step` at a time, and notes where it was started. */
class Counting implements Numbers {
  readonly guarantee = 'exactly_once';
  readonly name: string = 'counting';
  readonly startedFrom: (number | null)[] = [];
  constructor(
    readonly last: number,
    readonly step = 1,
    readonly waits = false,
  ) {}
  async *start({ position, signal }: SourceStart<number>): AsyncGenerator<SourceBatch<number, number>> {
    this.startedFrom.push(position);
    for (let n = (position ?? 0) + 1; n <= this.last; n += this.step) {
      const end = Math.min(n + this.step - 1, this.last);
      await this.before(n);
      yield { events: upTo(end).slice(n - 1), position: end };
    }
    if (this.waits) await aborted(signal);
  }
  async before(_n: number): Promise<void> {}
}

describe('runResumableSource', () => {
  test('writes what the source gives, in order, and ends with it', async () => {
    await run(new Counting(1_000, 7)).done;
    expect(await values()).toEqual(upTo(1_000));
  });

  test('goes on behind the last committed position', async () => {
    await run(new Counting(5, 2)).done;
    const again = new Counting(8, 2);
    await run(again).done;
    expect(again.startedFrom).toEqual([5]);
    expect(await values()).toEqual(upTo(8));
  });

  test('finds a position that lies far before the end of its topic', async () => {
    await run(new Counting(3)).done;
    const stranger = log.transactionalWriter({
      transactionalId: 'app-source-counting-0',
      transactionTimeoutMs: 10_000,
    });
    await stranger.open();
    for (let i = 0; i < 600; i++) {
      const transaction = stranger.begin();
      await transaction.send([{ topic: 'app-counting-positions', partition: 0, records: batchOf('9') }]);
      await transaction.abort();
    }
    const again = new Counting(4);
    await run(again).done;
    expect(again.startedFrom).toEqual([3]);
  });

  test('keeps positions and keys in the serdes that it is given', async () => {
    const keyed = topic('numbers', { key: string(), value: json<number>() });
    const source: ResumableSource<number, Uint8Array> = {
      guarantee: 'exactly_once',
      name: 'bytes',
      position: bytes(),
      async *start({ position }) {
        if (position === null) yield { events: [1, 2], position: Buffer.from([0, 255]) };
        else expect([...position]).toEqual([0, 255]);
      },
    };
    for (let time = 0; time < 2; time++) {
      await runResumableSource(source, { ...APP, log, topic: keyed, key: (n) => `n${n}`, onFailure: 'fail' })
        .done;
    }
    expect(await readTopic(log, keyed)).toEqual([
      { key: 'n1', value: 1 },
      { key: 'n2', value: 2 },
    ]);
  });

  test('starts a source that threw again from its last position, and keeps what it gave before', async () => {
    const faulty = new (class extends Counting {
      override async before(n: number): Promise<void> {
        if (n === 4 && this.startedFrom.length < 3) throw new Error('no connection');
      }
    })(6);
    await run(faulty).done;
    expect(faulty.startedFrom).toEqual([null, 3, 3]);
    expect(lines).toContain(
      'warn: Source counting of topic numbers failed: no connection (started again in 0.001 s, from its last position)',
    );
    expect(await values()).toEqual(upTo(6));
  });

  test('ends with the failure when it is to fail; what came before it is committed', async () => {
    const faulty = new (class extends Counting {
      override async before(n: number): Promise<void> {
        if (n === 4) throw new Error('no connection');
      }
    })(6);
    await expect(run(faulty, { onFailure: 'fail', commitIntervalMs: 5_000 }).done).rejects.toThrow(
      SourceError,
    );
    expect(await values()).toEqual([1, 2, 3]);
  });

  test('leaves nothing of a batch in which an event cannot be written', async () => {
    const faulty: Numbers = {
      guarantee: 'exactly_once',
      name: 'faulty',
      async *start() {
        yield { events: [1], position: 1 };
        yield { events: [2, Symbol('no JSON') as never], position: 2 };
      },
    };
    await expect(run(faulty, { onFailure: 'fail' }).done).rejects.toThrow('Cannot write symbol as JSON');
    expect(await values()).toEqual([1]);
  });

  test('commits what was given when it is stopped, and lets the source end', async () => {
    const source = new Counting(3, 1, true);
    const one = run(source, { commitIntervalMs: 60_000, transactionTimeoutMs: 70_000 });
    await until(() => source.startedFrom.length === 1);
    await delay(5);
    await one.stop();
    await one.done;
    expect(await values()).toEqual([1, 2, 3]);
  });

  test('leaves a source behind that does not stop, and takes nothing more of it', async () => {
    let goOn = () => {};
    const deaf: Numbers = {
      guarantee: 'exactly_once',
      name: 'deaf',
      async *start() {
        yield { events: [1], position: 1 };
        await new Promise<void>((resolve) => (goOn = resolve));
        yield { events: [2], position: 2 };
      },
    };
    const one = run(deaf);
    await until(async () => (await values()).length === 1);
    await one.stop({ timeoutMs: 10 });
    expect(lines.at(-1)).toMatch(/^warn: Source deaf of topic numbers did not end within 10 ms/);
    goOn();
    await delay(5);
    expect(await values()).toEqual([1]);
  });

  test('resumes the source while a commit is under way, until too much is pending', async () => {
    const source = new Counting(100);
    const held = hold(log, 'output');
    run(source, { log: held.log, maxPendingBytes: 1_000 });
    await held.reached;
    await delay(5);
    const yielded = source.startedFrom.length;
    expect(yielded).toBe(1);
    held.release();
    await running[0]!.done;
    expect(await values()).toEqual(upTo(100));
  });

  test('writes what is no event to the dead letters, in the same transaction, or skips it', async () => {
    await log.admin.create([{ topic: 'app-dead-letters', numPartitions: 1 }]);
    const source: Numbers = {
      guarantee: 'exactly_once',
      name: 'lines',
      async *start() {
        const rejected = ['x', 'y'].map((raw) => ({
          raw: Buffer.from(raw),
          reason: new Error(`${raw} is no number`),
        }));
        yield { events: [1, 2], position: 4, rejected };
      },
    };
    await run(source, {
      onRejected: ({ raw }) => (String.fromCharCode(raw[0]!) === 'x' ? 'continue' : 'deadLetter'),
    }).done;
    expect(await values()).toEqual([1, 2]);
    const letters = await readTopic(log, topic('app-dead-letters', { value: string() }));
    expect(letters.map(({ value }) => value)).toEqual(['y']);
  });

  test('fails before what is no event where it is told to', async () => {
    const source: Numbers = {
      guarantee: 'exactly_once',
      name: 'lines',
      async *start() {
        yield { events: [1], position: 1 };
        yield {
          events: [2],
          position: 3,
          rejected: [{ raw: Buffer.from('x'), reason: new Error('line 3') }],
        };
      },
    };
    await expect(run(source, { onRejected: 'fail', onFailure: 'fail' }).done).rejects.toThrow('line 3');
    expect(await values()).toEqual([1]);
  });

  test('names all faults of its options together', () => {
    const position = { ...json<number>(), prepare: async () => {} };
    const source = Object.assign(new Counting(1), { name: 'a b', numSplits: 0, position });
    expect(() => run(source, { commitIntervalMs: 0 })).toThrow(
      /commitIntervalMs must be .*; its name must be .*; numSplits must be .*; its position must have a serde/,
    );
  });

  test('refuses to run in other splits than those whose positions are kept', async () => {
    await run(new Counting(1)).done;
    const split = Object.assign(new Counting(1), { numSplits: 2 });
    await expect(run(split).done).rejects.toThrow('keeps the positions of 1');
  });
});

describe('R2 a split of a source', () => {
  test('runs in one instance, and in the other when that one leaves', async () => {
    const [first, second] = [new Counting(3, 1, true), new Counting(6, 1, true)];
    const leaving = run(first, { log: log.share() });
    await until(async () => (await values()).length === 3);
    run(second, { log: log.share() });
    await delay(20);
    expect(second.startedFrom.length + first.startedFrom.length).toBeLessThan(4);
    await leaving.stop();
    await until(async () => (await values()).length === 6);
    expect(await values()).toEqual(upTo(6));
  });

  test('is shared out: each instance runs its part, and each event is there once', async () => {
    const splits: ResumableSource<string, number>[] = [0, 1].map(() => ({
      guarantee: 'exactly_once',
      name: 'parts',
      numSplits: 4,
      async *start({ split, position, signal }) {
        for (let n = (position ?? 0) + 1; n <= 50 && !signal.aborted; n++) {
          yield { events: [`${split}-${n}`], position: n };
          await delay(0);
        }
        await aborted(signal);
      },
    }));
    const texts = topic('numbers', { value: json<string>() });
    const all = async () => (await readTopic(log, texts)).map(({ value }) => value!);
    for (const one of splits) {
      running.push(runResumableSource(one, { ...APP, log: log.share(), topic: texts, logger }));
      await delay(10);
    }
    await until(async () => (await all()).length >= 200);
    const expected = [0, 1, 2, 3].flatMap((split) => upTo(50).map((n) => `${split}-${n}`));
    expect((await all()).sort()).toEqual(expected.sort());
    expect(lines).toContain('info: Source parts runs 2 of its 4 splits here.');
  });
});

test('a source that has come to its end begins no split that its group gives it before it has left', async () => {
  const source = new Counting(3);
  const shared = log.share();
  const leaving = instead(shared, {
    group: (options, listener) => {
      const member = shared.group(options, listener);
      return instead(member, {
        leave: async (timeoutMs) => {
          const split = { topic: 'app-counting-positions', partition: 0 };
          await listener.onAssigned([split], null, new AbortController().signal);
          await member.leave(timeoutMs);
        },
      });
    },
  });
  await run(source, { log: leaving }).done;
  await delay(10);
  expect(source.startedFrom).toEqual([null]);
});

describe('R1 a source whose instance freezes', () => {
  const STEPS: readonly CommitStep[] = ['output', 'end', 'stores'];
  test.each(STEPS)(
    'before step "%s" of a commit, is gone on with elsewhere: no event lost, none twice, the frozen one fenced',
    async (step) => {
      await run(new Counting(5)).done;
      const held = hold(log.share(), step);
      const frozen = run(new Counting(12, 1, true), { log: held.log });
      await held.reached;
      const wake = log.expireSession('app-source-counting', await onlyMember(log));
      const successor = new Counting(20, 3);
      await run(successor, { log: log.share() }).done;
      held.release();
      wake();
      await until(() => lines.some((line) => /joining its group anew|taken out of its group/.test(line)));
      await frozen.stop();
      expect(await values()).toEqual(upTo(20));
    },
  );
});

describe('a commit of a source', () => {
  test.each(['output', 'end', 'stores'] as const)(
    'that fails at step "%s" is done again from the last position: no event lost, none twice',
    async (step) => {
      let left = 3;
      const failing = watchCommitSteps(log, async (now) => {
        if (now === step && left-- > 0) throw new Error('the connection broke');
      });
      await run(new Counting(40, 3), { log: failing }).done;
      expect(left).toBeLessThan(3);
      expect(await values()).toEqual(upTo(40));
    },
  );
});

describe('the status of a resumable source', () => {
  test('says which splits run here; that it stands by where another instance has them; that it was stopped', async () => {
    const first = run(new Counting(1, 1, true), { log: log.share() });
    expect(first.status).toMatchObject({ name: 'counting', topic: 'numbers', state: 'starting', splits: [] });
    await until(() => first.status.state === 'running');
    expect(first.status.splits).toEqual([0]);
    const second = run(new Counting(1, 1, true), { log: log.share() });
    await until(() => [first, second].some(({ status }) => status.state === 'standby'));
    await first.stop();
    expect(first.status).toMatchObject({ state: 'stopped', splits: [] });
    await until(() => second.status.state === 'running');
    expect(second.status.splits).toEqual([0]);
  });

  test('is that of the split that is worst off, and that of the source when all have ended', async () => {
    const open = Promise.withResolvers<void>();
    const parts: ResumableSource<number, number> = {
      guarantee: 'exactly_once',
      name: 'parts',
      numSplits: 2,
      async *start({ split, position }) {
        if (split === 1) throw new Error('split 1 has no connection');
        if (position === null) yield { events: [1], position: 1 };
        await open.promise;
      },
    };
    const waiting = run(parts, { backoffMs: 60_000 });
    await until(() => waiting.status.state === 'retrying');
    expect(waiting.status).toMatchObject({
      splits: [0, 1],
      failing: { failures: 1, reason: 'split 1 has no connection' },
    });
    open.resolve();
    const healthy = run(new Counting(2));
    await healthy.done;
    expect(healthy.status).toMatchObject({ state: 'ended', splits: [] });
    expect(healthy.status).not.toHaveProperty('failing');
  });

  test('says that it failed for good, and why', async () => {
    await run(new Counting(1)).done;
    const split = run(Object.assign(new Counting(1), { numSplits: 2 }));
    await split.done.catch(() => undefined);
    await split.stop();
    expect(split.status).toMatchObject({
      state: 'failed',
      failing: { failures: 1, reason: expect.stringContaining('keeps the positions of 1') },
    });
  });
});

/** The log, in which a step of the first commit waits until it is released. */
function hold(port: LogPort, step: CommitStep) {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const held = watchCommitSteps(port, async (now) => {
    if (now !== step) return;
    reached.resolve();
    await released.promise;
  });
  return { log: held, reached: reached.promise, release: () => released.resolve() };
}

async function onlyMember(of: EmbeddedLog): Promise<string> {
  const members = await of.admin.members('app-source-counting');
  expect(members).toHaveLength(1);
  return members[0]!;
}

function batchOf(value: string) {
  const writer = new RecordBatchWriter();
  writer.append(Buffer.from('position'), Buffer.from(value), 0);
  return writer.take();
}
