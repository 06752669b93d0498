import type {
  GroupListener,
  GroupMember,
  GroupMemberOptions,
  LogAdmin,
  LogPort,
  LogReader,
  LogWriter,
  ReaderOptions,
  TransactionalWriter,
} from '@hiveframe/streams';
import { Connection, type ConnectionOptions } from './connection.ts';
import { SimulatedAdmin } from './simulated-admin.ts';
import { SimulatedGroupMember } from './simulated-group-member.ts';
import { SimulatedReader } from './simulated-reader.ts';
import { SimulatedTransactionalWriter, type TransactionalOptions } from './simulated-transactional-writer.ts';
import { SimulatedWriter } from './simulated-writer.ts';

/** The log port of one process on the simulated cluster: the weakest that the port allows. */
export class SimulatedLog implements LogPort {
  readonly name = 'simulated';
  readonly admin: LogAdmin;
  readonly #connection: Connection;
  readonly #readers = new Set<LogReader>();

  constructor(options: ConnectionOptions) {
    this.#connection = new Connection(options);
    this.admin = new SimulatedAdmin(this.#connection);
  }

  async connect(): Promise<void> {}

  reader(options: ReaderOptions): LogReader {
    const reader = new SimulatedReader(this.#connection, options);
    this.#readers.add(reader);
    return reader;
  }
  writer(): LogWriter {
    return new SimulatedWriter(this.#connection);
  }
  transactionalWriter(options: TransactionalOptions): TransactionalWriter {
    return new SimulatedTransactionalWriter(this.#connection, options);
  }
  group(options: GroupMemberOptions, listener: GroupListener): GroupMember {
    return new SimulatedGroupMember(this.#connection, options, listener);
  }

  async close(_timeoutMs: number): Promise<void> {
    await Promise.all(Array.from(this.#readers, (reader) => reader.close()));
  }
}
