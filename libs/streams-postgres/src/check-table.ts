/** The tables of a sink: made where there are none, compared with what was declared where there are. */
import { SinkError } from '@hiveframe/streams';
import type { Database, Query } from './database.ts';
import type { ResolvedPostgresSinkOptions } from './options.ts';
import { quoted, type Statements } from './statements.ts';

type Options = Pick<
  ResolvedPostgresSinkOptions<never, never>,
  'schema' | 'table' | 'columns' | 'primaryKey' | 'positionTable' | 'createTable'
>;

/** @throws SinkError `unusable` that names all differences */
export async function prepareTables(
  database: Database,
  options: Options,
  statements: Statements,
): Promise<void> {
  await database.transaction(async (query) => {
    // Two processes that both make a table would fail one another, also with IF NOT EXISTS.
    await query('SELECT pg_advisory_xact_lock(hashtext($1))', [`hiveframe-sink ${options.schema}`]);
    if (!(await exists(query, options.schema, options.positionTable)))
      await query(statements.createPositions);
    if (!(await exists(query, options.schema, options.table))) {
      if (!options.createTable) throw unusable(options, ['there is no such table, and createTable is false']);
      await query(statements.createTable);
    }
    const faults = [...(await columnFaults(query, options)), ...(await keyFaults(query, options))];
    if (faults.length > 0) throw unusable(options, faults);
  });
}

function unusable({ schema, table }: Options, faults: readonly string[]): SinkError {
  return new SinkError(
    `Table ${schema}.${table} does not fit what was declared: ${faults.join('; ')}. Change the table or the declaration.`,
    { failure: 'unusable' },
  );
}

function nameOf(schema: string, table: string): string {
  return `${quoted(schema)}.${quoted(table)}`;
}

async function exists(query: Query, schema: string, table: string): Promise<boolean> {
  const sql = 'SELECT to_regclass($1) IS NOT NULL AS found';
  const [row] = await query<{ found: boolean }>(sql, [nameOf(schema, table)]);
  return row!.found;
}

interface ColumnRow {
  readonly name: string;
  readonly declared: string | null;
  readonly is_type: boolean;
  readonly type: string | null;
  readonly is_same: boolean;
  readonly is_required: boolean;
  readonly is_computed: boolean;
}

/** Declared columns and those of the table, each once. */
const COLUMNS = `
  SELECT coalesce(d.name, a.attname) AS name, d.declared, to_regtype(d.declared) IS NOT NULL AS is_type,
    format_type(a.atttypid, a.atttypmod) AS type, coalesce(a.atttypid = to_regtype(d.declared)::oid, false) AS is_same,
    coalesce(a.attnotnull AND NOT a.atthasdef AND a.attidentity = '', false) AS is_required,
    coalesce(a.attgenerated <> '' OR a.attidentity = 'a', false) AS is_computed
  FROM unnest($2::text[], $3::text[]) AS d(name, declared)
  FULL JOIN (SELECT * FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped) AS a
    ON a.attname = d.name`;

async function columnFaults(query: Query, { schema, table, columns }: Options): Promise<string[]> {
  const values = [nameOf(schema, table), Object.keys(columns), Object.values(columns)];
  const rows = await query<ColumnRow>(COLUMNS, values);
  return rows.flatMap((row) => columnFault(row) ?? []);
}

function columnFault({ name, declared, ...row }: ColumnRow): string | null {
  if (declared === null) {
    return row.is_required ? `column ${name} is NOT NULL without a default, and is not declared` : null;
  }
  if (!row.is_type) return `column ${name} is declared ${declared}, which is no type here`;
  if (row.type === null) return `it has no column ${name}`;
  if (!row.is_same) return `column ${name} is ${row.type}, declared ${declared}`;
  return row.is_computed ? `column ${name} is generated always and cannot be written` : null;
}

const UNIQUE = `
  SELECT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = to_regclass($1)
    AND i.indisunique AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
    AND (SELECT array_agg(a.attname::text ORDER BY a.attname::text)
      FROM unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) AS k(attnum)
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum) = $2::text[]) AS found`;

async function keyFaults(query: Query, { schema, table, primaryKey }: Options): Promise<string[]> {
  if (primaryKey === null) return [];
  const values = [nameOf(schema, table), [...primaryKey].sort()];
  const [row] = await query<{ found: boolean }>(UNIQUE, values);
  if (row!.found) return [];
  return [`it has no primary key or unique index on (${primaryKey.join(', ')})`];
}
