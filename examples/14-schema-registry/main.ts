import { string, topic } from '@hiveframe/streams';
import { avro } from '@hiveframe/streams-schema-registry';
import { play, type Lesson } from '../stage.ts';
import { highs, readings, registry, topology } from './topology.ts';

/** As a producer writes them that was not updated yet. */
export const readingsBefore = topic('readings', {
  key: string(),
  value: avro({
    registry,
    schema: {
      type: 'record',
      name: 'Reading',
      namespace: 'lesson',
      fields: [{ name: 'temperature', type: 'double' }],
    },
  }),
});

export const lesson: Lesson = {
  topology,
  async play(stage) {
    await stage.show(highs);
    stage.say('a producer of version 1, and one of version 2:');
    await stage.send(readingsBefore, 's1', { temperature: 20 });
    await stage.send(readings, 's1', { temperature: 77, unit: 'FAHRENHEIT' as const });
    await stage.settled();
    stage.say('a schema that nobody registered goes to the dead letters, and holds up nothing:');
    await stage.sendBytes(readings, Buffer.from('s1'), Buffer.from([0, 0, 0, 1, 0, 0]));
    await stage.send(readings, 's1', { temperature: 30, unit: 'CELSIUS' as const });
  },
};

if (import.meta.main) await play(lesson);
