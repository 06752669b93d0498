import { LogError, type LogPort, type Transaction, type TransactionalWriter } from '@hiveframe/streams';

/** A log whose transactions a test holds up or fails; all else goes through. */
export class HeldLog {
  readonly port: LogPort;
  /** Instead of the next commits, in turn. */
  readonly outcomes: ('held' | 'unknown' | 'aborted' | 'away')[] = [];
  /** While true no writer can be opened, as while the brokers are away. */
  isAway = false;
  readonly transactionalIds: string[] = [];
  readonly #held: PromiseWithResolvers<void>[] = [];

  constructor(log: LogPort) {
    this.port = overriding(log, {
      transactionalWriter: (options) => {
        this.transactionalIds.push(options.transactionalId);
        return this.#writer(log.transactionalWriter(options));
      },
    });
  }

  get numHeld(): number {
    return this.#held.length;
  }
  letGo(): void {
    for (const { resolve } of this.#held.splice(0)) resolve();
  }

  #writer(writer: TransactionalWriter): TransactionalWriter {
    return overriding(writer, {
      open: () => (this.isAway ? Promise.reject(away()) : writer.open()),
      begin: () => this.#transaction(writer.begin()),
    });
  }

  #transaction(transaction: Transaction): Transaction {
    return overriding(transaction, {
      commit: async () => {
        const outcome = this.outcomes.shift();
        if (outcome === 'aborted') await transaction.abort();
        if (outcome === 'unknown' || outcome === 'aborted') return outcome;
        if (outcome === 'away') throw away();
        if (outcome === 'held') {
          this.#held.push(Promise.withResolvers());
          await this.#held.at(-1)!.promise;
        }
        return transaction.commit();
      },
    });
  }
}

const away = () => new LogError({ kind: 'unavailable' }, 'Cannot reach the brokers.');

function overriding<T extends object>(target: T, overrides: Partial<T>): T {
  return new Proxy(target, {
    get: (_, name) => {
      const value: unknown = Reflect.get(name in overrides ? overrides : target, name);
      return typeof value === 'function' ? value.bind(name in overrides ? overrides : target) : value;
    },
  });
}
