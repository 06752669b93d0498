/** The table that a sink writes, as its options say. */
export interface TableTarget {
  readonly table: string;
  /** Names and types. */
  readonly columns: Readonly<Record<string, string>>;
  /** null: every record is a row of its own. */
  readonly primaryKey: readonly string[] | null;
  /** Where the sink keeps its positions. */
  readonly positionTable: string;
}

/** What is wrong with it, a text for each fault. */
export function tableFaults({ table, columns, primaryKey, positionTable }: TableTarget): string[] {
  const faults: string[] = [];
  if (table === '') faults.push('table is empty');
  if (Object.keys(columns).length === 0) faults.push('columns names none');
  if (primaryKey?.length === 0) faults.push('primaryKey names no column; leave it out to append');
  const unknown = (primaryKey ?? []).filter((column) => !(column in columns));
  if (unknown.length > 0) faults.push(`primaryKey names ${unknown.join(', ')}, which columns has not`);
  if (table === positionTable) faults.push('table and positionTable are the same');
  return faults;
}
