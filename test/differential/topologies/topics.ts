import { string, topic, type Topic as TopicOf } from '@hiveframe/streams';
import type { Topic } from '../case.ts';

const texts = (name: string): TopicOf<string, string> => topic(name, { key: string(), value: string() });
/** Topic a, where the value is the time. */
export const timedTexts = topic('a', {
  key: string(),
  value: string(),
  timestamp: ({ value }) => Number(value),
});

export const TOPICS: Readonly<Record<Topic, TopicOf<string, string>>> = {
  a: texts('a'),
  b: texts('b'),
  c: texts('c'),
};
/** Null values are deletions. */
export const OUTPUT = texts('out') as TopicOf<string, string | null>;
