/** Taking over a task, numbered as in docs/ARCHITECTURE.md:
 *   1 open the transactional id: the old owner is fenced, its open transaction ended
 *   2 read the committed offsets (stable only), and meanwhile
 *   3 open the store partitions: their epoch is bumped, their changelog offset read
 *   4 replay the changelog from there to its end; open the sink: where the target stands is where its records are read from
 *   5 compile the operators and go on from the committed offsets (`assembleTask`)
 *  Called off between any two of them when the assignment ends. */
import type { SubTopology } from '../topology/graph.ts';
import { assembleTask, type OpenedTask } from './assemble-task.ts';
import { Takeover, type OpenListener } from './takeover.ts';
import type { TaskEnvironment } from './task-environment.ts';
import type { TaskId } from './task-id.ts';

export async function openTask(
  id: TaskId,
  subTopology: SubTopology,
  environment: TaskEnvironment,
  signal: AbortSignal,
  listener: OpenListener,
): Promise<OpenedTask> {
  const takeover = new Takeover(id, subTopology, environment);
  try {
    await takeover.protocol.open(); // 1
    signal.throwIfAborted();
    await takeover.readCommittedAndOpenStores(); // 2, 3
    signal.throwIfAborted();
    await takeover.restoreStores(signal, listener.onRestore); // 4
    await takeover.openSinks();
    signal.throwIfAborted();
    return assembleTask(takeover, listener); // 5
  } catch (error) {
    await takeover.close();
    throw error;
  }
}
