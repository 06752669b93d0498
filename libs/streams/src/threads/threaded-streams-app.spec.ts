/** Real threads on an embedded log each: what crosses, what ends them, and what the host makes of it. */
import { randomUUID } from 'node:crypto';
import { BroadcastChannel } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ConfigError,
  ProcessingError,
  StreamThreadError,
  ThreadedStreamsApp,
  TimeoutError,
  type Metric,
  type StateChange,
  type ThreadedStreamsOptions,
  type ThreadFailure,
} from '@hiveframe/streams';
import { sourceWorker } from '../../test/threads/source-worker.ts';
import type { Command, Script } from '../../test/threads/scripted.streams.ts';
import { eventually } from '../../test/support/cluster.ts';

const SCRIPTED = new URL('../../test/threads/scripted.streams.ts', import.meta.url);

let channel: BroadcastChannel;
let lines: string[];
let measured: Readonly<Record<string, string>>[];
let observed: () => readonly Metric[];
let open: ThreadedStreamsApp | null = null;

beforeEach(() => {
  channel = new BroadcastChannel(randomUUID());
  lines = [];
  measured = [];
});
afterEach(async () => {
  await open?.stop({ timeoutMs: 1_000 }).catch(() => {});
  channel.close();
});

type Settings = Partial<ThreadedStreamsOptions> & { readonly script?: Omit<Script, 'channel'> };

function app({ script, ...options }: Settings = {}): ThreadedStreamsApp {
  open = new ThreadedStreamsApp({
    module: SCRIPTED,
    numStreamThreads: 1,
    data: { channel: channel.name, ...script },
    logger: { log: (level, text) => lines.push(`${level} ${text}`) },
    telemetry: {
      count: () => {},
      record: (name, value, attributes) => measured.push({ name, ...attributes }),
      observe: (metrics) => {
        observed = metrics;
        return () => (observed = () => []);
      },
    },
    createWorker: sourceWorker(options.resourceLimits),
    ...options,
  } as ThreadedStreamsOptions);
  return open;
}
const tell = (command: Command) => channel.postMessage(command);

function ending(one: ThreadedStreamsApp): Promise<Error> {
  return new Promise((resolve) =>
    one.listen({ onStateChange: ({ to, error }) => to === 'error' && resolve(error!) }),
  );
}

describe('ThreadedStreamsApp', () => {
  it('gives the metrics of all threads, and the state of the whole', async () => {
    const one = app({ numStreamThreads: 2 });
    await one.start();
    const named = (name: string) => observed().filter((metric) => metric.name === name);
    await eventually(async () => named('poll-total').length === 2, 'both threads told theirs');
    expect(new Set(named('poll-total').map(({ attributes }) => attributes['thread']))).toEqual(
      new Set(['StreamThread-1', 'StreamThread-2']),
    );
    expect(named('alive-stream-threads')).toEqual([
      { name: 'alive-stream-threads', kind: 'gauge', value: 2, attributes: { application: 'scripted' } },
    ]);
    const states = named('client-state').filter(({ value }) => value === 1);
    expect(states.map(({ attributes }) => attributes['state'])).toEqual(['running']);
    await one.stop();
    expect(observed()).toEqual([]);
  });

  it('runs when all threads run, tells of them as of one, and stops them all', async () => {
    const one = app({ numStreamThreads: 2 });
    const changes: StateChange[] = [];
    one.listen({ onStateChange: (change) => changes.push(change) });
    await one.start();
    expect(one.threads).toEqual([
      { name: 'StreamThread-1', state: 'running' },
      { name: 'StreamThread-2', state: 'running' },
    ]);
    tell({ thread: 'StreamThread-2', act: 'count' });
    await eventually(async () => measured.length > 0, 'a commit was measured');
    expect(measured).toContainEqual({
      name: 'commit-latency-ms',
      thread: 'StreamThread-2',
      application: 'scripted',
    });
    await one.stop();
    expect(changes.map(({ from, to }) => `${from} ${to}`)).toEqual([
      'created rebalancing',
      'rebalancing running',
      'running stopping',
      'stopping stopped',
    ]);
    expect(one.threads.map(({ state }) => state)).toEqual(['stopped', 'stopped']);
    expect(lines).toContain('info StreamThread-2: closed');
    expect(lines.at(-1)).toBe('info scripted: stopping → stopped');
  }, 30_000);

  it('ends with the error of a thread, as it was there, and stops the others gracefully', async () => {
    const one = app({ numStreamThreads: 2 });
    await one.start();
    const ended = ending(one);
    tell({ thread: 'StreamThread-1', act: 'fail' });
    const error = await ended;
    expect(error).toBeInstanceOf(ProcessingError);
    expect(error).toMatchObject({ code: 'HFS_PROCESSING', cause: { message: 'the record says fail' } });
    expect(one.error).toBe(error);
    expect(lines).toContain('info StreamThread-2: scripted: stopping → stopped');
    expect(lines.at(-1)).toMatch(/^error scripted cannot go on: StreamThread-1: .*the record says fail/);
    await one.stop();
    expect(one.state).toBe('error');
  }, 30_000);

  it.each<[string, Settings, RegExp]>([
    ['a factory that throws', { script: { start: 'refuse' } }, /^no StreamThread-1 today$/],
    [
      'a log that belongs to one thread, for two',
      { numStreamThreads: 2, script: { embedded: 'as it is' } },
      /^Cannot run scripted in 2 threads: the embedded log belongs to one thread/,
    ],
    [
      'a module without a default export',
      { module: new URL('./carried-error.ts', import.meta.url) },
      /no default export that is a function/,
    ],
  ])(
    'fails to start with %s, whatever is to be done about failures',
    async (_, settings, reason) => {
      const one = app({ ...settings, onThreadFailure: 'replaceThread' });
      const starting = one.start();
      await expect(starting).rejects.toThrow(ConfigError);
      await expect(starting).rejects.toThrow(reason);
      expect(one.state).toBe('error');
    },
    30_000,
  );

  it.each<[Command['act'], RegExp]>([
    ['exit', /^StreamThread-1 ended with code 3: something in it called process.exit/],
    ['throwLater', /^StreamThread-1 ended by an error that nobody caught: nobody catches this\.$/],
    ['fillMemory', /^StreamThread-1 ran out of memory\. Give threads more/],
  ])(
    'tells what a thread died of: %s',
    async (act, reason) => {
      const one = app({ resourceLimits: { maxOldGenerationSizeMb: 64 } });
      await one.start();
      const ended = ending(one);
      tell({ thread: 'StreamThread-1', act });
      const error = await ended;
      expect(error).toBeInstanceOf(StreamThreadError);
      expect(error.message).toMatch(reason);
    },
    60_000,
  );

  it('replaces a thread that died, when asked to', async () => {
    const failures: ThreadFailure[] = [];
    const one = app({
      onThreadFailure: (failure) => {
        failures.push(failure);
        return 'replaceThread';
      },
    });
    await one.start();
    const states: string[] = [];
    one.listen({ onStateChange: ({ to }) => states.push(to) });
    tell({ thread: 'StreamThread-1', act: 'exit' });
    await eventually(async () => states.join() === 'rebalancing,running', 'running again');
    expect(failures).toEqual([{ thread: 'StreamThread-1', error: expect.any(StreamThreadError) }]);
    tell({ thread: 'StreamThread-1', act: 'count' });
    await eventually(async () => measured.length > 0, 'the new thread works');
  }, 30_000);

  it('asks about a replacement that fails before it has run as about any other, waiting longer each time', async () => {
    const made = new SharedArrayBuffer(4);
    const failures: ThreadFailure[] = [];
    const one = app({
      script: { replacements: { made, refusedUpTo: 2 } },
      onThreadFailure: (failure) => {
        failures.push(failure);
        return 'replaceThread';
      },
    });
    await one.start();
    const states: string[] = [];
    one.listen({ onStateChange: ({ to }) => states.push(to) });
    tell({ thread: 'StreamThread-1', act: 'exit' });
    await eventually(async () => states.join() === 'rebalancing,running', 'running again');
    expect(failures.map(({ error }) => error.name)).toEqual([
      'StreamThreadError',
      'ConfigError',
      'ConfigError',
    ]);
    const waits = lines.flatMap((line) => /replaced in ([\d.]+) s/.exec(line)?.[1] ?? []).map(Number);
    expect(waits).toHaveLength(3);
    expect(waits).toEqual([...new Set(waits)].sort((a, b) => a - b));
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^error StreamThread-1: no StreamThread-1 today\. It came in the place of one that had failed, and never ran\. .* \(replacement 3 in a row\)\.$/,
      ),
    );
  }, 30_000);

  it('ends where a replacement never runs and the handler has had enough', async () => {
    let numFailures = 0;
    const one = app({
      script: { replacements: { made: new SharedArrayBuffer(4), refusedUpTo: 99 } },
      onThreadFailure: () => (++numFailures < 3 ? 'replaceThread' : 'shutdownClient'),
    });
    await one.start();
    const ended = ending(one);
    tell({ thread: 'StreamThread-1', act: 'exit' });
    expect(await ended).toBeInstanceOf(ConfigError);
    expect(numFailures).toBe(3);
  }, 30_000);

  it('ends a thread that does not answer when it is to stop, and says so', async () => {
    const one = app();
    await one.start();
    tell({ thread: 'StreamThread-1', act: 'block' });
    await eventually(async () => lines.includes('info StreamThread-1: block'), 'it blocks');
    const stopping = one.stop({ timeoutMs: 50 });
    await expect(stopping).rejects.toThrow(TimeoutError);
    await expect(stopping).rejects.toThrow(/^StreamThread-1 did not answer within 3050 ms/);
    expect(one.state).toBe('stopped');
  }, 30_000);

  it('can be stopped while it starts', async () => {
    const one = app();
    const starting = one.start();
    await one.stop();
    await starting;
    expect(one.state).toBe('stopped');
  }, 30_000);

  it('refuses what cannot work, all faults together', () => {
    const make = () => app({ numStreamThreads: 0.5, data: () => {}, module: './here.ts' as unknown as URL });
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(/module must be a URL.*numStreamThreads must be .* is 0.5; data cannot be cloned/);
  });
});
