/** Leaves a log in every state a kill can find it in, says so, and waits for the kill. */
import { embedded } from '@hiveframe/streams-embedded';
import { batch, noMembership } from './records.ts';

const [, , checkpointDir] = process.argv;
const log = embedded({ checkpointDir });
const [first, second] = [
  { topic: 'topic', partition: 0 },
  { topic: 'topic', partition: 1 },
] as const;

async function begin(transactionalId: string) {
  const writer = log.transactionalWriter({ transactionalId, transactionTimeoutMs: 600_000 });
  await writer.open();
  return writer.begin();
}

await log.admin.create([{ topic: 'topic', numPartitions: 2, config: { 'cleanup.policy': 'compact' } }]);
const done = await begin('done');
await done.send([batch(first, 'committed'), batch(second, 'committed')]);
await done.addOffsets(noMembership('group'), [{ ...first, offset: 1, metadata: 'kept' }]);
await done.commit();
const open = await begin('open');
await open.send([batch(first, 'open', 'open')]);
await open.addOffsets(noMembership('group'), [{ ...first, offset: 3 }]);
const forgotten = await begin('forgotten');
await forgotten.send([batch(first, 'forgotten'), batch(second, 'forgotten', 'forgotten')]);
await log.writer().send([batch(first, 'behind')]);

process.stdout.write('ready\n');
setInterval(() => {}, 1_000);
