import { startSchemaRegistry } from '@hiveframe/streams-testing/containers';
import { serviceAddress } from './service.ts';

/** Base URL of a real schema registry, for clients of Confluent's: `SCHEMA_REGISTRY_URL`, else a container of this test file's own;
 *  undefined: there is none. */
export function schemaRegistryUrl(): Promise<string | undefined> {
  return serviceAddress({
    name: 'a schema registry',
    variable: 'SCHEMA_REGISTRY_URL',
    start: startSchemaRegistry,
  });
}
