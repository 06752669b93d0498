export { ManualClock } from './manual-clock.ts';
export { TopologyTestDriver, type TopologyTestDriverOptions } from './topology-test-driver.ts';
export type { TestInstance, TestInstanceState } from './test-instance.ts';
export type { Refusal } from './cluster/test-process.ts';
export type {
  InputTopicOptions,
  PipeOptions,
  TestInputRecord,
  TestInputTopic,
  TypedTopic,
} from './topics/test-input-topic.ts';
export type { RawTestRecord, TestOutputTopic, TestRecord } from './topics/test-output-topic.ts';
export type { DeadLetterReason, TestDeadLetter } from './topics/dead-letter.ts';
export type {
  KeyValueStoreRef,
  ListStoreRef,
  SessionStoreRef,
  TestKeyValueStore,
  TestListStore,
  TestSessionStore,
  TestVersionedKeyValueStore,
  TestWindowStore,
  VersionedKeyValueStoreRef,
  WindowStoreRef,
} from './stores/test-stores.ts';
export { COMMIT_STEPS, watchCommitSteps, type CommitStep, type StepHook } from './faults/commit-steps.ts';
export { InMemorySinkTarget } from './sinks/in-memory-sink-target.ts';
