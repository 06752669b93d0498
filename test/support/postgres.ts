import { startPostgres } from '@hiveframe/streams-testing/containers';
import { serviceAddress } from './service.ts';

/** URL of a real PostgreSQL: `POSTGRES_URL`, else a container of this test file's own; undefined: there is none. */
export function postgresUrl(): Promise<string | undefined> {
  return serviceAddress({ name: 'PostgreSQL', variable: 'POSTGRES_URL', start: startPostgres });
}
