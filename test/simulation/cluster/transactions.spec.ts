import { describe, expect, it } from '@jest/globals';
import { RecordBatchWriter } from '@hiveframe/streams';
import { Random } from '../kernel/random.ts';
import { VirtualTime } from '../kernel/virtual-time.ts';
import { SimulatedCluster } from './simulated-cluster.ts';

const AT = { topic: 'topic', partition: 0 };
const MEMBER = { groupId: 'group', generation: -1, memberId: '', instanceId: null };

function committed() {
  const time = new VirtualTime(0);
  const cluster = new SimulatedCluster({ time, random: new Random(1, 'markers'), markerDelayMs: 100 });
  cluster.create([{ topic: AT.topic, numPartitions: 1 }]);
  const { epoch } = cluster.transactions.open('id');
  const token = { transactionalId: 'id', epoch, number: 1 };
  const records = new RecordBatchWriter();
  records.append(null, Buffer.from('value'), 0);
  cluster.appendIn(token, 1_000, [{ ...AT, records: records.take() }]);
  cluster.addOffsetsIn(token, 1_000, MEMBER, [{ ...AT, offset: 5 }]);
  cluster.transactions.end(token, 'committed');
  return { time, cluster };
}

describe('T2 a transaction that is decided', () => {
  it('is seen by readers when its marker is written', async () => {
    const { time, cluster } = committed();
    const partition = cluster.partition(AT);
    expect(partition.lastStableOffset).toBe(0);
    cluster.transactions.open('id'); // a new owner changes nothing about it
    await time.run(() => false);
    expect(partition.lastStableOffset).toBe(2);
    expect(partition.committed()).toHaveLength(1);
  });

  it('keeps those waiting who ask for stable offsets, until its offsets are written', async () => {
    const { time, cluster } = committed();
    let stable: number | undefined;
    void cluster.committed('group', [AT]).then(([found]) => {
      stable = found?.offset;
      expect(time.nowMs).toBeGreaterThan(0);
    });
    expect(cluster.offsets.now('group', [AT])).toEqual([]);
    await time.run(() => false);
    expect(stable).toBe(5);
  });
});
