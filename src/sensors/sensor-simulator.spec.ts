import type { Clock } from '@hiveframe/streams';
import { describe, expect, it } from '@jest/globals';
import type { Reading } from './reading.ts';
import { SensorSimulator, type SimulatorOptions } from './sensor-simulator.ts';

/** Time passes only by waiting; a wait that nobody ends ends at once. */
class LeapingClock implements Clock {
  #nowMs = 1_000_000;
  nowMs = (): number => this.#nowMs;
  async delay(ms: number, signal?: AbortSignal): Promise<void> {
    await Promise.resolve();
    if (signal?.aborted !== true) this.#nowMs += ms;
  }
  sleep(ms: number): void {
    this.#nowMs += ms;
  }
}

function simulator(clock: Clock, options: Partial<SimulatorOptions> = {}): SensorSimulator {
  return new SensorSimulator({
    sensors: ['a', 'b', 'c'],
    readingsPerSecond: 10,
    backfillMs: 0,
    clock,
    ...options,
  });
}
async function take(source: AsyncIterable<Reading>, count: number): Promise<readonly Reading[]> {
  const readings: Reading[] = [];
  for await (const reading of source) if (readings.push(reading) === count) break;
  return readings;
}
const forever = new AbortController().signal;

describe('SensorSimulator', () => {
  it('keeps its rate, in event time and in real time', async () => {
    const clock = new LeapingClock();
    const readings = await take(simulator(clock).start(forever), 21);
    expect(readings.map(({ timestamp }) => timestamp - 1_000_000)).toEqual(
      Array.from({ length: 21 }, (_, i) => i * 100),
    );
    expect(clock.nowMs()).toBe(1_002_000);
  });

  it('begins with the readings of the time before, without waiting', async () => {
    const clock = new LeapingClock();
    const readings = await take(simulator(clock, { backfillMs: 60_000 }).start(forever), 601);
    expect(readings[0]?.timestamp).toBe(940_000);
    expect(readings.at(-1)?.timestamp).toBe(1_000_000);
    expect(clock.nowMs()).toBe(1_000_000);
  });

  it('spreads its values over sensors and ranges, rounded to hundredths', async () => {
    const readings = await take(simulator(new LeapingClock()).start(forever), 2_000);
    expect(new Set(readings.map(({ sensor_id }) => sensor_id))).toEqual(new Set(['a', 'b', 'c']));
    for (const { temperature, humidity } of readings) {
      expect(temperature).toBeGreaterThanOrEqual(18);
      expect(temperature).toBeLessThanOrEqual(32);
      expect(humidity).toBeGreaterThanOrEqual(30);
      expect(humidity).toBeLessThanOrEqual(90);
      expect(Math.abs(temperature * 100 - Math.round(temperature * 100))).toBeLessThan(1e-9);
    }
    expect(readings.some(({ temperature }) => temperature > 28)).toBe(true);
  });

  it('does not catch up on more than a minute after the machine slept', async () => {
    const clock = new LeapingClock();
    const readings: Reading[] = [];
    for await (const reading of simulator(clock).start(forever)) {
      if (readings.push(reading) === 1) clock.sleep(3_600_000);
      if (readings.length === 2) break;
    }
    expect(readings[1]?.timestamp).toBe(1_000_000 + 3_600_000 - 60_000);
  });

  it('goes on where it was when it is started again', async () => {
    const source = simulator(new LeapingClock(), { backfillMs: 60_000 });
    await take(source.start(forever), 3);
    const [next] = await take(source.start(forever), 1);
    expect(next?.timestamp).toBe(940_200);
  });

  it('ends when stopped, and when the signal aborts', async () => {
    const stopped = simulator(new LeapingClock());
    stopped.stop();
    expect(await take(stopped.start(forever), 1)).toEqual([]);
    expect(await take(simulator(new LeapingClock()).start(AbortSignal.abort()), 1)).toEqual([]);
  });
});
