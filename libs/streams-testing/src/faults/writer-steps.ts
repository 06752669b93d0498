/** The steps of a commit without transactions: output and changelog are acknowledged, the stores follow, then the offsets. */
import type { GroupMember, LogPort, LogWriter } from '@hiveframe/streams';
import type { StepHook } from './commit-steps.ts';

export function watchWriterSteps(log: LogPort, onStep: StepHook): LogPort {
  return {
    name: log.name,
    admin: log.admin,
    connect: (signal) => log.connect(signal),
    reader: (options) => log.reader(options),
    writer: () => watchWriter(log.writer(), onStep),
    transactionalWriter: (options) => log.transactionalWriter(options),
    group: (options, listener) => log.group(options, listener),
    close: (timeoutMs) => log.close(timeoutMs),
  };
}

/** The engine sends output and changelog at once, in this order. */
function watchWriter(writer: LogWriter, onStep: StepHook): LogWriter {
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
