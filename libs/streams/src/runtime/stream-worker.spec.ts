import { describe, expect, it } from '@jest/globals';
import type { EmbeddedLog } from '@hiveframe/streams-embedded';
import {
  json,
  string,
  StreamsApp,
  StreamsBuilder,
  topic,
  type GroupListener,
  type GroupMember,
  type LogPort,
  type LogReader,
  type StreamsConfig,
} from '@hiveframe/streams';
import { processPacing, type Instruments } from '@hiveframe/streams/internal';
import { afterTest, cluster, eventually, readNumbers, write } from '../../test/support/cluster.ts';

function countByKey() {
  const builder = new StreamsBuilder();
  builder
    .stream(topic('words', { key: string(), value: string() }))
    .groupByKey({ name: 'by-key' })
    .count()
    .toStream()
    .mapValues((n) => n ?? 0)
    .to(topic('counts', { key: string(), value: json<number>() }));
  return builder.build();
}

/** Knows the application's member, and whether its first reader has been asked and has not answered yet. */
class WatchedLog {
  member: GroupMember | null = null;
  listener: GroupListener | null = null;
  numWriters = 0;
  isAsked = false;
  readonly port: LogPort;

  constructor(log: EmbeddedLog) {
    const port = log.share();
    let isFirst = true;
    this.port = Object.assign(Object.create(port) as LogPort, {
      connect: (signal?: AbortSignal) => port.connect(signal),
      close: (timeoutMs: number) => port.close(timeoutMs),
      reader: (...options: Parameters<LogPort['reader']>) => {
        const reader = port.reader(...options);
        if (isFirst) this.#watch(reader);
        isFirst = false;
        return reader;
      },
      writer: () => port.writer(),
      transactionalWriter: (...options: Parameters<LogPort['transactionalWriter']>) => {
        this.numWriters++;
        return port.transactionalWriter(...options);
      },
      group: (...options: Parameters<LogPort['group']>) => {
        this.listener = options[1];
        return (this.member = port.group(...options));
      },
      admin: port.admin,
    });
  }

  #watch(reader: LogReader): void {
    const poll = reader.poll.bind(reader);
    reader.poll = async (options) => {
      this.isAsked = true;
      return poll(options).finally(() => (this.isAsked = false));
    };
  }
}

describe('StreamWorker', () => {
  it('gives what it had fetched before its tasks were lost to none of the new ones', async () => {
    const shared = await cluster({ words: 1 });
    const log = new WatchedLog(shared);
    const held = Promise.withResolvers<void>();
    let isHolding = false;
    let isOver = false;
    // Holds the loop as soon as it goes on although its question to the reader is still open.
    const breathe = async () => {
      if (isOver || !log.isAsked) return processPacing.breathe();
      isHolding = true;
      await held.promise;
    };
    const config: StreamsConfig & Instruments = {
      applicationId: 'counting',
      processingGuarantee: 'exactly_once',
      commitIntervalMs: 20,
      log: log.port,
      pacing: { ...processPacing, breathe },
    };
    const app = new StreamsApp(countByKey(), config);
    afterTest(() => app.stop({ timeoutMs: 2_000 }).catch(() => {}));
    void app.start();
    await eventually(async () => isHolding, 'the loop goes on without an answer');
    const at = { topic: 'words', partition: 0 };
    await write(shared, at, [{ key: 'a', value: '', timestampMs: 1 }]);
    await eventually(async () => !log.isAsked, 'the answer');
    const states: string[] = [];
    app.listen({ onStateChange: ({ to }) => states.push(to) });
    log.member!.rejoin();
    await eventually(async () => states.at(-1) === 'running', 'the task is open again');
    isOver = true;
    held.resolve();
    await write(shared, at, [{ key: 'last', value: '', timestampMs: 1 }]);
    await eventually(async () => (await readNumbers(shared, 'counts')).has('last'), 'the end');
    expect(Object.fromEntries(await readNumbers(shared, 'counts'))).toEqual({ a: [1], last: [1] });
  });

  it('lets everyone who takes its tasks back wait for their commit', async () => {
    const shared = await cluster({ words: 1 });
    const log = new WatchedLog(shared);
    const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const builder = new StreamsBuilder();
    builder
      .stream(topic('words', { key: string(), value: string() }))
      .mapValuesAsync(
        async () => {
          asked.resolve();
          await answer.promise;
          return 7;
        },
        { name: 'look-up', concurrency: 1, timeoutMs: 60_000 },
      )
      .to(topic('counts', { key: string(), value: json<number>() }));
    const app = new StreamsApp(builder.build(), {
      applicationId: 'asking',
      processingGuarantee: 'exactly_once',
      commitIntervalMs: 5_000,
      log: log.port,
    });
    afterTest(() => app.stop({ timeoutMs: 2_000 }).catch(() => {}));
    await app.start();
    await write(shared, { topic: 'words', partition: 0 }, [{ key: 'a', value: '', timestampMs: 1 }]);
    await asked.promise;
    const numOver: number[] = [];
    const revoke = (number: number) =>
      log.listener!.onRevoked(Date.now() + 60_000).then(() => numOver.push(number));
    const revoked = Promise.all([revoke(1), revoke(2)]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(numOver).toEqual([]);
    answer.resolve();
    await revoked;
    expect(Object.fromEntries(await readNumbers(shared, 'counts'))).toEqual({ a: [7] });
  });

  it('neither gives up nor opens tasks for an assignment that comes while it stops', async () => {
    const shared = await cluster({ words: 1 });
    const log = new WatchedLog(shared);
    const answer = Promise.withResolvers<number>();
    const asked = Promise.withResolvers<void>();
    const builder = new StreamsBuilder();
    builder
      .stream(topic('words', { key: string(), value: string() }))
      .mapValuesAsync(
        () => {
          asked.resolve();
          return answer.promise;
        },
        { name: 'slow', concurrency: 1, timeoutMs: 60_000 },
      )
      .to(topic('counts', { key: string(), value: json<number>() }));
    const app = new StreamsApp(builder.build(), {
      applicationId: 'stopping',
      processingGuarantee: 'exactly_once',
      commitIntervalMs: 20,
      log: log.port,
    });
    await app.start();
    await write(shared, { topic: 'words', partition: 0 }, [{ key: 'a', value: '', timestampMs: 1 }]);
    await asked.promise;
    const stopping = app.stop({ timeoutMs: 10_000 });
    const { listener, numWriters } = log;
    const ours = listener!.memberData();
    const { signal } = new AbortController();
    await listener!.onAssigned([], null, signal); // it goes to another member
    await listener!.onAssigned([], ours, signal); // and comes back
    expect(log.numWriters).toBe(numWriters);
    answer.resolve(7);
    await stopping;
    expect(Object.fromEntries(await readNumbers(shared, 'counts'))).toEqual({ a: [7] });
  });
});
