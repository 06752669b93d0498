export { ApacheKafkaContainer, StartedApacheKafkaContainer } from './apache-kafka-container.ts';
export {
  startKafka,
  startPostgres,
  startRedis,
  startSchemaRegistry,
  startServices,
  type StartedServices,
  type StartedService,
  type StartKafkaOptions,
  type StartServiceOptions,
} from './start.ts';
export { TestTopics } from './test-topics.ts';
