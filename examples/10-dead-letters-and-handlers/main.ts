import { bytes, DEAD_LETTER_HEADERS, topic } from '@hiveframe/streams';
import { play, type Lesson } from '../stage.ts';
import { booked, handlers, payments, topology } from './topology.ts';

const deadLetters = topic('lesson-dead-letters', { key: bytes(), value: bytes() });

export const lesson: Lesson = {
  topology,
  config: handlers,
  async play(stage) {
    await stage.show(booked);
    await stage.show(deadLetters, (value, _key, headers) => {
      const why = headers.find(([name]) => name === DEAD_LETTER_HEADERS.message)?.[1];
      return `${Buffer.from(value).toString()}: ${Buffer.from(why ?? []).toString()}`;
    });
    await stage.send(payments, 'p1', { account: 'a', cents: 100 });
    await stage.sendBytes(payments, Buffer.from('p2'), Buffer.from('{"account":'));
    await stage.sendBytes(payments, Buffer.from('p3'), Buffer.from('{"account":"a","cents":0.5}'));
    await stage.send(payments, 'p4', { account: 'a', cents: -1 });
    await stage.send(payments, 'p5', { account: 'b', cents: 200 });
  },
};

if (import.meta.main) await play(lesson);
