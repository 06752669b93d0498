/** Counts, exactly once: each transaction appends the next number to two partitions and commits it as the offset. Prints every
 *  number whose commit was acknowledged. Some transactions are aborted on the way and done again. */
import { embedded } from '@hiveframe/streams-embedded';
import { batch, noMembership } from './records.ts';

const [, , checkpointDir, durability] = process.argv;
const log = embedded({ checkpointDir, durability: durability === 'power' ? 'power' : 'process' });
await log.admin.create([{ topic: 'numbers', numPartitions: 2 }]);
const [first, second] = [
  { topic: 'numbers', partition: 0 },
  { topic: 'numbers', partition: 1 },
] as const;
const writer = log.transactionalWriter({ transactionalId: 'counter', transactionTimeoutMs: 60_000 });
await writer.open();
const [committed] = await log.admin.committed('group', [first]);

for (let number = committed?.offset ?? 0; ; number++) {
  for (const outcome of number % 5 === 0 ? (['abort', 'commit'] as const) : (['commit'] as const)) {
    const transaction = writer.begin();
    await transaction.send([batch(first, String(number))]);
    await transaction.send([batch(second, String(number))]);
    await transaction.addOffsets(noMembership('group'), [{ ...first, offset: number + 1 }]);
    await transaction[outcome]();
  }
  process.stdout.write(`${number}\n`);
}
