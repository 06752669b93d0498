import { json, string, topic, windowed, type KStream, type StreamsBuilder } from '@hiveframe/streams';
import type { Evidence } from '../check/evidence.ts';
import { onceEach, sameInOrder } from '../check/expectations.ts';
import { input, type Reading } from './input.ts';

export const echo = topic('echo', { key: string(), value: json<string>() });
export const counts = topic('counts', { key: string(), value: json<number>() });
export const windowCounts = topic('window-counts', { key: windowed(string()), value: json<number>() });

/** Each record's id once more, beside what is counted: a duplicate or a gap shows at the record. */
export function echoed(builder: StreamsBuilder): KStream<string, Reading> {
  const stream = builder.stream(input);
  stream.mapValues(({ id }) => id).to(echo);
  return stream;
}

/** Every record once, in the order of its key, and every malformed one once among the dead letters. */
export function checkEcho(evidence: Evidence): string[] {
  return [
    ...sameInOrder('echo', evidence.given.flat(), evidence.emitted('echo')),
    ...checkDeadLetters(evidence),
  ];
}

export function checkDeadLetters(evidence: Evidence): string[] {
  return onceEach('dead letter', evidence.malformed, evidence.deadLetters);
}
