/** What the process restores now: keeps the progress of each store partition, and tells log, telemetry and listeners of it. */
import type { Clock, Logger, Telemetry } from '../ports/runtime.ts';
import type { RestoreEvent, RestoreProgress } from '../state/restore/restore-progress.ts';

/** Between two lines about one store partition. */
const LOG_EVERY_MS = 5_000;

/** As Kafka Streams' StateRestoreListener. */
export interface RestoreCallbacks {
  onRestoreStart?(progress: RestoreProgress): void;
  /** Often: see `records`, what this batch brought. */
  onBatchRestored?(progress: RestoreProgress, records: number): void;
  onRestoreEnd?(progress: RestoreProgress): void;
  /** The task went elsewhere, or is opened again: what was restored is kept. */
  onRestoreSuspended?(progress: RestoreProgress): void;
}

export interface RestoreMonitorOptions {
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly tell: (what: (listener: RestoreCallbacks) => void) => void;
}

export class RestoreMonitor {
  readonly #options: RestoreMonitorOptions;
  readonly #ongoing = new Map<string, RestoreProgress>();
  readonly #loggedMs = new Map<string, number>();

  constructor(options: RestoreMonitorOptions) {
    this.#options = options;
  }

  get ongoing(): readonly RestoreProgress[] {
    return [...this.#ongoing.values()];
  }

  readonly onRestore = (event: RestoreEvent): void => {
    const { store, partition } = event.progress;
    const name = `${store}-${partition}`;
    this.#keep(name, event);
    this.#measure(event);
    this.#log(name, event);
    this.#options.tell((listener) => tellRestore(listener, event));
  };

  #keep(name: string, { kind, progress }: RestoreEvent): void {
    if (kind === 'started' || kind === 'batch') this.#ongoing.set(name, progress);
    else this.#ongoing.delete(name);
  }

  #measure({ kind, progress, records }: RestoreEvent): void {
    const { telemetry } = this.#options;
    const attributes = { task: progress.taskId, store: progress.store };
    if (kind === 'batch') {
      telemetry.count('restored-records', records, attributes);
    } else if (kind === 'ended') {
      telemetry.record('restore-latency-ms', progress.elapsedMs, attributes);
    }
  }

  /** At the start, now and then, and at the end. */
  #log(name: string, { kind, progress }: RestoreEvent): void {
    const nowMs = this.#options.clock.nowMs();
    if (kind === 'batch' && nowMs - (this.#loggedMs.get(name) ?? nowMs) < LOG_EVERY_MS) return;
    if (kind === 'started' || kind === 'batch') this.#loggedMs.set(name, nowMs);
    else this.#loggedMs.delete(name);
    const { taskId, store, partition } = progress;
    this.#options.logger.log('info', TEXTS[kind](name, progress), { taskId, store, partition });
  }
}

/** Calls the callback of an event. */
export function tellRestore(listener: RestoreCallbacks, { kind, progress, records }: RestoreEvent): void {
  switch (kind) {
    case 'started':
      return listener.onRestoreStart?.(progress);
    case 'batch':
      return listener.onBatchRestored?.(progress, records);
    case 'ended':
      return listener.onRestoreEnd?.(progress);
    case 'suspended':
      return listener.onRestoreSuspended?.(progress);
  }
}

const TEXTS: Readonly<Record<RestoreEvent['kind'], (name: string, progress: RestoreProgress) => string>> = {
  started: (name, { startOffset, endOffset }) =>
    `Restoring ${name} from changelog offset ${startOffset} to ${endOffset}: at most ${whole(endOffset - startOffset)} records.`,
  batch: (name, progress) =>
    `Restoring ${name}: ${percent(progress)} %, ${whole(progress.restored)} records of at most ${whole(progress.restored + remainingOffsets(progress))}, ` +
    `${whole(progress.recordsPerSecond)} records/s, about ${seconds(progress.remainingMs ?? 0)} s left.`,
  ended: (name, { restored, elapsedMs, recordsPerSecond }) =>
    `Restored ${name}: ${whole(restored)} records in ${seconds(elapsedMs)} s, ${whole(recordsPerSecond)} records/s.`,
  suspended: (name, progress) =>
    `Stopped restoring ${name} at ${percent(progress)} %: what is restored is kept for whoever goes on.`,
};

function remainingOffsets({ offset, endOffset }: RestoreProgress): number {
  return Math.max(0, endOffset - offset);
}
function percent({ startOffset, offset, endOffset }: RestoreProgress): number {
  return Math.floor(((offset - startOffset) / (endOffset - startOffset)) * 100);
}
function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}
function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}
