import type {
  GroupListener,
  GroupMember,
  GroupMemberOptions,
  LogAdmin,
  LogPort,
  LogReader,
  LogWriter,
  OffsetAt,
  ReaderOptions,
  TopicPartition,
  TransactionalWriter,
} from '@hiveframe/streams';
import type { TransactionalOptions } from '../client/simulated-transactional-writer.ts';
import { MutatedTransactionalWriter } from './mutated-transactional-writer.ts';
import type { Without } from './mutation.ts';

/** A log that leaves steps out. */
export class MutatedLog implements LogPort {
  readonly name = 'mutated';
  readonly admin: LogAdmin;
  readonly #log: LogPort;
  readonly #without: Without;
  #member: GroupMember | null = null;

  constructor(log: LogPort, without: Without) {
    this.#log = log;
    this.#without = without;
    this.admin = without.includes('restore to the uncommitted end') ? endingStable(log.admin) : log.admin;
  }

  connect(signal?: AbortSignal): Promise<void> {
    return this.#log.connect(signal);
  }
  reader(options: ReaderOptions): LogReader {
    if (this.#without.includes('read committed'))
      return this.#log.reader({ ...options, isolation: 'read_uncommitted' });
    return this.#log.reader(options);
  }
  writer(): LogWriter {
    return this.#log.writer();
  }
  transactionalWriter(options: TransactionalOptions): TransactionalWriter {
    const writer = this.#log.transactionalWriter(options);
    return new MutatedTransactionalWriter(writer, this.#without, () => this.#member!);
  }
  group(options: GroupMemberOptions, listener: GroupListener): GroupMember {
    return (this.#member = this.#log.group(options, listener));
  }
  close(timeoutMs: number): Promise<void> {
    return this.#log.close(timeoutMs);
  }
}

function endingStable(admin: LogAdmin): LogAdmin {
  return {
    list: () => admin.list(),
    describe: (topics) => admin.describe(topics),
    create: (topics) => admin.create(topics),
    committed: (groupId, partitions) => admin.committed(groupId, partitions),
    deleteRecords: (upTo) => admin.deleteRecords(upTo),
    deleteTopics: (topics) => admin.deleteTopics(topics),
    members: (groupId) => admin.members(groupId),
    resetOffsets: (groupId, offsets) => admin.resetOffsets(groupId, offsets),
    offsets: (partitions: readonly TopicPartition[], at: OffsetAt) =>
      admin.offsets(partitions, at === 'end' ? 'lastStable' : at),
  };
}
