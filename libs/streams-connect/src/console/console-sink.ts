/** Results for people: the tutorial's table, or one line of JSON per record. */
import { systemClock, type AtLeastOnceSink, type Clock, type SinkRecord } from '@hiveframe/streams';
import { jsonText } from './cell.ts';
import { GatheredTables, type GatheredTable } from './gathered-tables.ts';
import { localTime } from './local-time.ts';
import { jsonColumns, needsKey, tableColumns, toRow, type Row } from './row.ts';
import { sortByFirstColumn, tableLines } from './table.ts';

/** Form and place of what a console sink prints. */
export interface ConsoleSinkOptions {
  /** Tables for people, or a line of JSON for each record. @defaultValue 'table' */
  readonly format?: 'table' | 'json';
  /** Puts `[2026-01-30 10:00:30]` in front: the end of the window, or the event time where there is none; local time.
   *  @defaultValue false */
  readonly showTimestamp?: boolean;
  /** Takes whole lines, each with its line break. @defaultValue standard output */
  readonly write?: (text: string) => void;
  /** A table is printed when no row of its window came for so long. @defaultValue 250 */
  readonly settleMs?: number;
  /** Time and delays. @defaultValue the process' own */
  readonly clock?: Clock;
}

/** However busy: so long after its first row a table is printed with what came. */
const MAX_WAIT_MS = 1_000;

/** Prints what it is given. A table holds the rows of one window end, whatever tasks they come from, sorted by the first
 *  column; columns that have ever shown a fraction have two decimals. What belongs to no window is printed under "Results:".
 *  At least once until it is gathered: a process that is killed may lose the tables of its last second, a restarted one may
 *  print rows again. What must not be lost or doubled goes to a topic. */
export class ConsoleSink implements AtLeastOnceSink<unknown, unknown> {
  readonly name = 'console';
  readonly guarantee = 'at_least_once';
  readonly #format: 'table' | 'json';
  readonly #showTimestamp: boolean;
  readonly #write: (text: string) => void;
  readonly #tables: GatheredTables;
  /** Per topic, columns that have shown a fraction. */
  readonly #decimals = new Map<string, Set<string>>();

  constructor(options: ConsoleSinkOptions = {}) {
    this.#format = options.format ?? 'table';
    this.#showTimestamp = options.showTimestamp ?? false;
    this.#write = options.write ?? ((text) => void process.stdout.write(text));
    this.#tables = new GatheredTables({
      settleMs: options.settleMs ?? 250,
      maxWaitMs: MAX_WAIT_MS,
      clock: options.clock ?? systemClock,
      print: (table) => this.#printTable(table),
    });
  }

  async write(batch: readonly SinkRecord<unknown, unknown>[]): Promise<void> {
    if (this.#format === 'json')
      return this.#write(batch.map((record) => this.#jsonLine(toRow(record))).join(''));
    for (const record of batch) this.#tables.add(record.topic, toRow(record));
  }

  async close(): Promise<void> {
    this.#tables.flush();
  }

  #printTable({ topic, windowEndMs, rows }: GatheredTable): void {
    const withKey = rows.some(needsKey);
    const columns = rows.map((row) => tableColumns(row, withKey));
    const sorted = sortByFirstColumn(columns, (row) => Object.values(row)[0]);
    const title = windowEndMs === null ? 'Results:' : 'Window Results:';
    const timeMs = windowEndMs ?? Math.max(...rows.map(({ timestampMs }) => timestampMs));
    const lines = [this.#stamped(timeMs, title), ...tableLines(sorted, this.#decimalsOf(topic))];
    this.#write(`${lines.join('\n')}\n`);
  }

  #jsonLine(row: Row): string {
    return `${this.#stamped(row.window?.endMs ?? row.timestampMs, jsonText(jsonColumns(row)))}\n`;
  }

  #stamped(timeMs: number, text: string): string {
    return this.#showTimestamp ? `[${localTime(timeMs)}] ${text}` : text;
  }

  #decimalsOf(topic: string): Set<string> {
    let columns = this.#decimals.get(topic);
    if (columns === undefined) this.#decimals.set(topic, (columns = new Set()));
    return columns;
  }
}

/** `new ConsoleSink(options)`. */
export function consoleSink(options?: ConsoleSinkOptions): ConsoleSink {
  return new ConsoleSink(options);
}
