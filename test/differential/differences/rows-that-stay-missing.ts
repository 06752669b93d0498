/** Tables: that there is still no row is no change (ADR 6). In Kafka Streams it is one to a left or outer join, also by foreign key, which
 *  passes on the row of the other side once more. So a step that leaves a row missing, on the way from the written row to the result,
 *  gives nothing here, and there at most what was given last. */
import type { InputRecord, OutputRecord, Outputs, TableExpression, Topic } from '../case.ts';
import { keeps, map, pair } from '../topologies/functions.ts';

/** The last value of each key. */
type Rows = Map<string, string | null>;
type Written = Record<Topic, Rows>;

/** @param tables that are read, without groups
 *  @param steps of one record each */
export function withoutMissingRows(
  tables: readonly TableExpression[],
  steps: readonly (readonly InputRecord[])[],
  outputs: Outputs,
): Outputs {
  const written: Written = { a: new Map(), b: new Map(), c: new Map() };
  const given = new Map<OutputRecord[0], OutputRecord[1]>();
  return outputs.map((step, at) => {
    const isMissing = staysMissing(tables, steps[at]![0]!, written);
    const expected = step.filter(([key, row]) => !isMissing || row !== (given.get(key) ?? null));
    for (const [key, row] of expected) given.set(key, row);
    return expected;
  });
}

function staysMissing(
  tables: readonly TableExpression[],
  [topic, key, value]: InputRecord,
  written: Written,
): boolean {
  const onTheWay = tables.map((table) => wayFrom(topic, table)).find((way) => way !== null)!;
  const isRead = key !== null && (value !== null || onTheWay[0]!.op === 'source'); // a stream has no null values
  if (!isRead) return false;
  const before = onTheWay.map((table) => rowOf(table, key, written));
  written[topic].set(key, value);
  return onTheWay.some((table, on) => before[on] === null && rowOf(table, key, written) === null);
}

/** The tables that a change of a topic passes; null: it does not come here. */
function wayFrom(topic: Topic, table: TableExpression): TableExpression[] | null {
  switch (table.op) {
    case 'source':
    case 'toTable':
      return table.topic === topic ? [table] : null;
    case 'filter':
    case 'mapValues':
    case 'group':
      return withEnd(wayFrom(topic, table.of), table);
    case 'join':
      return withEnd(wayFrom(topic, table.left) ?? wayFrom(topic, table.right), table);
  }
}
function withEnd(way: TableExpression[] | null, table: TableExpression): TableExpression[] | null {
  return way === null ? null : [...way, table];
}

function rowOf(table: TableExpression, key: string, written: Written): string | null {
  switch (table.op) {
    case 'source':
      return written[table.topic].get(key) ?? null;
    case 'toTable':
      return mapped(written[table.topic].get(key) ?? null);
    case 'filter': {
      const row = rowOf(table.of, key, written);
      return row !== null && keeps(row) ? row : null;
    }
    case 'mapValues':
      return mapped(rowOf(table.of, key, written));
    case 'join': {
      const [left, right] = [rowOf(table.left, key, written), rowOf(table.right, key, written)];
      const isThere = table.join === 'outer' ? (left ?? right) !== null : left !== null;
      return isThere && (table.join !== 'inner' || right !== null) ? pair(left, right) : null;
    }
    case 'group':
      throw new Error('The rows of a group have other keys.');
  }
}
const mapped = (row: string | null): string | null => (row === null ? null : map(row));
