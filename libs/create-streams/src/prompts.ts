/** Asks for what the command line does not say. */
import input from '@inquirer/input';
import select from '@inquirer/select';
import { ARCHIVES, HTTP_SERVERS, SINKS, type Choices } from './choices.ts';

export type Asked = Pick<Choices, 'http' | 'sink' | 'archive'> & { readonly folder: string };

export async function ask(given: Partial<Asked>): Promise<Asked> {
  return {
    folder: given.folder ?? (await input({ message: 'Folder of the service:', default: 'my-service' })),
    sink:
      given.sink ??
      (await select({
        message: 'Where do results go?',
        choices: SINKS.map((value) => ({ value, name: SINK_NAMES[value] })),
      })),
    archive:
      given.archive ??
      (await select({
        message: 'Is each event kept in files, too?',
        choices: ARCHIVES.map((value) => ({ value, name: ARCHIVE_NAMES[value] })),
      })),
    http:
      given.http ??
      (await select({
        message: 'Which HTTP server does Nest use?',
        choices: HTTP_SERVERS.map((value) => ({ value })),
      })),
  };
}

const SINK_NAMES = { postgres: 'a table in PostgreSQL', console: 'the console' } as const;
const ARCHIVE_NAMES = { none: 'no', parquet: 'in Parquet files' } as const;
