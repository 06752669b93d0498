import { bytes, seconds, topic } from '@hiveframe/streams';
import { play, type Lesson } from '../stage.ts';
import { alerts, averages, readings, topology } from './topology.ts';

const deadLetters = topic('lesson-dead-letters', { key: bytes(), value: bytes() });
const BASE_MS = Date.parse('2026-01-30T10:00:00Z');

export const lesson: Lesson = {
  topology,
  async play(stage) {
    await stage.show(alerts, ({ temperature, timestamp }) => `${temperature.toFixed(1)} °C at ${timestamp}`);
    await stage.show(averages, ({ window_end, avg_temp, readings: count }) => {
      const bar = '▄'.repeat(Math.max(0, Math.round((avg_temp - 18) * 3)));
      return `${new Date(window_end).toISOString().slice(11, 19)} ${avg_temp.toFixed(2)} of ${count} ${bar}`;
    });
    await stage.show(deadLetters, (value) => Buffer.from(value).toString());
    for (let second = 0; second <= 150; second += 2) {
      const temperature = 24 + 4 * Math.sin(second / 20) + (second === 40 ? 6 : 0);
      const timestamp = new Date(BASE_MS + seconds(second)).toISOString();
      await stage.send(readings, 'greenhouse', { sensor_id: 'greenhouse', temperature, timestamp });
      if (second % 10 === 0) await stage.settled();
    }
    await stage.sendBytes(readings, Buffer.from('greenhouse'), Buffer.from('{"temperature":"warm"}'));
  },
};

if (import.meta.main) await play(lesson);
