export { ApacheKafkaContainer, StartedApacheKafkaContainer } from './apache-kafka-container.ts';
export {
  startKafka,
  startRedis,
  type StartedService,
  type StartKafkaOptions,
  type StartServiceOptions,
} from './start.ts';
