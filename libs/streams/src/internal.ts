/** For this project's own packages (test driver, benchmarks): not part of the public API, may change in any release. */
export { StreamWorker, type WorkerListener, type WorkerOptions } from './runtime/stream-worker.ts';
export { TopicPreparation, type PreparedTopics } from './runtime/topics.ts';
export {
  resolveStreamsConfig,
  type Instruments,
  type ResolvedStreamsConfig,
} from './runtime/streams-config.ts';
export { processPacing, type Pacing } from './runtime/pacing.ts';
export { StreamTask } from './task/stream-task.ts';
export type { TaskEnvironment } from './task/task-environment.ts';
export { TopologyGuard } from './runtime/topology-guard.ts';
export { readStoredTopology, topologyTopic, type StoredTopology } from './runtime/stored-topology.ts';
export { GlobalTables } from './runtime/global-tables.ts';
export { createTaskEnvironment } from './runtime/create-task-environment.ts';
export { decodeAnnouncement } from './watermark/announcement.ts';
export { partitionFor } from './sink/murmur2.ts';
export { decodeStateValue } from './state/changelog-codec.ts';
export { findStore, type FoundStore, type NamedStore, type StoreLayout } from './query/store-layout.ts';
export type { KeyWindows } from './processor/operators/record-aligned/key-windows.ts';
export type { ThreadInstruments } from './threads/threaded-streams-app.ts';
export { BOUNDS, type ListBounds, type ListKey } from './processor/operators/process/list.serde.ts';
export type { StoredSession } from './processor/operators/process/sessions.serde.ts';
export { historyName } from './processor/operators/rows/versioned-rows.ts';
export type { RowVersion } from './processor/operators/rows/row-versions.serde.ts';
