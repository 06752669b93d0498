/** Records that the log cannot give any more: removed by retention, or damaged. Going on behind them is a choice of the settings,
 *  told and counted each time; never a silent jump. */
import { TopologyError } from '../errors/streams.error.ts';
import { LogError, type FetchedRecords, type LogFailure, type LogReader } from '../ports/log.ts';
import type { TaskEnvironment } from '../task/task-environment.ts';
import type { TaskRegistry } from './task-registry.ts';

type Failed<Kind extends LogFailure['kind']> = Extract<LogFailure, { readonly kind: Kind }>;

export class LostRecords {
  readonly #environment: TaskEnvironment;
  readonly #registry: TaskRegistry;
  readonly #reader: LogReader;

  constructor(environment: TaskEnvironment, registry: TaskRegistry, reader: LogReader) {
    this.#environment = environment;
    this.#registry = registry;
    this.#reader = reader;
  }

  /** Goes on behind what is lost. @throws what failed, when that is to end the application */
  goOn(error: unknown): void {
    if (!(error instanceof LogError)) throw error;
    const { failure } = error;
    if (failure.kind === 'offsetOutOfRange') this.#outOfRange(failure);
    else if (failure.kind === 'damaged') this.#damaged(failure, error);
    else if (failure.kind === 'unknownTopic') this.#topicGone(failure, error);
    else throw error;
  }

  /** A pattern goes on without it. */
  #topicGone({ topic }: Failed<'unknownTopic'>, error: LogError): void {
    if (!this.#registry.leaveOut(topic)) throw error;
    this.#environment.logger.log('warn', `Topic ${topic} of a pattern is gone; going on without it.`, {
      topic,
    });
  }

  #outOfRange({ at, startOffset, endOffset }: Failed<'offsetOutOfRange'>): void {
    const queue = this.#registry.queueOf(at);
    if (queue === undefined) return; // of a task that is gone
    if (queue.position > endOffset) throw madeAnew(`${at.topic}-${at.partition}`, queue.position, endOffset);
    this.#environment.overtaken({ ...at, offset: queue.position }, startOffset);
    queue.reset(startOffset, endOffset);
    this.#reader.assign(queue, startOffset);
  }

  /** What was fetched before the damage is processed first. */
  #damaged({ at, offset, nextOffset }: Failed<'damaged'>, error: LogError): void {
    const queue = this.#registry.queueOf(at);
    if (queue === undefined) return;
    if (nextOffset === null) throw error;
    this.#environment.damaged({ ...at, offset }, nextOffset, error);
    this.#registry.give(nothing(queue, offset, nextOffset, queue.endOffset));
    this.#reader.assign(queue, nextOffset);
  }
}

function nothing(
  { topic, partition }: { readonly topic: string; readonly partition: number },
  fromOffset: number,
  nextOffset: number,
  endOffset: number,
): FetchedRecords {
  const end = Math.max(endOffset, nextOffset);
  const ends = { highWatermark: end, lastStableOffset: end };
  return { topic, partition, batches: [], fromOffset, nextOffset, ...ends, sizeBytes: 0 };
}

/** Committed positions are of a topic that is there no longer. */
export function madeAnew(input: string, position: number, endOffset: number): TopologyError {
  return new TopologyError(
    `Cannot go on with ${input} at offset ${position}: the log ends at ${endOffset}. The topic was made anew, or has lost its end. Reset the application, or give it another applicationId.`,
  );
}
