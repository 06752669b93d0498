import { bytes, topic } from '@hiveframe/streams';
import { play, type Lesson } from '../stage.ts';
import { fares, morning, topology, trips } from './topology.ts';

const deadLetters = topic('lesson-dead-letters', { value: bytes() });

export const lesson: Lesson = {
  topology,
  async play(stage) {
    await stage.show(fares, (row) => `${row.fares.toFixed(2)} for ${row.trips} trips`);
    await stage.show(deadLetters, (value) => Buffer.from(value).toString());
    const target = { topic: trips, key: ({ district }: { readonly district: string }) => district };
    const beganMs = performance.now();
    await stage.feed(morning, target);
    await stage.settled();
    stage.say(`replayed in ${((performance.now() - beganMs) / 1_000).toFixed(1)} s; once more:`);
    await stage.feed(morning, target);
    await stage.settled();
    stage.say('nothing: the file was read to its end before.');
  },
};

if (import.meta.main) await play(lesson);
