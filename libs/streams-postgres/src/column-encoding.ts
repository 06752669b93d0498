/** A row as the JSON that `json_to_recordset` reads: one parameter for a batch of any size. Measured against arrays by `unnest`: see
 *  docs/guide/sinks.md. */
const TIMES = /^(timestamp|date|time)/i;

/** The text of one row. */
export type RowEncoder = (values: readonly unknown[]) => string;

/** What it gives throws for values that have no JSON (a cycle, a time beyond all dates).
 *  @param columns names with their types, in the order of the values */
export function rowEncoder(columns: readonly (readonly [name: string, type: string])[]): RowEncoder {
  const names = columns.map(([name]) => JSON.stringify(name));
  const isTime = columns.map(([, type]) => TIMES.test(type));
  return (values) => {
    let text = '';
    for (let i = 0; i < names.length; i++) {
      text += `${i === 0 ? '{' : ','}${names[i]!}:${encode(values[i], isTime[i]!)}`;
    }
    return `${text}}`;
  };
}

function encode(value: unknown, isTime: boolean): string {
  if (typeof value === 'number') return encodeNumber(value, isTime);
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return `"\\\\x${Buffer.from(value).toString('hex')}"`;
  return JSON.stringify(value) ?? 'null';
}

function encodeNumber(value: number, isTime: boolean): string {
  if (!Number.isFinite(value)) return `"${value}"`; // JSON has none of them, PostgreSQL's floats do
  return isTime ? `"${new Date(value).toISOString()}"` : String(value);
}
