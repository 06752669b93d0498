/** Opens the sink of a task, and finds out from where its topic is to be read: from where the target stands, if it knows. */
import type { TopicPartition } from '../ports/log.ts';
import { openSinkPartition } from '../sink/open-sink-partition.ts';
import { SinkError, type SinkPartition, type StreamSink } from '../sink/sink.ts';
import type { TaskEnvironment } from './task-environment.ts';

/** The topic of a sink, as the log has it and the group left it. */
export interface SinkInput extends TopicPartition {
  readonly startOffset: number;
  /** As committed. */
  readonly position: number;
  /** Where the topic ends now. */
  endOffset(): Promise<number>;
}

export interface OpenedSink {
  readonly partition: SinkPartition<unknown, unknown>;
  readonly readFrom: number;
}

/** @throws SinkError when the target cannot go on with this topic, or cannot be reached */
export async function openSink(
  sink: StreamSink<unknown, unknown>,
  input: SinkInput,
  environment: Pick<TaskEnvironment, 'clock' | 'logger' | 'guarantee'>,
): Promise<OpenedSink> {
  const partition = await openOrFail(sink, input, environment);
  if (sink.guarantee === 'at_least_once') return { partition, readFrom: input.position };
  const standsAt = partition.position?.offset ?? null;
  const { topic, partition: number, position, startOffset } = input;
  const at = `${topic}-${number}`;
  if (standsAt === null && position > startOffset) {
    const { logger } = environment;
    logger.log('warn', `Sink ${sink.name} has nothing of ${at} yet: it begins at offset ${position}.`);
  }
  // At most once: what is between was given up when its offsets were committed.
  if (standsAt === null || environment.guarantee === 'at_most_once') return { partition, readFrom: position };
  // Asked once it is opened: until then an owner before may have gone on.
  const endOffset = standsAt > position ? await input.endOffset() : position;
  if (standsAt > endOffset) {
    throw unusable(
      `Cannot go on with sink ${sink.name}: it has written ${at} up to offset ${standsAt}, but the topic ends at ${endOffset}: it was made anew, or has lost its end. Delete what the sink keeps of ${topic} (and its rows, if they are to come again), or give the application another applicationId.`,
    );
  }
  if (standsAt >= position) return { partition, readFrom: position };
  if (standsAt < startOffset) {
    throw unusable(
      `Cannot go on with sink ${sink.name}: it stands at offset ${standsAt} of ${at}, and records before ${startOffset} are gone, for it had confirmed ${position}: its target was brought back to an older state. Restore a newer one, or set its position to ${position} to go on without them.`,
    );
  }
  environment.logger.log(
    'warn',
    `Sink ${sink.name} stands at offset ${standsAt} of ${at} and had confirmed ${position}: its target has lost writes. They are written again.`,
  );
  return { partition, readFrom: standsAt };
}

async function openOrFail(
  sink: StreamSink<unknown, unknown>,
  at: TopicPartition,
  { clock }: Pick<TaskEnvironment, 'clock'>,
): Promise<SinkPartition<unknown, unknown>> {
  try {
    return await openSinkPartition(sink, at, clock);
  } catch (cause) {
    const failure = cause instanceof SinkError ? cause.failure : 'unavailable';
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SinkError(`Cannot open sink ${sink.name} for ${at.topic}-${at.partition}: ${reason}`, {
      cause,
      failure,
    });
  }
}

function unusable(message: string): SinkError {
  return new SinkError(message, { failure: 'unusable' });
}
