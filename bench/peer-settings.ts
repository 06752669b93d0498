/** The environment of `npm run bench:peer`, and of the other benchmarks that run the same applications. */
import { SCENARIOS } from './scenarios/index.ts';
import type { Choice, Contender, Guarantee, Scenario, Stores } from './scenarios/scenario.ts';

const env = process.env;

/** One of the words allowed, or the end of the program. */
export function oneOf<T extends string>(name: string, allowed: readonly T[], otherwise: T): T {
  const value = (env[name] ?? otherwise) as T;
  if (allowed.includes(value)) return value;
  process.stderr.write(`${name} is '${value}': it is one of ${allowed.join(', ')}.\n`);
  process.exit(2);
}

export function number(name: string, otherwise: number): number {
  return Number(env[name] ?? otherwise);
}

export function readScenario(): Scenario {
  return SCENARIOS.get(oneOf('SCENARIO', [...SCENARIOS.keys()], 'updates'))!;
}

export function readChoice(): Choice {
  const redisUrl = env['REDIS_URL'] ?? null;
  return {
    brokers: env['BROKERS'] ?? env['KAFKA_BROKERS'] ?? '127.0.0.1:9092',
    redisUrl,
    stores: { both: ['redis', 'memory'] as const, redis: ['redis'] as const, memory: ['memory'] as const }[
      oneOf<'both' | Stores>('STORES', ['both', 'redis', 'memory'], redisUrl === null ? 'memory' : 'both')
    ],
    guarantee: oneOf<Guarantee>('GUARANTEE', ['exactly_once', 'at_least_once'], 'exactly_once'),
    commitIntervalMs: number('COMMIT_INTERVAL_MS', 100),
    streamThreads: (env['STREAM_THREADS'] ?? '1').split(',').map(Number),
    threads: number('THREADS', 1),
    peerStore: oneOf('PEER_STORE', ['rocksdb', 'memory'], 'rocksdb'),
  };
}

/** The contenders that ONLY leaves. */
export function only(contenders: readonly Contender[]): readonly Contender[] {
  const words = env['ONLY']?.split(',');
  return contenders.filter(({ name }) => words === undefined || words.some((word) => name.includes(word)));
}
