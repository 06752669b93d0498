/** Rows of CSV (RFC 4180), by csv-parse. Quotes within a field that does not begin with one are text, so every line belongs to some
 *  row. A quote that is never closed would take in the rest of the file: its line alone is no row then, and reading goes on behind it. */
import { finished } from 'node:stream/promises';
import { Parser, type CsvError } from 'csv-parse';
import { countLines, faultOfText, type FilePlace, type Row, type RowParser } from './row-parser.ts';

export interface CsvOptions {
  readonly delimiter: string;
  readonly maxRowBytes: number;
}

const UNCLOSED: ReadonlySet<string> = new Set(['CSV_QUOTE_NOT_CLOSED', 'CSV_MAX_RECORD_SIZE']);
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

export class CsvRowParser implements RowParser {
  readonly #options: CsvOptions;
  /** Bytes that are not yet in a row, from `#place` on. */
  #window: Buffer = Buffer.alloc(0);
  #place: FilePlace;
  #rows: Row[] = [];
  #parser: Parser;
  /** Where in the file this parser began. */
  #parserStart: number;

  constructor(from: FilePlace, options: CsvOptions) {
    this.#options = options;
    this.#place = from;
    this.#parserStart = from.offset;
    this.#parser = this.#createParser();
  }

  async feed(piece: Buffer): Promise<Row[]> {
    this.#window = this.#window.length === 0 ? piece : Buffer.concat([this.#window, piece]);
    await this.#despiteFaults((parser) => write(parser, piece));
    return this.#take();
  }

  async end(): Promise<Row[]> {
    await this.#despiteFaults((parser) => end(parser), true);
    return this.#take();
  }

  #take(): Row[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  /** Begins anew behind each line that does not end in a row. */
  async #despiteFaults(work: (parser: Parser) => Promise<void>, isEnd = false): Promise<void> {
    for (let next = work; ;) {
      try {
        return await next(this.#parser);
      } catch (error) {
        const { code } = error as CsvError;
        if (!UNCLOSED.has(code)) throw error;
        this.#refuseLine();
      }
      this.#parserStart = this.#place.offset;
      this.#parser = this.#createParser();
      const rest = this.#window;
      next = async (parser) => {
        if (rest.length > 0) await write(parser, rest);
        if (isEnd) await end(parser);
      };
    }
  }

  #createParser(): Parser {
    const { delimiter, maxRowBytes } = this.#options;
    const parser = new Parser({
      bom: this.#place.offset === 0,
      delimiter,
      record_delimiter: ['\n', '\r\n'],
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      max_record_size: maxRowBytes,
      on_record: (fields: string[], { bytes }) => {
        this.#addRow(fields, this.#parserStart + bytes);
        return null;
      },
    });
    parser.on('error', () => undefined); // who writes hears of it
    parser.resume();
    return parser;
  }

  #addRow(value: string[], end: number): void {
    const row = this.#cut(end);
    const fault = faultOfText(row.bytes);
    this.#rows.push({ ...row, content: fault === null ? { value } : { fault } });
  }

  #refuseLine(): void {
    const lead = leadOf(this.#window);
    const lineEnd = this.#window.indexOf(LINE_FEED, lead);
    const length = lineEnd < 0 ? this.#window.length : lineEnd + 1;
    const row = this.#cut(this.#place.offset + length);
    const fault = `a quote is not closed within ${this.#options.maxRowBytes} bytes or the file`;
    this.#rows.push({ ...row, content: { fault } });
  }

  /** Takes what lies before `end` out of the window. */
  #cut(end: number): Omit<Row, 'content'> {
    const { offset, line } = this.#place;
    const taken = this.#window.subarray(0, end - offset);
    const lead = leadOf(taken);
    this.#window = this.#window.subarray(end - offset);
    this.#place = { offset: end, line: line + countLines(taken) };
    const row = line + countLines(taken.subarray(0, lead));
    return { line: row, bytes: withoutLineEnd(taken.subarray(lead)), end, nextLine: this.#place.line };
  }
}

/** Empty lines before the row. */
function leadOf(bytes: Buffer): number {
  let at = 0;
  while (bytes[at] === LINE_FEED || bytes[at] === CARRIAGE_RETURN) at++;
  return at;
}

function withoutLineEnd(bytes: Buffer): Buffer {
  let end = bytes.length;
  if (bytes[end - 1] === LINE_FEED) end--;
  if (bytes[end - 1] === CARRIAGE_RETURN) end--;
  return bytes.subarray(0, end);
}

function write(parser: Parser, piece: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    parser.write(piece, (error) => (error ? reject(error) : resolve()));
  });
}

async function end(parser: Parser): Promise<void> {
  parser.end();
  await finished(parser);
}
