import { LogError, type TopicPartition } from '@hiveframe/streams';
import type { ApiRequest } from '../protocol/api-request.ts';
import { KafkaCode, STALE_LEADER, TRY_AGAIN } from '../protocol/error-codes.ts';
import { Backoff, delay } from './backoff.ts';
import type { ConnectionLane } from './connection-lane.ts';
import { BrokerError, ConnectionFailure } from './failures.ts';
import type { KafkaCluster } from './kafka-cluster.ts';

/** Asks the leader of each partition, all leaders at once; what a move of leaders spoiled is asked again.
 *  @throws LogError `unknownTopic`, BrokerError, ConnectionFailure */
export async function askLeaders<P extends TopicPartition, R extends TopicPartition & { errorCode: number }>(
  cluster: KafkaCluster,
  lane: ConnectionLane,
  partitions: readonly P[],
  request: (partitions: readonly P[]) => ApiRequest<readonly R[]>,
): Promise<R[]> {
  const untilMs = performance.now() + cluster.requestTimeoutMs;
  const backoff = new Backoff(20, 1_000);
  const done: R[] = [];
  let waiting = partitions;
  for (;;) {
    const round = await askOnce(cluster, lane, waiting, request);
    done.push(...round.done);
    waiting = round.failed;
    if (waiting.length === 0) return done;
    const absent = waiting.find(({ topic }) => cluster.metadata.isAbsent(topic));
    if (absent) throw unknownTopic(absent.topic);
    for (const { topic } of waiting) throwIfAny(cluster.metadata.refusal(topic));
    if (cluster.isClosed || performance.now() > untilMs) throw round.error;
    await delay(backoff.next());
    await cluster.refreshMetadata(waiting.map(({ topic }) => topic)).catch(() => {});
  }
}

async function askOnce<P extends TopicPartition, R extends TopicPartition & { errorCode: number }>(
  cluster: KafkaCluster,
  lane: ConnectionLane,
  partitions: readonly P[],
  request: (partitions: readonly P[]) => ApiRequest<readonly R[]>,
): Promise<{ done: R[]; failed: P[]; error: unknown }> {
  const failed: P[] = [];
  const done: R[] = [];
  let error: unknown = new BrokerError(KafkaCode.LEADER_NOT_AVAILABLE);
  const ask = async (nodeId: number, asked: readonly P[]): Promise<void> => {
    try {
      const asking = request(asked);
      for (const result of await lane.send(nodeId, asking)) {
        const { topic, errorCode } = result;
        if (errorCode === KafkaCode.NONE) done.push(result);
        else if (!mayPass(errorCode))
          throw new BrokerError(errorCode, null, { apiName: asking.apiName, resource: topic });
        else {
          error = new BrokerError(errorCode);
          failed.push(asked.find((at) => at.topic === topic && at.partition === result.partition)!);
        }
      }
    } catch (failure) {
      if (!(failure instanceof ConnectionFailure)) throw failure;
      error = failure;
      failed.push(...asked);
    }
  };
  const byLeader = new Map<number, P[]>();
  for (const at of partitions) {
    const leader = cluster.metadata.leaderOf(at.topic, at.partition);
    if (leader === undefined) failed.push(at);
    else byLeader.set(leader, [...(byLeader.get(leader) ?? []), at]);
  }
  await Promise.all([...byLeader].map(([nodeId, asked]) => ask(nodeId, asked)));
  return { done, failed, error };
}

function throwIfAny(error: Error | null): void {
  if (error !== null) throw error;
}

function mayPass(code: number): boolean {
  return STALE_LEADER.has(code) || TRY_AGAIN.has(code);
}

export function unknownTopic(topic: string): LogError {
  return new LogError(
    { kind: 'unknownTopic', topic },
    `Cannot use topic ${topic}: it does not exist, or no longer. Create it, or mend its name, and start again.`,
  );
}
