/** `processAsync`: what an attempt forwards is passed on when the record's turn comes; what a failed one forwarded is forgotten. */
import { ProcessingError } from '../../errors/streams.error.ts';
import type { MaybePromise } from '../../record/record.ts';
import type { AsyncContext } from '../../topology/process-async.ts';
import type { Forwarded } from '../../topology/processor.ts';
import type { Next, Operator, OperatorContext } from '../operator.ts';
import { asyncOperator } from './async-operator.ts';
import type { AsyncOptions } from './async-options.ts';
import { forwardedTime } from './forwarded-time.ts';

type Forward = Forwarded<unknown, unknown>;
type Context = Omit<AsyncContext<unknown, unknown>, 'forwardTo'> & {
  readonly forwardTo: (output: string, record: Forward) => void;
};

export interface AsyncProcessing {
  readonly options: AsyncOptions;
  /** Names of the further outputs: side outputs in this order. */
  readonly outputs: readonly string[];
  readonly process: (record: Forward, context: Context) => MaybePromise<void>;
}

interface Passing {
  readonly output: number;
  readonly record: Forward;
}

/** @throws TopologyError for options that cannot work */
export function processAsync({ options, outputs, process }: AsyncProcessing): Operator {
  return asyncOperator(options, (context, next, sides) => ({
    call: (key, value, timestampMs) => {
      const { topic, partition, offset } = context.record;
      const record = { key, value, timestampMs, headers: context.record.headers() };
      const origin = { topic, partition, offset };
      return (signal) => {
        const attempt = new Attempt(options.name, outputs);
        return attempt.end(process(record, { signal, origin, ...attempt.forwards }));
      };
    },
    passOn: (answer) => passAll(answer as readonly Passing[], context, [next, ...sides]),
  }));
}

/** Gathers what one attempt forwards. */
class Attempt {
  readonly forwards: Pick<Context, 'forward' | 'forwardTo'>;
  readonly #name: string;
  readonly #passing: Passing[] = [];
  #isOver = false;

  constructor(name: string, outputs: readonly string[]) {
    this.#name = name;
    this.forwards = {
      forward: (record) => this.#forward(0, record),
      forwardTo: (output, record) => {
        const index = outputs.indexOf(output);
        if (index < 0)
          throw new ProcessingError(`Cannot forward to ${output}: ${name} declares no such output.`);
        this.#forward(index + 1, record);
      },
    };
  }

  #forward(output: number, record: Forward): void {
    if (this.#isOver) {
      throw new ProcessingError(
        `Cannot forward from ${this.#name}: the call has ended. Await what you start there.`,
      );
    }
    const timestampMs = forwardedTime(this.#name, record.timestampMs);
    this.#passing.push({ output, record: { ...record, timestampMs } });
  }

  end(result: MaybePromise<void>): MaybePromise<readonly Passing[]> {
    const end = (): readonly Passing[] => {
      this.#isOver = true;
      return this.#passing;
    };
    return result instanceof Promise ? result.then(end) : end();
  }
}

function passAll(passing: readonly Passing[], { record }: OperatorContext, outputs: readonly Next[]): void {
  for (const { output, record: passed } of passing) {
    const { key, value, timestampMs, headers } = passed;
    const next = outputs[output]!;
    if (headers === undefined) {
      next(key, value, timestampMs);
      continue;
    }
    const before = record.capture();
    record.restore({ ...before, headers });
    try {
      next(key, value, timestampMs);
    } finally {
      record.restore(before);
    }
  }
}
