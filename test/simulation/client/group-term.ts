import type { GroupMemberOptions, LogError, Membership } from '@hiveframe/streams';
import { fenced } from '../cluster/failures.ts';
import { GroupRefusal } from '../cluster/group-coordinator.ts';
import type { Connection } from './connection.ts';

/** A membership of one generation, kept alive by heartbeats, until the group moves on or it is lost. */
export class GroupTerm {
  readonly membership: Membership;
  readonly #connection: Connection;
  readonly #options: GroupMemberOptions;
  readonly #changed = new AbortController();
  readonly #ended = new AbortController();
  #heardAtMs: number;
  #lostBy: LogError | null = null;
  /** The coordinator knows the member no more. */
  isUnknown = false;

  constructor(
    connection: Connection,
    membership: Membership,
    options: GroupMemberOptions,
    heardAtMs: number,
  ) {
    this.#connection = connection;
    this.membership = membership;
    this.#options = options;
    this.#heardAtMs = heardAtMs;
  }

  /** Aborts when the group moves on, or the membership is lost. */
  get signal(): AbortSignal {
    return this.#changed.signal;
  }
  /** Looks at the clock too: after a freeze it is asked before any timer has run. */
  get lostBy(): LogError | null {
    const silentMs = this.#connection.process.time.nowMs - this.#heardAtMs;
    if (this.#lostBy === null && silentMs >= this.#options.sessionTimeoutMs)
      this.lose(fenced('no heartbeat was answered for the session timeout'));
    return this.#lostBy;
  }

  start(): void {
    void this.#beat();
  }
  end(): void {
    this.#ended.abort();
    this.#changed.abort();
  }
  lose(error: LogError): void {
    this.#lostBy ??= error;
    this.end();
  }
  change(): Promise<void> {
    if (this.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => this.signal.addEventListener('abort', () => resolve()));
  }

  async #beat(): Promise<void> {
    const { process } = this.#connection;
    for (;;) {
      await process.delay(this.#options.heartbeatIntervalMs, this.#ended.signal);
      if (this.#ended.signal.aborted || this.lostBy !== null) return;
      await this.#beatOnce();
    }
  }

  async #beatOnce(): Promise<void> {
    const { groupId, memberId, generation } = this.membership;
    const sentAtMs = this.#connection.process.time.nowMs;
    try {
      const answer = await this.#connection.ask(
        'heartbeat',
        (cluster) => cluster.group(groupId).heartbeat(memberId, generation),
        { giveUpMs: this.#options.heartbeatIntervalMs * 2 },
      );
      this.#heardAtMs = sentAtMs;
      if (answer === 'rebalancing') this.#changed.abort();
    } catch (error) {
      if (!(error instanceof GroupRefusal)) return;
      this.isUnknown = error.kind === 'unknownMember';
      this.lose(fenced(error.message));
    }
  }
}
