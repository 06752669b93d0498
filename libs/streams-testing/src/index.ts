export { ManualClock } from './manual-clock.ts';
export {
  TopologyTestDriver,
  type PipeOptions,
  type TestInputTopic,
  type TestOutputTopic,
  type TestRecord,
  type TopologyTestDriverOptions,
} from './topology-test-driver.ts';
