/** The steps of a commit without transactions. `at_least_once`: output and changelog are sent at once, the stores follow, then the
 *  offsets. `at_most_once`: one after the other, the changelog first and the output last. */
import type { GroupMember, LogPort, LogWriter } from '@hiveframe/streams';
import type { StepHook } from './commit-steps.ts';

export type UntransactedGuarantee = 'at_least_once' | 'at_most_once';

export function watchWriterSteps(log: LogPort, guarantee: UntransactedGuarantee, onStep: StepHook): LogPort {
  const watch = guarantee === 'at_least_once' ? watchOutputFirst : watchChangelogFirst;
  return {
    name: log.name,
    admin: log.admin,
    connect: (signal) => log.connect(signal),
    reader: (options) => log.reader(options),
    writer: () => watch(log.writer(), onStep),
    transactionalWriter: (options) => log.transactionalWriter(options),
    group: (options, listener) => log.group(options, listener),
    close: (timeoutMs) => log.close(timeoutMs),
  };
}

/** The engine sends output and changelog at once, in this order. */
function watchOutputFirst(writer: LogWriter, onStep: StepHook): LogWriter {
  let output: Promise<unknown> | null = null;
  const sendOutput: LogWriter['send'] = async (batches) => {
    await onStep('output');
    return writer.send(batches);
  };
  const sendChangelog = async (sent: Promise<unknown>, batches: Parameters<LogWriter['send']>[0]) => {
    await sent;
    await onStep('changelog');
    const ends = await writer.send(batches);
    await onStep('stores');
    return ends;
  };
  return {
    send: (batches) => {
      const sent = output;
      output = null;
      if (sent !== null) return sendChangelog(sent, batches);
      const sending = sendOutput(batches);
      output = sending.catch(() => {}); // the one who sends it hears of it
      return sending;
    },
    close: () => writer.close(),
  };
}

/** A task whose commit failed has another writer afterwards. */
function watchChangelogFirst(writer: LogWriter, onStep: StepHook): LogWriter {
  let isOutputNext = false;
  const sendChangelog: LogWriter['send'] = async (batches) => {
    await onStep('changelog');
    const ends = await writer.send(batches);
    await onStep('stores');
    return ends;
  };
  const sendOutput: LogWriter['send'] = async (batches) => {
    await onStep('output');
    return writer.send(batches);
  };
  return {
    send: (batches) => {
      const isOutput = isOutputNext;
      isOutputNext = !isOutput;
      return isOutput ? sendOutput(batches) : sendChangelog(batches);
    },
    close: () => writer.close(),
  };
}

export function watchOffsetsStep(member: GroupMember, onStep: StepHook): GroupMember {
  return {
    join: () => member.join(),
    membership: () => member.membership(),
    commit: async (offsets) => {
      await onStep('offsets');
      await member.commit(offsets);
    },
    rejoin: () => member.rejoin(),
    leave: (timeoutMs) => member.leave(timeoutMs),
  };
}
