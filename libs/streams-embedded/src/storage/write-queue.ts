/** Group commit: the writes of one turn of the event loop share one SQLite transaction.
 *
 *  Q1 Writes run in the order they were asked for.
 *  Q2 A write that throws a LogError has changed nothing yet: it is refused alone, the others go on.
 *  Q3 Any other failure rolls all of the group back: every write of it fails with `unavailable`, and what is in memory is read
 *     again from the database (`restore`), so that there is one truth. While that fails too, so does every write.
 *  Q4 A write is acknowledged, and seen by readers, only when its SQLite transaction was committed. */
import { setImmediate } from 'node:timers';
import { LogError } from '@hiveframe/streams';
import { closed } from '../log-failures.ts';

/** Ends a group early: the event loop is held up no longer than about 10 ms. */
const MAX_GROUP_BYTES = 8 * 1024 * 1024;

export interface WriteQueueHost {
  transaction(waitForDisk: boolean, write: () => void): void;
  /** Reads the state in memory from the database, which may also need a write. */
  restore(): void;
  /** After every group. */
  flushed(): void;
  failure(error: unknown): LogError;
}

export interface WriteSize {
  readonly bytes?: number;
  /** Must be on disk when it is acknowledged, where the log is asked to be so durable. @defaultValue true */
  readonly durable?: boolean;
}

interface PendingWrite {
  readonly bytes: number;
  readonly durable: boolean;
  run(): void;
  settle(failure: LogError | null): void;
}

export class WriteQueue {
  readonly #host: WriteQueueHost;
  #pending: PendingWrite[] = [];
  #scheduled = false;
  #sound = true;
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(host: WriteQueueHost) {
    this.#host = host;
  }

  /** Runs `write` in the next group; resolves with its result when it is kept. @throws LogError its own, or `unavailable` */
  run<T>(write: () => T, { bytes = 0, durable = true }: WriteSize = {}): Promise<T> {
    if (this.#closed) return Promise.reject(closed());
    return new Promise<T>((resolve, reject) => {
      let result: { value: T } | { error: LogError };
      this.#pending.push({
        bytes,
        durable,
        run: () => {
          result = attempt(write);
        },
        settle: (failure) => {
          if (failure !== null) reject(failure);
          else if ('error' in result) reject(result.error);
          else resolve(result.value);
        },
      });
      this.#schedule();
    });
  }

  /** Why what is in memory must not be read now; null when all is well. Tries to mend it first. */
  failure(): LogError | null {
    return this.#sound ? null : this.#restore();
  }

  /** Resolves when everything asked for so far has been settled; nothing more is taken. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#scheduled) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    const group = this.#takeGroup();
    const failure = this.failure() ?? this.#write(group);
    for (const write of group) write.settle(failure);
    this.#host.flushed();
    this.#scheduled = false;
    if (this.#pending.length > 0) return this.#schedule();
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  #takeGroup(): PendingWrite[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#pending.length && bytes < MAX_GROUP_BYTES) bytes += this.#pending[count++]!.bytes;
    return this.#pending.splice(0, count);
  }

  #write(group: readonly PendingWrite[]): LogError | null {
    try {
      this.#host.transaction(
        group.some((write) => write.durable),
        () => {
          for (const write of group) write.run();
        },
      );
      return null;
    } catch (error) {
      const failure = this.#host.failure(error);
      this.#sound = false;
      this.#restore();
      return failure;
    }
  }

  #restore(): LogError | null {
    try {
      this.#host.restore();
      this.#sound = true;
      return null;
    } catch (error) {
      return this.#host.failure(error);
    }
  }
}

function attempt<T>(write: () => T): { value: T } | { error: LogError } {
  try {
    return { value: write() };
  } catch (error) {
    if (error instanceof LogError) return { error };
    throw error;
  }
}
