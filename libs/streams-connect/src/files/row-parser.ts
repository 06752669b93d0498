/** How a file falls into rows. */
import { isUtf8 } from 'node:buffer';

/** One row as it lies in the file. */
export interface Row {
  /** Counted from 1: where it begins. */
  readonly line: number;
  /** Its bytes, without the line end. */
  readonly bytes: Buffer;
  /** Offset of the byte behind it, line end included. */
  readonly end: number;
  /** The line that begins there. */
  readonly nextLine: number;
  /** What it holds, or why it is no row. */
  readonly content: { readonly value: unknown } | { readonly fault: string };
}

/** Takes a file piece by piece, in order. */
export interface RowParser {
  /** The rows that are complete with this piece. */
  feed(piece: Buffer): Promise<Row[]>;
  /** What is left when the file ends. */
  end(): Promise<Row[]>;
}

/** Where a parser begins in a file. */
export interface FilePlace {
  /** Of a byte; in compressed files, of what they hold. */
  readonly offset: number;
  /** Of the row that begins there. */
  readonly line: number;
}

export const FILE_START: FilePlace = { offset: 0, line: 1 };

/** Why bytes are no text, whose letters would be replaced in silence; null: they are. */
export function faultOfText(bytes: Buffer): string | null {
  return isUtf8(bytes) ? null : 'it is no UTF-8';
}

const LINE_FEED = 10;

export function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) lines++;
  return lines;
}
