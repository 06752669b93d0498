import { LogError, type LogPort, type LogWriter, type OutputBatch } from '@hiveframe/streams';

/** A log whose sends are watched, held back or failed. */
export interface RecordingLog {
  readonly port: LogPort;
  /** Records of each batch sent, in order. */
  readonly batchSizes: readonly number[];
  readonly batchBytes: readonly number[];
  readonly partitions: readonly number[];
  /** Holds the sends from here on back; resolves when one has started. */
  sendStarted(): Promise<void>;
  letSendsEnd(): void;
  /** They reject with `unavailable`. */
  failNextSends(count: number): void;
}

export function recordingLog(log: LogPort): RecordingLog {
  const sent: OutputBatch[] = [];
  let failing = 0;
  let started = Promise.withResolvers<void>();
  let gate = Promise.withResolvers<void>();
  let isHeld = false;

  const send = async (writer: LogWriter, batches: readonly OutputBatch[]) => {
    started.resolve();
    if (isHeld) await gate.promise;
    if (failing > 0) {
      failing--;
      throw new LogError({ kind: 'unavailable' }, 'The log is away.');
    }
    sent.push(...batches);
    return writer.send(batches);
  };
  const port: LogPort = {
    name: log.name,
    admin: log.admin,
    connect: (signal) => log.connect(signal),
    reader: (options) => log.reader(options),
    transactionalWriter: (options) => log.transactionalWriter(options),
    group: (options, listener) => log.group(options, listener),
    close: (timeoutMs) => log.close(timeoutMs),
    writer: () => {
      const writer = log.writer();
      return { send: (batches) => send(writer, batches), close: () => writer.close() };
    },
  };
  return {
    port,
    get batchSizes() {
      return sent.map(({ records }) => records.count);
    },
    get batchBytes() {
      return sent.map(({ records }) => records.end);
    },
    get partitions() {
      return sent.map(({ partition }) => partition);
    },
    sendStarted() {
      isHeld = true;
      started = Promise.withResolvers();
      return started.promise;
    },
    letSendsEnd() {
      isHeld = false;
      gate.resolve();
      gate = Promise.withResolvers();
    },
    failNextSends(count) {
      failing = count;
    },
  };
}
