/** A record counts in all windows that hold it, or in none.
 *  N1 The quick way counts in one window after the other. An aggregator may change its aggregate in place; so when it refuses a record
 *     that others of its windows have counted, only the log can take that back: the task starts over from its last commit.
 *  N2 From then on, as long as the process runs, records are tried on copies first, and a refusal changes nothing. So the record of N1
 *     is an ordinary failure when it comes again, and N1 happens once. */
import { TaskCorruptedError } from '../../errors/streams.error.ts';

/** Of one aggregation, shared by its tasks in this process. */
export class InAllWindows {
  readonly #name: string;
  /** N2 holds. */
  triesCopies = false;

  constructor(name: string) {
    this.#name = name;
  }

  /** What to throw for a record that was refused after so many windows had counted it. */
  refused(thrown: unknown, counted: number): unknown {
    if (counted === 0) return thrown;
    this.triesCopies = true;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return new TaskCorruptedError(
      `Cannot go on in ${this.#name}: ${counted === 1 ? 'one window has' : `${counted} windows have`} counted a record that another one of its windows refused: ${reason} A record counts in all or in none. The task starts over from its last commit; from now on ${this.#name} tries records on copies of their aggregates first.`,
      { cause: thrown },
    );
  }
}
