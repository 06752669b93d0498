/** What one task measures, read off its parts: nothing is kept for it that the task does not keep anyway. */
import type { Metric } from '../ports/runtime.ts';
import type { RecordQueue } from '../source/record-queue.ts';
import type { StateStore } from '../state/state-store.ts';
import type { OpenedTask } from './assemble-task.ts';
import { counter, gauge } from './metric.ts';

export interface TaskProgress {
  readonly taskId: string;
  readonly processedCount: number;
  readonly processMs: number;
  readonly nowMs: number;
}

export function taskMetrics(
  { queues, intake, watermark, states }: OpenedTask,
  { taskId: task, processedCount, processMs, nowMs }: TaskProgress,
): Metric[] {
  const { watermarkMs } = watermark;
  let bufferedBytes = intake.heldBytes;
  for (const queue of queues) bufferedBytes += queue.bufferedBytes;
  return [
    counter('process-total', processedCount, { task }),
    counter('process-time-ms', processMs, { task }),
    gauge('input-buffer-bytes-total', bufferedBytes, { task }),
    ...(Number.isFinite(watermarkMs) ? [gauge('watermark-delay-ms', nowMs - watermarkMs, { task })] : []),
    ...queues.map((queue) => lag(queue, task)),
    ...Array.from(states.values(), (state) => storeMetrics(state, task)).flat(),
  ];
}

/** As the log was seen to end last: an input that is paused is not asked. */
function lag({ topic, partition, endOffset, position }: RecordQueue, task: string): Metric {
  return gauge('records-lag', Math.max(0, endOffset - position), {
    task,
    topic,
    partition: String(partition),
  });
}

function storeMetrics(state: StateStore, task: string): Metric[] {
  const at = { task, store: state.name };
  const entries = state.numEntries.now();
  return [
    gauge('cache-size-bytes-total', state.cachedBytes, at),
    counter('cache-miss-total', state.missCount, at),
    ...(entries === null ? [] : [gauge('estimate-num-keys', entries, at)]),
  ];
}
