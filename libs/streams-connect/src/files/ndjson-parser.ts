/** Rows of NDJSON: a JSON value on each line, empty lines left out. */
import { faultOfText, type FilePlace, type Row, type RowParser } from './row-parser.ts';

const LINE_FEED = 10;

export class NdjsonRowParser implements RowParser {
  readonly #maxRowBytes: number;
  #place: FilePlace;
  /** Pieces of a line that is not complete. */
  #begun: Buffer[] = [];
  #begunBytes = 0;

  constructor(from: FilePlace, { maxRowBytes }: { readonly maxRowBytes: number }) {
    this.#place = from;
    this.#maxRowBytes = maxRowBytes;
  }

  async feed(piece: Buffer): Promise<Row[]> {
    const rows: Row[] = [];
    let from = 0;
    for (let at = piece.indexOf(LINE_FEED); at >= 0; at = piece.indexOf(LINE_FEED, from)) {
      this.#keep(piece.subarray(from, at));
      this.#endLine(1, rows);
      from = at + 1;
    }
    this.#keep(piece.subarray(from));
    return rows;
  }

  async end(): Promise<Row[]> {
    const rows: Row[] = [];
    if (this.#begunBytes > 0) this.#endLine(0, rows);
    return rows;
  }

  /** What is beyond the limit is counted only. */
  #keep(part: Buffer): void {
    if (this.#begunBytes <= this.#maxRowBytes) this.#begun.push(part);
    this.#begunBytes += part.length;
  }

  #endLine(lineFeed: 0 | 1, rows: Row[]): void {
    const bytes = this.#begun.length === 1 ? this.#begun[0]! : Buffer.concat(this.#begun);
    const { offset, line } = this.#place;
    const end = offset + this.#begunBytes + lineFeed;
    const isTooLong = this.#begunBytes > this.#maxRowBytes;
    const row = { line, bytes: bytes.subarray(0, this.#maxRowBytes), end, nextLine: line + 1 };
    this.#place = { offset: end, line: line + lineFeed };
    this.#begun = [];
    this.#begunBytes = 0;
    const content = isTooLong ? { fault: `it is longer than ${this.#maxRowBytes} bytes` } : contentOf(bytes);
    if (content !== null) rows.push({ ...row, content });
  }
}

/** null: the line is empty. */
function contentOf(bytes: Buffer): Row['content'] | null {
  const fault = faultOfText(bytes);
  if (fault !== null) return { fault };
  const text = bytes.toString('utf8').trim();
  return text === '' ? null : parsed(text);
}

function parsed(text: string): Row['content'] {
  try {
    return { value: JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text) as unknown };
  } catch (error) {
    return { fault: (error as Error).message };
  }
}
