import type {
  GroupListener,
  GroupMember,
  GroupMemberOptions,
  LogPort,
  LogReader,
  LogWriter,
  ReaderOptions,
  TransactionalWriter,
} from '@hiveframe/streams';
import { SharedBroker } from './broker/shared-broker.ts';
import { EmbeddedAdmin } from './client/embedded-admin.ts';
import { EmbeddedReader } from './client/embedded-reader.ts';
import {
  EmbeddedTransactionalWriter,
  type TransactionalOptions,
} from './client/embedded-transactional-writer.ts';
import { EmbeddedWriter } from './client/embedded-writer.ts';
import { EmbeddedGroupMember } from './groups/embedded-group-member.ts';
import { resolveEmbeddedOptions, type EmbeddedOptions } from './options.ts';

/** A client of a log in this process. The log closes when its last client closes; one in memory is gone then. */
export interface EmbeddedLog extends LogPort {
  /** Another client of the same log, as another process would have: several applications in one process, or a log that is to
   *  outlive the application that uses it. */
  share(): EmbeddedLog;
  /** For fault tests: ends a member's session. The others take over at once; the member is a zombie that knows nothing of it (its
   *  commits are fenced) until the function that comes back is called. */
  expireSession(groupId: string, memberId: string): () => void;
}

/** A transactional log on `node:sqlite`: topics, groups, transactions and fencing without a broker. In memory, or durable in
 *  `checkpointDir` for one process at a time. Opened by the first use, or by `connect()`. @throws ConfigError */
export function embedded(options: EmbeddedOptions = {}): EmbeddedLog {
  return new EmbeddedClient(new SharedBroker(resolveEmbeddedOptions(options)));
}

interface Closeable {
  close(): Promise<void>;
}

/** @internal */
export class EmbeddedClient implements EmbeddedLog {
  readonly name = 'embedded';
  readonly isThreadLocal = true;
  readonly admin: EmbeddedAdmin;
  readonly #shared: SharedBroker;
  readonly #members = new Set<GroupMember>();
  readonly #open = new Set<Closeable>();
  #closing: Promise<void> | null = null;

  constructor(shared: SharedBroker) {
    shared.join();
    this.#shared = shared;
    this.admin = new EmbeddedAdmin(shared);
  }

  /** @throws LogError `unavailable` at once when another process has the log: it cannot be waited for */
  async connect(): Promise<void> {
    this.#shared.get();
  }

  reader(options: ReaderOptions): LogReader {
    return this.#keep((closed) => new EmbeddedReader(this.#shared, options, closed));
  }
  writer(): LogWriter {
    return this.#keep((closed) => new EmbeddedWriter(this.#shared, closed));
  }
  transactionalWriter(options: TransactionalOptions): TransactionalWriter {
    return this.#keep((closed) => new EmbeddedTransactionalWriter(this.#shared, options, closed));
  }
  group(options: GroupMemberOptions, listener: GroupListener): GroupMember {
    const broker = this.#shared.get();
    const group = broker.groups.group(options.groupId);
    const member = new EmbeddedGroupMember(group, options, listener, (membership, offsets) =>
      broker.commitOffsets(membership, offsets),
    );
    this.#members.add(member);
    return member;
  }

  share(): EmbeddedLog {
    return new EmbeddedClient(this.#shared);
  }
  expireSession(groupId: string, memberId: string): () => void {
    return this.#shared.get().groups.group(groupId).expire(memberId);
  }

  /** Members leave, open transactions are aborted; nothing here takes long, so the timeout is not needed. */
  close(timeoutMs: number): Promise<void> {
    return (this.#closing ??= this.#close(timeoutMs));
  }

  async #close(timeoutMs: number): Promise<void> {
    await Promise.all([...this.#members].map((member) => member.leave(timeoutMs)));
    await Promise.all([...this.#open].map((closeable) => closeable.close()));
    await this.#shared.leave();
  }

  /** Closed with the client, unless its user did that before. */
  #keep<T extends Closeable>(create: (closed: () => void) => T): T {
    const closeable: T = create(() => this.#open.delete(closeable));
    this.#open.add(closeable);
    return closeable;
  }
}
