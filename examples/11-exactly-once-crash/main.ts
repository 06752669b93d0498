/** Runs the application as a process of its own, kills it twice in the middle, and looks into the books afterwards. */
import { RecordBatchWriter, RecordCursor, StreamsApp, type LogPort, type Topic } from '@hiveframe/streams';
import { embedded } from '@hiveframe/streams-embedded';
import { spawn } from 'node:child_process';
import { log } from 'node:console';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { balances, receipts, topology, transfers } from './topology.ts';

const TRANSFERS = 3_000;
const KILLED_AFTER = [700, 1_700];

async function main(): Promise<void> {
  const checkpointDir = await mkdtemp(join(tmpdir(), 'lesson-11-'));
  for (const count of KILLED_AFTER) {
    await startAndKill(checkpointDir, count);
    log(`killed with SIGKILL after some ${count} receipts`);
  }
  log('started again, until all is done');
  await work(checkpointDir, TRANSFERS);
  await tell(checkpointDir);
  await rm(checkpointDir, { recursive: true });
}

async function startAndKill(checkpointDir: string, count: number): Promise<void> {
  const args = ['--conditions=hf-source', import.meta.filename, checkpointDir, String(count)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Writes what is not written yet, and processes until there are so many receipts. */
async function work(checkpointDir: string, count: number): Promise<void> {
  const shared = embedded({ checkpointDir });
  const app = new StreamsApp(topology, {
    applicationId: 'lesson',
    log: shared.share(),
    processingGuarantee: 'exactly_once',
    commitIntervalMs: 20,
    missingSourceTopics: { create: { numPartitions: 1 } },
  });
  await app.start();
  for (let number = await end(shared, transfers); number < TRANSFERS; number += 50) {
    await shared.writer().send([{ topic: transfers.name, partition: 0, records: someTransfers(number) }]);
    if ((await end(shared, receipts)) >= count) break;
    await sleep(5);
  }
  while ((await end(shared, receipts)) < count) await sleep(5);
  process.stdout.write('.');
  if (count < TRANSFERS) await sleep(10_000); // goes on until it is killed
  await app.stop();
  await shared.close(1_000);
}

function someTransfers(from: number) {
  const records = new RecordBatchWriter();
  for (let number = from; number < from + 50; number++) {
    const transfer = { from: `account-${number % 7}`, to: `account-${(number * 3 + 1) % 7}`, cents: number };
    records.append(Buffer.from(`t${number}`), Buffer.from(JSON.stringify(transfer)), Date.now());
  }
  return records.take();
}

async function end(log: LogPort, topic: { readonly name: string }): Promise<number> {
  const [found] = await log.admin.offsets([{ topic: topic.name, partition: 0 }], 'lastStable');
  return found?.offset ?? 0;
}

async function tell(checkpointDir: string): Promise<void> {
  const shared = embedded({ checkpointDir });
  await shared.connect();
  const rows = await read(shared, balances);
  const receiptCount = (await read(shared, receipts)).length;
  const latest = new Map(rows.map(({ key, value }) => [key, value]));
  const sum = [...latest.values()].reduce((total, cents) => total + cents, 0);
  log(`\n${TRANSFERS} transfers, ${receiptCount} receipts; all balances together: ${sum} cents`);
  log(receiptCount === TRANSFERS && sum === 0 ? 'nothing lost, nothing doubled' : 'THE BOOKS ARE WRONG');
  process.exitCode = receiptCount === TRANSFERS && sum === 0 ? 0 : 1;
  await shared.close(1_000);
}

async function read(log: LogPort, topic: Topic<string, number>) {
  const reader = log.reader({ isolation: 'read_committed' });
  reader.assign({ topic: topic.name, partition: 0 }, 0);
  const found: { key: string; value: number }[] = [];
  const cursor = new RecordCursor();
  const context = (part: 'key' | 'value') => ({ topic: topic.name, part, headers: () => [] });
  for (let fetched = await reader.poll({ maxWaitMs: 100 }); fetched.length > 0;) {
    for (const { batches, fromOffset } of fetched) {
      cursor.reset(batches, fromOffset);
      while (cursor.next())
        found.push({
          key: topic.key!.deserialize(cursor.key()!, context('key')),
          value: topic.value.deserialize(cursor.value()!, context('value')),
        });
    }
    fetched = await reader.poll({ maxWaitMs: 100 });
  }
  await reader.close();
  return found;
}

const [checkpointDir, count] = process.argv.slice(2);
if (import.meta.main) await (checkpointDir === undefined ? main() : work(checkpointDir, Number(count)));
