import type { DeadLetterEdit, DeadLetterSelection } from '@hiveframe/streams';
import { BadRequestException } from '@nestjs/common';

/** The body of a replay. */
export interface ReplayRequest {
  /** `{ letters: [{ partition, offset }] }`, a filter, or `{ all: true }`. */
  readonly selection: DeadLetterSelection;
  /** @defaultValue where each record came from */
  readonly to?: string;
  readonly edit?: DeadLetterEdit;
  /** @defaultValue false, and so the next two */
  readonly dryRun?: boolean;
  /** Also what the loop guard refuses. */
  readonly force?: boolean;
  /** Also what was replayed before. */
  readonly again?: boolean;
  /** @defaultValue `maxLettersPerReplay`, and no more */
  readonly limit?: number;
  /** Of the answer before. */
  readonly cursor?: string;
}

const TYPES: Readonly<Record<keyof ReplayRequest, 'boolean' | 'number' | 'object' | 'string'>> = {
  selection: 'object',
  to: 'string',
  edit: 'object',
  dryRun: 'boolean',
  force: 'boolean',
  again: 'boolean',
  limit: 'number',
  cursor: 'string',
};

/** Types of the fields only: what is in `selection` and `edit` the service looks at. A field that is not known is refused: a `dry_run`
 *  that nobody heeds would replay. @throws BadRequestException */
export function parseReplay(body: unknown): ReplayRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw refused('send a JSON object with a selection, as application/json');
  for (const [name, value] of Object.entries(body)) {
    const type = Object.hasOwn(TYPES, name) ? TYPES[name as keyof ReplayRequest] : undefined;
    if (type === undefined) throw refused(`there is no ${name}`);
    // oxlint-disable-next-line valid-typeof -- the table has names of types only
    if (typeof value !== type || value === '') throw refused(`${name} must be of type ${type}`);
  }
  if (!('selection' in body)) throw refused('it has no selection. For all of them send { "all": true }');
  return body as ReplayRequest;
}

function refused(why: string): BadRequestException {
  return new BadRequestException(`Cannot read the replay: ${why}.`);
}
