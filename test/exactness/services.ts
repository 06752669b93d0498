/** Kafka and Redis for the suites of this folder, and `describe` that skips when one of them is missing. */
import { describe } from '@jest/globals';
import { kafkaBrokers } from '../support/kafka.ts';
import { redisUrl } from '../support/redis.ts';
import type { Services } from './scenario.ts';

const brokers = await kafkaBrokers();
const url = await redisUrl();

export const services: Services = { brokers: brokers ?? '', redisUrl: url ?? '' };
export const describeOnServices: typeof describe.skip =
  brokers === undefined || url === undefined ? describe.skip : describe;

/** Readings per case: 200,000 unless `RECORDS` says otherwise. */
export const RECORDS = Number(process.env['RECORDS'] ?? 200_000);
