import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { json, string, topic, type Logger } from '@hiveframe/streams';
import { embedded, type EmbeddedLog } from '@hiveframe/streams-embedded';
import { ManualClock } from '@hiveframe/streams-testing';
import { readTopic } from '../../test/read-topic.ts';
import { recordingLog, type RecordingLog } from '../../test/recording-log.ts';
import { runSource } from './run-source.ts';
import { SourceError } from './source.error.ts';
import type { SourceOptions } from './source-options.ts';
import type { StreamSource } from './stream-source.ts';

const numbers = topic('numbers', { value: json<number>() });

let log: EmbeddedLog;
let recording: RecordingLog;
let lines: string[];
const logger: Logger = { log: (level, text) => void lines.push(`${level}: ${text}`) };
beforeEach(async () => {
  log = embedded();
  recording = recordingLog(log);
  lines = [];
  await log.admin.create([{ topic: 'numbers', numPartitions: 1 }]);
});
afterEach(() => log.close(1_000));

type Options = Partial<SourceOptions<number, null>>;
const run = (source: StreamSource<number>, options: Options = {}) =>
  runSource(source, { log: recording.port, topic: numbers, logger, ...options });
const values = async () => (await readTopic(log, numbers)).map(({ value }) => value);
const turn = () => new Promise(setImmediate);
const until = async (condition: () => boolean) => {
  const deadlineMs = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error('Not within 5 s.');
    await delay(1);
  }
};

/** Gives the numbers, and notes of which it was told that it may go on. */
class Counting implements StreamSource<number> {
  readonly resumedAfter: number[] = [];
  readonly #count: number;
  constructor(count: number) {
    this.#count = count;
  }
  async *start() {
    for (let n = 1; n <= this.#count; n++) {
      yield n;
      this.resumedAfter.push(n);
    }
  }
}

/** Gives nothing until it is told to stop. */
class Waiting implements StreamSource<number> {
  stopped = 0;
  ended = false;
  async *start(signal: AbortSignal): AsyncGenerator<number> {
    try {
      yield 1;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    } finally {
      this.ended = true;
    }
  }
  stop() {
    this.stopped++;
  }
}

describe('runSource', () => {
  test('writes what the source yields, in order, and ends with it', async () => {
    await run(new Counting(5)).done;
    expect(await values()).toEqual([1, 2, 3, 4, 5]);
  });

  test('resumes the source only when its event is acknowledged', async () => {
    const source = new Counting(2);
    const started = recording.sendStarted();
    const running = run(source);
    await started;
    await turn();
    expect(source.resumedAfter).toEqual([]);
    recording.letSendsEnd();
    await running.done;
    expect(source.resumedAfter).toEqual([1, 2]);
    expect(recording.batchSizes).toEqual([1, 1]);
  });

  test('gathers up to maxUnacknowledged events while a batch is on its way', async () => {
    const source = new Counting(10);
    const started = recording.sendStarted();
    const running = run(source, { maxUnacknowledged: 4 });
    await started;
    await turn();
    expect(source.resumedAfter).toEqual([1, 2, 3]);
    recording.letSendsEnd();
    await running.done;
    expect(recording.batchSizes.slice(0, 2)).toEqual([1, 3]);
    expect(await values()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('writes key and time where they are asked for', async () => {
    const keyed = topic('numbers', { key: string(), value: json<number>() });
    await runSource(new Counting(2), { log, topic: keyed, key: (n) => `n${n}`, logger }).done;
    expect(await readTopic(log, keyed)).toEqual([
      { key: 'n1', value: 1 },
      { key: 'n2', value: 2 },
    ]);
  });

  test('stops: aborts the signal, asks the source once, lets its finally run, keeps what it gave', async () => {
    const source = new Waiting();
    const running = run(source);
    await until(() => recording.batchSizes.length === 1);
    await running.stop();
    await running.done;
    expect(source).toMatchObject({ stopped: 1, ended: true });
    expect(await values()).toEqual([1]);
  });

  test('leaves a source behind that does not stop, and says so', async () => {
    const clock = new ManualClock();
    let goesOn = false;
    const deaf: StreamSource<number> = {
      async *start() {
        yield 1;
        goesOn = true;
        await new Promise(() => {});
      },
    };
    const running = run(deaf, { clock, name: 'deaf' });
    await until(() => goesOn);
    const stopped = running.stop({ timeoutMs: 50 });
    await turn();
    clock.advance(50);
    await stopped;
    expect(lines).toEqual([
      'warn: Source deaf did not end within 50 ms; what it still gives is not taken. Let start() watch its signal.',
    ]);
  });

  test('starts a source that threw again, after waits that grow until an event is written', async () => {
    const waits: number[] = [];
    const clock = { nowMs: () => 0, delay: async (ms: number) => void waits.push(ms) };
    let runs = 0;
    const faulty: StreamSource<number> = {
      async *start() {
        runs++;
        if (runs === 3) yield 1;
        if (runs < 5) throw new Error(`fault ${runs}`);
      },
    };
    await run(faulty, { clock, name: 'faulty', backoffMs: 1_000 }).done;
    expect(waits).toEqual([1_000, 2_000, 1_000, 2_000]);
    expect(lines[0]).toBe('warn: Source faulty of topic numbers failed: fault 1 (started again in 1 s)');
    expect(await values()).toEqual([1]);
  });

  test('ends with the failure when it is to fail, and reports it', async () => {
    const faulty: StreamSource<number> = {
      // oxlint-disable-next-line require-yield -- it fails before its first event
      async *start() {
        throw new Error('no sensor');
      },
    };
    const running = run(faulty, { onFailure: 'fail' });
    await expect(running.done).rejects.toThrow(SourceError);
    expect(lines).toEqual(['error: Source source of topic numbers failed: no sensor']);
    await running.stop();
  });

  test('fails the source for an event that cannot be written', async () => {
    const unwritable: StreamSource<number> = {
      async *start() {
        yield undefined as never;
        yield Symbol('no JSON') as never;
      },
    };
    const running = run(unwritable, { onFailure: 'fail' });
    await expect(running.done).rejects.toThrow('Cannot write symbol as JSON');
  });

  test('tries the batch in hand again while the log is away: nothing lost, nothing overtaken', async () => {
    recording.failNextSends(3);
    const running = run(new Counting(4), { maxUnacknowledged: 10, backoffMs: 1 });
    await running.done;
    expect(await values()).toEqual([1, 2, 3, 4]);
    expect(lines[0]).toMatch(/^warn: Cannot write 1 events of Counting to topic numbers: The log is away/);
    expect(lines).toHaveLength(3);
  });

  test('waits for a topic that does not exist yet', async () => {
    const later = topic('later', { value: json<number>() });
    const running = runSource(new Counting(1), { log, topic: later, logger, backoffMs: 1 });
    await until(() => lines.length > 0);
    await log.admin.create([{ topic: 'later', numPartitions: 1 }]);
    await running.done;
    expect(await readTopic(log, later)).toEqual([{ key: null, value: 1 }]);
  });

  test('can be stopped while it waits', async () => {
    const running = runSource(new Counting(1), {
      log,
      logger,
      backoffMs: 60_000,
      topic: topic('never', { value: json<number>() }),
    });
    await until(() => lines.length > 0);
    await running.stop();
    await running.done;
  });

  describe('its status', () => {
    const failing = (failures: number, reason: string) => ({
      state: 'retrying',
      failing: { sinceMs: 7, failures, reason: expect.stringContaining(reason) },
    });

    test('says that it waits for its topic, and why, then that it runs, and that it was stopped', async () => {
      const later = topic('later', { value: json<number>() });
      const source = new Waiting();
      const running = runSource(source, { log, topic: later, logger, backoffMs: 1 });
      expect(running.status).toMatchObject({ name: 'Waiting', topic: 'later', state: 'starting' });
      await until(() => running.status.failing !== undefined);
      expect(running.status.failing!.reason).toMatch(/does not exist/);
      await log.admin.create([{ topic: 'later', numPartitions: 1 }]);
      await until(() => running.status.state === 'running' && running.status.failing === undefined);
      await running.stop();
      expect(running.status.state).toBe('stopped');
    });

    test('counts what fails until events are written again, and keeps when that began and the last reason', async () => {
      const seen: unknown[] = [];
      let nowMs = 7;
      const clock = {
        nowMs: () => nowMs,
        delay: async () => {
          seen.push(running.status);
          nowMs++;
        },
      };
      let runs = 0;
      const faulty: StreamSource<number> = {
        async *start() {
          runs++;
          if (runs === 3) yield 1;
          if (runs < 4) throw new Error(`fault ${runs}`);
        },
      };
      const running = run(faulty, { clock });
      await running.done;
      expect(seen).toMatchObject([
        failing(1, 'fault 1'),
        { ...failing(2, 'fault 2'), sinceMs: 8 },
        { state: 'retrying', failing: { sinceMs: 9, failures: 1, reason: 'fault 3' } },
      ]);
      expect(running.status).toMatchObject({ state: 'ended' });
    });

    test('says that it failed for good, and why', async () => {
      const unwritable: StreamSource<number> = {
        async *start() {
          yield Symbol('no JSON') as never;
        },
      };
      const running = run(unwritable, { onFailure: 'fail' });
      await running.done.catch(() => undefined);
      await running.stop();
      expect(running.status).toMatchObject({
        state: 'failed',
        failing: { failures: 1, reason: expect.stringContaining('Cannot write symbol as JSON') },
      });
    });

    test('says that the log is away while a batch is tried again', async () => {
      const seen: unknown[] = [];
      const clock = { nowMs: () => 7, delay: async () => void seen.push(running.status) };
      recording.failNextSends(2);
      const running = run(new Counting(1), { clock });
      await running.done;
      expect(seen).toMatchObject([1, 2].map((count) => failing(count, 'The log is away')));
      expect(running.status).not.toHaveProperty('failing');
    });
  });

  test('names all faults of its options together', () => {
    expect(() => run(new Counting(1), { maxUnacknowledged: 0, backoffMs: -1 })).toThrow(
      /maxUnacknowledged must be .*; backoffMs must be/,
    );
  });
});
