import { StreamsError } from '../errors/streams.error.ts';

/** A query that was not answered. `status` and `problemCode` say why: see docs/guide/queries.md. */
export class QueryError extends StreamsError {
  readonly code = 'HFS_QUERY';
  /** Of HTTP; null: there was no answer. */
  readonly status: number | null;
  /** `HFS_…` of the service; null: it told none. */
  readonly problemCode: string | null;

  constructor(
    message: string,
    {
      status = null,
      problemCode = null,
      ...options
    }: ErrorOptions & { readonly status?: number | null; readonly problemCode?: string | null } = {},
  ) {
    super(message, options);
    this.status = status;
    this.problemCode = problemCode;
  }
}
