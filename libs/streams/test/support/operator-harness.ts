import type {
  CapturedRecord,
  Holder,
  Next,
  Operator,
  OperatorContext,
  SinkPartition,
} from '@hiveframe/streams';
import { Lane } from '../../src/processor/operators/lane.ts';
import { HandClock } from './hand-clock.ts';

export type Passed = readonly [key: unknown, value: unknown, timestampMs: number];

/** One operator, built as a task builds it, over a topic whose records have the offsets 0, 1, 2 ... */
export class OperatorHarness {
  readonly clock = new HandClock();
  readonly passed: Passed[] = [];
  readonly sides: Passed[][];
  /** Offset of the current record when something was passed on. */
  readonly passedFor: number[] = [];
  readonly dropped: string[] = [];
  readonly logged: string[] = [];
  entered = '';
  /** Of each record that comes. */
  recordBytes = 10;
  /** Set to make the operator behind throw. */
  failBehind: ((value: unknown) => void) | null = null;
  /** A commit gathers what it sends. */
  seal: () => void = () => {};
  #holder: Holder | null = null;
  #current: CapturedRecord = this.#record(-1);
  #nextOffset = 0;
  readonly #receive: Next;

  readonly #openedSink: SinkPartition<unknown, unknown> | null;

  constructor(operator: Operator, numSides = 0, openedSink: SinkPartition<unknown, unknown> | null = null) {
    this.#openedSink = openedSink;
    this.sides = Array.from({ length: numSides }, () => []);
    const next: Next = (key, value, timestampMs) => {
      this.failBehind?.(value);
      this.passed.push([key, value, timestampMs]);
      this.passedFor.push(this.#current.offset);
    };
    const sides = this.sides.map((side): Next => (key, value, timestampMs) => {
      side.push([key, value, timestampMs]);
    });
    this.#receive = operator.build(this.#context(), next, sides);
  }

  pipe(key: unknown, value: unknown, timestampMs = this.#nextOffset): void {
    this.#current = this.#record(this.#nextOffset++);
    this.#receive(key, value, timestampMs);
  }

  get holder(): Holder {
    if (this.#holder === null) throw new Error('the operator holds nothing back');
    return this.#holder;
  }
  get values(): unknown[] {
    return this.passed.map(([, value]) => value);
  }
  get currentOffset(): number {
    return this.#current.offset;
  }

  #record(offset: number): CapturedRecord {
    return {
      topic: 'input',
      partition: 0,
      offset,
      timestampMs: offset,
      rawKey: null,
      rawValue: null,
      headers: [],
    };
  }

  #context(): OperatorContext {
    const current = () => this.#current;
    const recordBytes = () => this.recordBytes;
    return {
      taskId: '0_0',
      applicationId: 'test',
      partition: 0,
      record: {
        get topic() {
          return current().topic;
        },
        get partition() {
          return current().partition;
        },
        get offset() {
          return current().offset;
        },
        get sizeBytes() {
          return recordBytes();
        },
        headers: () => [],
        capture: () => this.#current,
        restore: (record) => {
          this.#current = record;
        },
        without: (action) => action(),
      },
      resultFailed: (thrown) => {
        throw thrown;
      },
      limitTime: () => {},
      time: { watermarkMs: -Infinity },
      clock: this.clock,
      logger: { log: (_level, text) => this.logged.push(text) },
      telemetry: { count: () => {}, record: () => {} },
      store: () => {
        throw new Error('no store here');
      },
      lane: new Lane(),
      globalRows: () => {
        throw new Error('no global table here');
      },
      hold: (holder) => {
        this.#holder = holder;
      },
      onWatermark: () => {},
      openedSink: () => this.#openedSink!,
      beforeCommit: (emit) => {
        this.seal = emit;
      },
      schedule: () => () => {},
      requestCommit: () => {},
      onClose: () => {},
      entered: (name) => {
        this.entered = name;
      },
      deadLetter: () => {},
      dropped: (reason) => this.dropped.push(reason),
    };
  }
}
