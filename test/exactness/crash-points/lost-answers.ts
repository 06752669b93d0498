/** Loses the answer to what a step asks for, when the service has done it. */
import { Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';
import type { Point } from './points.ts';
import { API, type Wire } from './wire.ts';

/** By which request a step asks Kafka; the others ask Redis. */
const ASKS_KAFKA: Readonly<Partial<Record<Point, number>>> = {
  'commit output': API.produce,
  'commit changelog': API.produce,
  'commit offsets': API.txnOffsetCommit,
  'commit end': API.endTxn,
  'takeover fence': API.initProducerId,
  'takeover committed': API.offsetFetch,
  'takeover changelog': API.listOffsets,
};
const LOOK_EVERY_MS = 5;

export interface LostAnswersOptions {
  readonly wire: Wire;
  readonly redisUrl: string;
  /** Of the store partition that the step changes. */
  readonly metaKey: string;
}

/** Resolves when the next request of this step is the one whose answer will be lost. */
export async function loseAnswerAt(point: Point, options: LostAnswersOptions): Promise<void> {
  const apiKey = ASKS_KAFKA[point];
  if (apiKey !== undefined) return options.wire.loseKafkaAnswer(apiKey);
  const { wire, redisUrl, metaKey } = options;
  const connections = wire.connectionsTo(Number(new URL(redisUrl).port));
  const observer = new Redis(redisUrl); // sees by another connection what was done
  const look = async () => JSON.stringify(await observer.hgetall(metaKey));
  const before = await look();
  void wire.loseAnswersOn(connections, async () => {
    while ((await look()) === before) await delay(LOOK_EVERY_MS);
    observer.disconnect();
  });
}
