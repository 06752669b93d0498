import '@hiveframe/streams-testing/jest';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { json, string, StreamsBuilder, topic } from '@hiveframe/streams';
import { TopologyTestDriver } from '@hiveframe/streams-testing';

const words = topic('words', { key: string(), value: json<string>() });
const copies = topic('copies', { key: string(), value: json<string>() });
const builder = new StreamsBuilder();
builder
  .stream(words)
  .mapValues((word) => {
    if (word === 'bad') throw new Error('That is a bad word.');
    return word;
  })
  .to(copies);
const topology = builder.build();

let driver: TopologyTestDriver;
beforeEach(() => {
  driver = new TopologyTestDriver(topology, { numPartitions: 3 });
});
afterEach(() => driver[Symbol.asyncDispose]());
const pipe = (...pairs: [string, string][]) => driver.input(words).pipeKeyValues(pairs);

describe('toHaveRecords', () => {
  it('asks for all records, in order for each key, by what is said of them', async () => {
    await pipe(['b', '1'], ['a', '2'], ['b', '3']);
    await expect(driver.output(copies)).toHaveRecords([
      { key: 'a', value: '2' },
      { key: 'b', value: '1', timestampMs: 0 },
      { key: 'b', value: '3' },
    ]);
  });

  it('says what is different', async () => {
    await pipe(['a', '1'], ['a', '2']);
    const failing = expect(driver.output(copies)).toHaveRecords([
      { key: 'a', value: '2' },
      { key: 'a', value: '1' },
    ]);
    await expect(failing).rejects.toThrow(/Expected other records than there are[^]*"value": "2"/);
  });

  it('fails for a record too many', async () => {
    await pipe(['a', '1'], ['b', '2']);
    await expect(expect(driver.output(copies)).toHaveRecords([{ key: 'a' }])).rejects.toThrow('"b"');
  });
});

describe('toHaveNoRecords', () => {
  it('passes when all were read', async () => {
    await pipe(['a', '1']);
    await driver.output(copies).readAll();
    await expect(driver.output(copies)).toHaveNoRecords();
  });

  it('tells which are there', async () => {
    await pipe(['a', 'surprise']);
    await expect(expect(driver.output(copies)).toHaveNoRecords()).rejects.toThrow('surprise');
  });
});

describe('toHaveDeadLetters', () => {
  it('asks for reasons, with a part of their message', async () => {
    await pipe(['a', 'bad']);
    await expect(driver).toHaveDeadLetters([{ kind: 'processing', message: 'a bad word', topic: 'words' }]);
  });

  it('fails for another message', async () => {
    await pipe(['a', 'bad']);
    await expect(expect(driver).toHaveDeadLetters([{ message: 'good' }])).rejects.toThrow('bad word');
  });
});

describe('snapshots', () => {
  it('show a topology by its description', () => {
    expect(topology).toMatchInlineSnapshot(`
     Topologies:
        Sub-topology: 0
         Source: source-0000 (topics: [words])
           --> map-values-0001
         Processor: map-values-0001 (stores: [])
           --> sink-0002
           <-- source-0000
         Sink: sink-0002 (topic: copies)
           <-- map-values-0001
     
    `);
  });
});
