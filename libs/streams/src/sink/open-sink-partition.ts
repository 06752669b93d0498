/** Both contracts as one, for the task: a partition to write to. */
import { TimeoutError } from '../errors/streams.error.ts';
import type { TopicPartition } from '../ports/log.ts';
import type { Clock } from '../ports/runtime.ts';
import type { SinkPartition, StreamSink } from './sink.ts';

/** A sink that has not answered by then never will; what it was given may still arrive. */
const ANSWER_TIMEOUT_MS = 120_000;

/** @throws TimeoutError when it does not answer */
export function openSinkPartition(
  sink: StreamSink<unknown, unknown>,
  { topic, partition }: TopicPartition,
  clock: Clock,
): Promise<SinkPartition<unknown, unknown>> {
  const opening =
    sink.guarantee === 'exactly_once'
      ? sink.open(topic, partition)
      : (sink.open?.(topic, partition) ?? Promise.resolve()).then(() => ({
          position: null,
          write: sink.write.bind(sink),
        }));
  return answerInTime(opening, clock);
}

/** @throws TimeoutError: not to be tried again in place, for calls of one partition never overlap */
export async function answerInTime<T>(answer: Promise<T>, clock: Clock): Promise<T> {
  const answered = new AbortController();
  const late = clock.delay(ANSWER_TIMEOUT_MS, answered.signal).then((): never => {
    throw new TimeoutError(`no answer within ${ANSWER_TIMEOUT_MS / 1000} s`);
  });
  late.catch(() => undefined); // who answered in time does not look at it
  try {
    return await Promise.race([answer, late]);
  } finally {
    answered.abort();
  }
}
