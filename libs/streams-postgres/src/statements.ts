/** The statements of one sink. Each write is one of them, hence one transaction and one round trip. */
import type { ResolvedPostgresSinkOptions } from './options.ts';

export interface Statements {
  readonly createPositions: string;
  readonly createTable: string;
  /** $1 topic, $2 partition → epoch, next_offset, rejected. Raises the epoch, which fences. */
  readonly open: string;
  /** The same parameters and columns; changes nothing. */
  readonly position: string;
  /** $1 topic, $2 partition, $3 epoch, $4 the offset where it must stand, $5 next offset, $6 rejected, $7 rows, and with a primary
   *  key $8 deleted keys → moved: 1, or 0 when nothing was done. */
  readonly write: string;
  /** $7, $8 of `write` as $1 and $2, without a position. */
  readonly apply: string;
  /** $1 to $6 of `write`. */
  readonly move: string;
}

type Shape = Pick<
  ResolvedPostgresSinkOptions<never, never>,
  'schema' | 'table' | 'columns' | 'primaryKey' | 'positionTable'
>;

export function statementsFor({ schema, table, columns, primaryKey, positionTable }: Shape): Statements {
  const target = `${quoted(schema)}.${quoted(table)}`;
  const positions = `${quoted(schema)}.${quoted(positionTable)}`;
  const declared = Object.entries(columns).map(([name, type]) => `${quoted(name)} ${type}`);
  const keyClause = primaryKey === null ? [] : [`PRIMARY KEY (${list(primaryKey)})`];
  const move = `UPDATE ${positions} SET next_offset = $5, rejected = $6
    WHERE topic = $1 AND partition = $2 AND epoch = $3 AND next_offset IS NOT DISTINCT FROM $4::int8 RETURNING 1`;
  const insert = (rows: string, condition: string) => {
    const names = list(Object.keys(columns));
    return `INSERT INTO ${target} (${names}) SELECT ${names} FROM json_to_recordset(${rows}::json) AS r(${declared.join(', ')})
      ${condition} ${onConflict(Object.keys(columns), primaryKey)}`;
  };
  const remove = (keys: string, conditions: readonly string[]) => {
    const key = primaryKey ?? [];
    const types = key.map((name) => `${quoted(name)} ${columns[name]!}`).join(', ');
    const same = key.map((name) => `t.${quoted(name)} = k.${quoted(name)}`);
    return `DELETE FROM ${target} t USING json_to_recordset(${keys}::json) AS k(${types})
      WHERE ${[...same, ...conditions].join(' AND ')}`;
  };
  const isMoved = 'EXISTS (SELECT FROM moved)';
  const removing = primaryKey !== null;
  return {
    createPositions: `CREATE TABLE IF NOT EXISTS ${positions} (
      topic text, partition int, epoch int8 NOT NULL, next_offset int8, rejected int8[] NOT NULL,
      PRIMARY KEY (topic, partition))`,
    createTable: `CREATE TABLE IF NOT EXISTS ${target} (${[...declared, ...keyClause].join(', ')})`,
    open: `INSERT INTO ${positions} AS p (topic, partition, epoch, rejected) VALUES ($1, $2, 1, '{}')
      ON CONFLICT (topic, partition) DO UPDATE SET epoch = p.epoch + 1 RETURNING epoch, next_offset, rejected`,
    position: `SELECT epoch, next_offset, rejected FROM ${positions} WHERE topic = $1 AND partition = $2`,
    write: `WITH moved AS (${move}),
      written AS (${insert('$7', `WHERE ${isMoved}`)})
      ${removing ? `, removed AS (${remove('$8', [isMoved])})` : ''}
      SELECT count(*)::int AS moved FROM moved`,
    apply: `WITH written AS (${insert('$1', 'WHERE true')})
      ${removing ? `, removed AS (${remove('$2', [])})` : ''}
      SELECT 1`,
    move,
  };
}

function onConflict(columns: readonly string[], primaryKey: readonly string[] | null): string {
  if (primaryKey === null) return '';
  const others = columns.filter((column) => !primaryKey.includes(column));
  const action =
    others.length === 0
      ? 'NOTHING'
      : `UPDATE SET ${others.map((name) => `${quoted(name)} = excluded.${quoted(name)}`).join(', ')}`;
  return `ON CONFLICT (${list(primaryKey)}) DO ${action}`;
}

function list(names: readonly string[]): string {
  return names.map(quoted).join(', ');
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
