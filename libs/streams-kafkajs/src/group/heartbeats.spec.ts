import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { performance } from 'node:perf_hooks';
import { LogError } from '@hiveframe/streams';
import { until } from '../../test/fake-broker.ts';
import { BrokerError, ConnectionFailure } from '../cluster/failures.ts';
import { KafkaCode } from '../protocol/error-codes.ts';
import { Heartbeats } from './heartbeats.ts';

const SESSION_TIMEOUT_MS = 60;

let heartbeats: Heartbeats;
afterEach(() => heartbeats.stop());

function beating(beat: () => Promise<unknown>, sessionTimeoutMs = SESSION_TIMEOUT_MS): Heartbeats {
  heartbeats = new Heartbeats(beat, { intervalMs: 5, sessionTimeoutMs, heardAtMs: performance.now() });
  heartbeats.start();
  return heartbeats;
}
const refused = (code: number) => () => Promise.reject(new BrokerError(code));

describe('Heartbeats', () => {
  it('keep the membership for longer than the session timeout while they are answered', async () => {
    let nowMs = performance.now();
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
    let answered = 0;
    beating(async () => {
      nowMs += 0.4 * SESSION_TIMEOUT_MS;
      answered++;
    });
    await until(() => answered > 5 || !heartbeats.isSteady);
    expect(heartbeats.lostBy).toBeNull();
    clock.mockRestore();
  });

  it('say that the group rebalances, and go on until they are stopped', async () => {
    let count = 0;
    beating(
      () =>
        refused(count++ < 2 ? 0 : KafkaCode.REBALANCE_IN_PROGRESS)().catch((error: BrokerError) => {
          if (error.code !== 0) throw error;
        }),
      5_000,
    );
    await heartbeats.untilChange();
    expect(heartbeats.lostBy).toBeNull();
    const before = count;
    await until(() => count > before + 2);
    heartbeats.stop();
    expect(heartbeats.isSteady).toBe(false);
  });

  it.each(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID'] as const)(
    'end with %s: the membership is lost',
    async (name) => {
      beating(refused(KafkaCode[name]), 5_000);
      await heartbeats.untilChange();
      expect(heartbeats.lostBy).toMatchObject({
        failure: { kind: 'fenced' },
        cause: { code: KafkaCode[name] },
      });
    },
  );

  it('say so when they could not be sent because the process stood still', () => {
    beating(async () => {});
    const untilMs = performance.now() + 2 * SESSION_TIMEOUT_MS;
    while (performance.now() < untilMs); // nothing else happens meanwhile
    expect(heartbeats.lostBy?.message).toMatch(
      /no heartbeat was answered for 60 ms, because this process stood still for 0\.1 s/,
    );
  });

  it('outlive a lost connection and a coordinator that moves', async () => {
    const failures = [new ConnectionFailure('lost', true), new BrokerError(KafkaCode.NOT_COORDINATOR)];
    let answered = 0;
    beating(async () => {
      const failure = failures.shift();
      if (failure) throw failure;
      answered++;
    }, 5_000);
    await until(() => answered > 2);
    expect(heartbeats.isSteady).toBe(true);
  });

  it.each([
    ['nobody answers', () => new Promise(() => {})],
    ['the coordinator cannot be reached', () => Promise.reject(new ConnectionFailure('lost', false))],
  ])('count the membership as lost when for the session timeout %s', async (_, beat) => {
    const startedMs = performance.now();
    beating(beat);
    await heartbeats.untilChange();
    expect(performance.now() - startedMs).toBeGreaterThan(SESSION_TIMEOUT_MS - 5);
    expect(heartbeats.lostBy?.message).toContain(`no heartbeat was answered for ${SESSION_TIMEOUT_MS} ms`);
  });

  it('see a freeze by the clock, before any timer has run', () => {
    const heardAtMs = performance.now() - SESSION_TIMEOUT_MS; // the process slept that long
    const options = { intervalMs: 5, sessionTimeoutMs: SESSION_TIMEOUT_MS, heardAtMs };
    heartbeats = new Heartbeats(async () => {}, options);
    expect(heartbeats.lostBy).toBeInstanceOf(LogError);
  });
});
