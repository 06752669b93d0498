import { afterEach, describe, expect, it } from '@jest/globals';
import { TopologyTestDriver, type TopologyTestDriverOptions } from '@hiveframe/streams-testing';
import {
  DEAD_LETTER_HEADERS,
  json,
  RecordBatchWriter,
  string,
  StreamsBuilder,
  topic,
  tumbling,
  type FailureResponse,
  type ProcessingFailure,
} from '@hiveframe/streams';
import { embedded } from '@hiveframe/streams-embedded';

interface Job {
  at: number;
  size: number;
}
const jobs = topic('jobs', { key: string(), value: json<Job>(), timestamp: 'at' });
const done = topic('done', { key: string(), value: json<number>() });

function topology() {
  const builder = new StreamsBuilder();
  builder
    .stream(jobs)
    .mapValues(({ size }) => {
      if (size < 0) throw new RangeError(`size ${size}`);
      return size * 2;
    })
    .to(done);
  return builder.build();
}

const open: TopologyTestDriver[] = [];
function start(options: TopologyTestDriverOptions = {}) {
  const driver = new TopologyTestDriver(topology(), options);
  open.push(driver);
  const input = driver.input(jobs);
  const pipe = (size: number, at = 1) => input.pipe({ at, size }, { key: 'k' });
  const pipeText = (text: string) => input.pipeBytes(Buffer.from(text), { key: Buffer.from('k') });
  return { driver, input, pipe, pipeText, results: () => driver.output(done).readValues() };
}
afterEach(async () => {
  for (const driver of open.splice(0)) await driver[Symbol.asyncDispose]();
});

async function letters(driver: TopologyTestDriver) {
  return (await driver.deadLetters.readAll()).map(({ key, value, headers }) => {
    const of = (name: string) => {
      const bytes = headers.find(([one]) => one === name)?.[1];
      return bytes === undefined || bytes === null ? undefined : Buffer.from(bytes).toString();
    };
    return {
      key: key && Buffer.from(key).toString(),
      value: value && Buffer.from(value).toString(),
      kind: of(DEAD_LETTER_HEADERS.kind),
      message: of(DEAD_LETTER_HEADERS.message),
      offset: Number(of(DEAD_LETTER_HEADERS.offset)),
      topic: of(DEAD_LETTER_HEADERS.topic),
      task: of(DEAD_LETTER_HEADERS.task),
    };
  });
}

describe('a record that cannot go on', () => {
  it('goes to the dead letters with raw key and value, reason and origin, and holds up nobody', async () => {
    const { driver, pipe, pipeText, results } = start();
    await pipe(1);
    await pipeText('{"at": 5, ');
    await pipe(2);
    expect(await results()).toEqual([2, 4]);
    const [letter, ...rest] = await letters(driver);
    expect(rest).toEqual([]);
    expect(letter).toMatchObject({
      key: 'k',
      value: '{"at": 5, ',
      kind: 'deserialization',
      topic: 'jobs',
      task: '0_0',
    });
    expect(letter!.message).toMatch(
      /^Cannot deserialize the value of jobs-0 at offset \d+: .*beginning "\{\\"at\\": 5, "/,
    );
  });

  it.each([
    ['a missing timestamp', '{"size":1}', 'timestamp'],
    ['a negative timestamp', '{"at":-1,"size":1}', 'timestamp'],
    ['an absurd timestamp', '{"at":1e300,"size":1}', 'timestamp'],
    ['a function of the user that throws', '{"at":1,"size":-3}', 'processing'],
  ])('is told by its class: %s', async (_name, text, kind) => {
    const { driver, pipeText } = start();
    await pipeText(text);
    expect(await letters(driver)).toMatchObject([{ kind, value: text }]);
  });

  it('is malformed when its value is null', async () => {
    const { driver, input, pipe, results } = start();
    await input.pipeBytes(null, { key: Buffer.from('k') });
    await pipe(1);
    expect(await letters(driver)).toMatchObject([{ kind: 'deserialization', value: null }]);
    expect(await results()).toEqual([2]);
  });

  it.each([
    ['first', 'xgg', [2, 4]],
    ['last', 'ggx', [2, 4]],
    ['everywhere', 'xxx', []],
    ['in turn', 'xgxgx', [2, 4]],
  ])('may stand %s in a batch', async (_name, pattern, expected) => {
    const log = embedded();
    const { driver, results } = start({ log });
    await driver.settle();
    const batch = new RecordBatchWriter();
    let size = 0;
    for (const one of pattern) {
      const text = one === 'g' ? JSON.stringify({ at: 1, size: ++size }) : 'malformed';
      batch.append(Buffer.from('k'), Buffer.from(text), 1);
    }
    await log.writer().send([{ topic: 'jobs', partition: 0, records: batch.take() }]);
    await driver.settle();
    expect(await results()).toEqual(expected);
    expect(await letters(driver)).toHaveLength(pattern.split('x').length - 1);
  });

  it('is skipped when the handler says so', async () => {
    const { driver, pipe, pipeText, results } = start({ onDeserializationFailure: 'continue' });
    await pipeText('malformed');
    await pipe(1);
    expect(await letters(driver)).toEqual([]);
    expect(await results()).toEqual([2]);
  });

  it('ends the application when the handler says so, and is not skipped', async () => {
    const { pipe } = start({ onProcessingFailure: 'fail' });
    await pipe(1);
    await expect(pipe(-1)).rejects.toThrow('Cannot process jobs-0 at offset');
  });

  it('waits for a handler that answers later; what is behind it waits too', async () => {
    const asked: ProcessingFailure[] = [];
    const { driver, pipe, results } = start({
      onProcessingFailure: async (failure) => {
        await Promise.resolve();
        asked.push(failure);
        return failure.error.message.includes('size -7') ? 'continue' : 'deadLetter';
      },
    });
    for (const size of [1, -7, -8, 2]) await pipe(size);
    expect(asked.map(({ operator }) => operator)).toEqual([asked[0]!.operator, asked[0]!.operator]);
    expect(await letters(driver)).toMatchObject([{ kind: 'processing', value: '{"at":1,"size":-8}' }]);
    expect(await results()).toEqual([2, 4]);
  });

  it('is not written to the dead letters twice over a crash', async () => {
    const { driver, pipeText, pipe, results } = start();
    await pipeText('malformed');
    await driver.crashAndRestart();
    await pipe(1);
    expect(await letters(driver)).toHaveLength(1);
    expect(await results()).toEqual([2]);
  });
});

describe('a result that fails after its aggregation', () => {
  const counted = topic('counted', { key: string(), value: json<number>() });
  function counting(emit: 'final' | 'updates') {
    const builder = new StreamsBuilder();
    builder
      .stream(jobs)
      .groupByKey({ name: 'counting' })
      .windowedBy(tumbling({ sizeMs: 100 }), { graceMs: 0, emit })
      .count()
      .toStream()
      .map((n, { key }) => {
        if (key === 'bad') throw new Error('bad luck');
        return { key, value: n };
      })
      .to(counted);
    return builder.build();
  }

  it.each(['final', 'updates'] as const)('is told of, and the others go on: %s', async (emit) => {
    const asked: string[] = [];
    const driver = new TopologyTestDriver(counting(emit), {
      onProcessingFailure: async (failure): Promise<FailureResponse> => {
        await Promise.resolve();
        asked.push(failure.error.message);
        return 'deadLetter';
      },
    });
    open.push(driver);
    const input = driver.input(jobs);
    for (const key of ['a', 'bad', 'b']) await input.pipe({ at: 1, size: 1 }, { key });
    await input.pipe({ at: 500, size: 1 }, { key: 'c' });
    const keys = (await driver.output(counted).readAll()).map(({ key }) => key);
    expect(keys).toEqual(emit === 'final' ? ['a', 'b'] : ['a', 'b', 'c']);
    expect(asked[0]).toMatch(/^Cannot process a result of test-counting.*-changelog-0 in .*: bad luck$/);
    expect(await letters(driver)).toMatchObject([{ kind: 'processing', offset: -1 }]);
  });

  it('ends the application when the handler says so', async () => {
    const driver = new TopologyTestDriver(counting('updates'), { onProcessingFailure: 'fail' });
    open.push(driver);
    await expect(driver.input(jobs).pipe({ at: 1, size: 1 }, { key: 'bad' })).rejects.toThrow('bad luck');
  });
});

describe('output that its topic does not take', () => {
  const texts = topic('texts', { value: string() });
  function large() {
    const builder = new StreamsBuilder();
    builder
      .stream(texts)
      .mapValues((text) => text.repeat(100_000))
      .to(topic('large', { value: string() }));
    return builder.build();
  }
  const driverFor = (options: TopologyTestDriverOptions) => {
    const driver = new TopologyTestDriver(large(), options);
    open.push(driver);
    return driver;
  };

  it('ends the application unless a handler says otherwise', async () => {
    const driver = driverFor({});
    await expect(driver.input(texts).pipe('0123456789ab')).rejects.toThrow('Raise that limit');
  });

  it('is kept as a dead letter when the handler says so', async () => {
    const driver = driverFor({ onProductionFailure: 'deadLetter' });
    await driver.input(texts).pipe('0123456789ab');
    await driver.input(texts).pipe('ok');
    expect(await letters(driver)).toMatchObject([{ kind: 'production' }]);
    expect(await driver.output(topic('large', { value: string() })).readValues()).toEqual([
      'ok'.repeat(100_000),
    ]);
  });
});
