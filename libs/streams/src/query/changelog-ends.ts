import type { LogAdmin, TopicPartition } from '../ports/log.ts';
import { partitionKey } from '../ports/topic-partition.ts';
import type { Clock } from '../ports/runtime.ts';
import { patiently } from './patiently.ts';

/** What is known is taken for so long, so that queries do not ask the log one by one. */
const MAX_AGE_MS = 1_000;

interface End {
  readonly askedMs: number;
  readonly offset: Promise<number | null>;
}

/** Where changelogs end, as of at most a second ago. */
export class ChangelogEnds {
  readonly #admin: Pick<LogAdmin, 'offsets'>;
  readonly #clock: Clock;
  readonly #ends = new Map<string, End>();

  constructor(admin: Pick<LogAdmin, 'offsets'>, clock: Clock) {
    this.#admin = admin;
    this.#clock = clock;
  }

  /** null: the log does not tell now. */
  of(changelog: TopicPartition): Promise<number | null> {
    const known = this.#ends.get(partitionKey(changelog));
    if (known !== undefined && this.#clock.nowMs() - known.askedMs < MAX_AGE_MS) return known.offset;
    return this.ofNow(changelog);
  }

  /** As of a question that was sent after this call. */
  ofNow(changelog: TopicPartition): Promise<number | null> {
    const asked: End = { askedMs: this.#clock.nowMs(), offset: this.#ask(changelog) };
    this.#ends.set(partitionKey(changelog), asked);
    return asked.offset;
  }

  async #ask(changelog: TopicPartition): Promise<number | null> {
    const answer = await patiently(this.#admin.offsets([changelog], 'lastStable'), this.#clock);
    return answer?.[0]?.offset ?? null;
  }
}
