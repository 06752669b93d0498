import { describe, expect, it } from '@jest/globals';
import type { EmbeddedLog } from '@hiveframe/streams-embedded';
import { ManualClock } from '@hiveframe/streams-testing';
import {
  string,
  StreamsApp,
  StreamsBuilder,
  topic,
  type LogPort,
  type StreamSink,
  type SinkRecord,
  type StreamsConfig,
} from '@hiveframe/streams';
import { processPacing, type Instruments } from '@hiveframe/streams/internal';
import { setTimeout as delay } from 'node:timers/promises';
import { afterTest, cluster, eventually, write } from '../../test/support/cluster.ts';

const words = topic('words', { key: string(), value: string() });
const results = topic('results', { key: string(), value: string() });

function start(
  builder: StreamsBuilder,
  config: Omit<StreamsConfig & Instruments, 'applicationId'>,
): StreamsApp {
  const app = new StreamsApp(builder.build(), {
    applicationId: 'pressed',
    processingGuarantee: 'exactly_once',
    commitIntervalMs: 20,
    ...config,
  });
  afterTest(() => app.stop({ timeoutMs: 2_000 }).catch(() => {}));
  void app.start();
  return app;
}

const writeWords = (log: EmbeddedLog, partition: number, values: readonly string[]) =>
  write(
    log,
    { topic: 'words', partition },
    values.map((value) => ({ key: value, value, timestampMs: 1 })),
  );
const named = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}${index}`);

/** How many bytes each transaction wrote. */
function measured(log: EmbeddedLog): { readonly port: LogPort; readonly sizes: number[] } {
  const port = log.share();
  const sizes: number[] = [];
  const open = port.transactionalWriter.bind(port);
  port.transactionalWriter = (options) => {
    const writer = open(options);
    const begin = writer.begin.bind(writer);
    writer.begin = () => {
      const transaction = begin();
      const index = sizes.push(0) - 1;
      const send = transaction.send.bind(transaction);
      transaction.send = (batches) => {
        for (const { records } of batches) sizes[index]! += records.end;
        return send(batches);
      };
      return transaction;
    };
    return writer;
  };
  return { port, sizes };
}

describe('an application under pressure', () => {
  it('commits early when few records become much output', async () => {
    const log = await cluster({ words: 1, results: 1 });
    const perRecord = 20 * 10_000;
    const builder = new StreamsBuilder();
    builder
      .stream(words)
      .flatMapValues((word) => Array.from({ length: 20 }, () => word.padEnd(10_000)))
      .to(results);
    await writeWords(log, 0, named('w', 50));
    const { port, sizes } = measured(log);
    start(builder, { log: port, maxPendingBytes: perRecord, commitIntervalMs: 9_000 });
    await eventually(async () => sizes.reduce((sum, size) => sum + size, 0) >= 48 * perRecord, 'the output');
    expect(Math.max(...sizes)).toBeLessThan(2.1 * perRecord);
  });

  it('lets other partitions go on beside one whose records are slow', async () => {
    const log = await cluster({ words: 2, results: 1 });
    const handled: string[] = [];
    let elapsedMs = 0;
    const builder = new StreamsBuilder();
    builder
      .stream(words)
      .mapValues((word) => {
        handled.push(word);
        elapsedMs += word.startsWith('slow') ? 50 : 0.01;
        return word;
      })
      .to(results);
    await writeWords(log, 0, named('slow', 100));
    await writeWords(log, 1, named('quick', 200));
    start(builder, { log: log.share(), pacing: { ...processPacing, elapsedMs: () => elapsedMs } });
    await eventually(async () => handled.length === 300, 'all are handled');
    const slowBefore = handled
      .slice(0, handled.indexOf('quick199'))
      .filter((word) => word.startsWith('slow'));
    expect(slowBefore.length).toBeLessThan(5);
  });

  it('waits for an answer for longer than any port may take', async () => {
    const log = await cluster({ words: 1, results: 1 });
    const clock = new ManualClock(1);
    const answer = Promise.withResolvers<string>();
    const handled: string[] = [];
    const builder = new StreamsBuilder();
    builder
      .stream(words)
      .mapValuesAsync(
        (word) => {
          handled.push(word);
          return answer.promise;
        },
        { name: 'ask', concurrency: 1, timeoutMs: 3_600_000 },
      )
      .to(results);
    await writeWords(log, 0, ['a', 'b']);
    const { port, sizes } = measured(log);
    start(builder, { log: port, clock });
    await eventually(async () => handled.length === 1, 'the call');
    for (let minute = 0; minute < 10; minute++) {
      clock.advance(60_000);
      await delay(5);
    }
    expect(handled).toEqual(['a']); // not behind it, and not again
    answer.resolve('A');
    await eventually(async () => {
      clock.advance(20);
      return sizes.length === 2;
    }, 'the commits');
    expect(handled).toEqual(['a', 'b']);
  });

  it('lets other partitions go on beside one whose sink hangs, and goes on with it when it is back', async () => {
    const log = await cluster({ words: 4 });
    const received: string[] = [];
    const hanging = Promise.withResolvers<void>();
    let hangingAt = -1;
    const sink: StreamSink<string, string> = {
      name: 'slow',
      guarantee: 'at_least_once',
      close: async () => {},
      write: async (batch: readonly SinkRecord<string, string>[]) => {
        const { partition } = batch[0]!;
        if (hangingAt < 0) hangingAt = partition;
        if (partition === hangingAt) await hanging.promise;
        received.push(...batch.map(({ value }) => value));
      },
    };
    const builder = new StreamsBuilder();
    builder.stream(words).toSink(sink);
    const all = Array.from({ length: 4 }, (_, partition) => named(`p${partition}-`, 500));
    for (const [partition, values] of all.entries()) await writeWords(log, partition, values);
    start(builder, { log: log.share() });
    let before = -1;
    await eventually(async () => {
      const isStill = received.length > 1_000 && received.length === before;
      before = received.length;
      if (!isStill) await delay(100);
      return isStill;
    }, 'the others are done');
    expect(received.length).toBeLessThan(2_000);
    hanging.resolve();
    await eventually(async () => received.length >= 2_000, 'all');
    expect(received.toSorted()).toEqual(all.flat().toSorted());
  });
});
