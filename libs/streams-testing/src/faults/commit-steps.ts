/** Stops before the steps of a commit (numbered in docs/ARCHITECTURE.md), on any log: what a task asks of its transactions tells
 *  which step is next. One step comes after the other then, where else 1 and 2 overlap. */
import type { LogPort, Transaction, TransactionalWriter } from '@hiveframe/streams';

export const COMMIT_STEPS = ['output', 'changelog', 'offsets', 'end', 'stores'] as const;
export type CommitStep = (typeof COMMIT_STEPS)[number];
/** Called before each step; the task waits for it. */
export type StepHook = (step: CommitStep) => Promise<void>;

export function watchCommitSteps(log: LogPort, onStep: StepHook): LogPort {
  return {
    name: log.name,
    admin: log.admin,
    connect: (signal) => log.connect(signal),
    reader: (options) => log.reader(options),
    writer: () => log.writer(),
    transactionalWriter: (options) => watchWriter(log.transactionalWriter(options), onStep),
    group: (options, listener) => log.group(options, listener),
    close: (timeoutMs) => log.close(timeoutMs),
  };
}

function watchWriter(writer: TransactionalWriter, onStep: StepHook): TransactionalWriter {
  return {
    open: () => writer.open(),
    begin: () => watchTransaction(writer.begin(), onStep),
    close: () => writer.close(),
  };
}

/** The engine sends output first, then the changelog. */
function watchTransaction(transaction: Transaction, onStep: StepHook): Transaction {
  let output: Promise<unknown> | null = null;
  const sendOutput: Transaction['send'] = async (batches) => {
    await onStep('output');
    return transaction.send(batches);
  };
  const sendChangelog: Transaction['send'] = async (batches) => {
    await output;
    await onStep('changelog');
    return transaction.send(batches);
  };
  return {
    send: (batches) => {
      if (output !== null) return sendChangelog(batches);
      const sent = sendOutput(batches);
      output = sent.catch(() => {}); // the one who sends it hears of it
      return sent;
    },
    addOffsets: async (member, offsets) => {
      await onStep('offsets');
      await transaction.addOffsets(member, offsets);
    },
    commit: async () => {
      await onStep('end');
      const outcome = await transaction.commit();
      if (outcome === 'committed') await onStep('stores');
      return outcome;
    },
    abort: () => transaction.abort(),
  };
}
