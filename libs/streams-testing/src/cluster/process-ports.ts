/** Log, stores and clock as one process reaches them. */
import type {
  Clock,
  GroupMember,
  LogAdmin,
  LogPort,
  LogReader,
  LogWriter,
  StorePartition,
  StorePort,
  Transaction,
  TransactionalWriter,
} from '@hiveframe/streams';
import type { TestProcess } from './test-process.ts';

export function processLog(log: LogPort, process: TestProcess): LogPort {
  return {
    name: log.name,
    admin: processAdmin(log.admin, process),
    connect: (signal) => process.through(() => log.connect(signal)),
    reader: (options) => processReader(log.reader(options), process),
    writer: () => processWriter(log.writer(), process),
    transactionalWriter: (options) => processTransactions(log.transactionalWriter(options), process),
    group: (options, listener) => processMember(log.group(options, listener), process),
    close: (timeoutMs) => process.through(() => log.close(timeoutMs)),
  };
}

function processAdmin(admin: LogAdmin, process: TestProcess): LogAdmin {
  return {
    list: () => process.through(() => admin.list()),
    describe: (topics) => process.through(() => admin.describe(topics)),
    create: (topics) => process.through(() => admin.create(topics)),
    offsets: (partitions, at) => process.through(() => admin.offsets(partitions, at)),
    committed: (groupId, partitions) => process.through(() => admin.committed(groupId, partitions)),
    deleteRecords: (upTo) => process.through(() => admin.deleteRecords(upTo)),
    deleteTopics: (topics) => process.through(() => admin.deleteTopics(topics)),
    members: (groupId) => process.through(() => admin.members(groupId)),
    resetOffsets: (groupId, offsets) => process.through(() => admin.resetOffsets(groupId, offsets)),
  };
}

function processReader(reader: LogReader, process: TestProcess): LogReader {
  return {
    assign: (at, fromOffset) => reader.assign(at, fromOffset),
    unassign: (at) => reader.unassign(at),
    pause: (at) => reader.pause(at),
    resume: (at) => reader.resume(at),
    poll: (options) => process.through(() => reader.poll(options)),
    sinceCaughtUpMs: (at) => reader.sinceCaughtUpMs(at),
    close: () => process.through(() => reader.close()),
  };
}

function processWriter(writer: LogWriter, process: TestProcess): LogWriter {
  return {
    send: (batches) => process.through(() => writer.send(batches)),
    close: () => process.through(() => writer.close()),
  };
}

function processTransactions(writer: TransactionalWriter, process: TestProcess): TransactionalWriter {
  return {
    open: () => process.through(() => writer.open()),
    begin: () => processTransaction(writer.begin(), process),
    close: () => process.through(() => writer.close()),
  };
}

function processTransaction(transaction: Transaction, process: TestProcess): Transaction {
  return {
    send: (batches) => process.through(() => transaction.send(batches)),
    addOffsets: (member, offsets) => process.through(() => transaction.addOffsets(member, offsets)),
    commit: () => process.through(() => transaction.commit()),
    abort: () => process.through(() => transaction.abort()),
  };
}

export function processMember(member: GroupMember, process: TestProcess): GroupMember {
  return {
    join: () => member.join(),
    membership: () => member.membership(),
    commit: (offsets) => process.through(() => member.commit(offsets)),
    rejoin: () => member.rejoin(),
    leave: (timeoutMs) => member.leave(timeoutMs),
  };
}

export function processStores(stores: StorePort, process: TestProcess): StorePort {
  return {
    name: stores.name,
    durable: stores.durable,
    connect: (signal) => process.through(() => stores.connect(signal)),
    open: async (id, spec) => {
      const partition = await process.through(() => stores.open(id, spec));
      return processPartition(partition, `${id.store} of partition ${id.partition}`, process);
    },
    reader: (id, spec) => stores.reader(id, spec),
    close: (timeoutMs) => process.through(() => stores.close(timeoutMs)),
  };
}

function processPartition(partition: StorePartition, name: string, process: TestProcess): StorePartition {
  const unlessFenced = <R extends string>(result: R): R => {
    if (result === 'fenced') process.refuse('stores', `Store ${name} has another owner.`);
    return result;
  };
  return {
    changelogOffset: partition.changelogOffset,
    getMany: (segment, keys) => process.through(() => partition.getMany(segment, keys)),
    segments: () => process.through(() => partition.segments()),
    scan: (segment) => partition.scan(segment),
    position: () => process.through(() => partition.position()),
    flush: async (flush) => unlessFenced(await process.through(() => partition.flush(flush))),
    clear: async () => unlessFenced(await process.through(() => partition.clear())),
    close: () => process.through(() => partition.close()),
  };
}

export function processClock(clock: Clock, process: TestProcess): Clock {
  return {
    nowMs: () => clock.nowMs(),
    delay: (ms, signal) => process.through(() => clock.delay(ms, signal)),
  };
}
