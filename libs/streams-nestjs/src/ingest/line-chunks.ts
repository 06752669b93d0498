import { isUtf8 } from 'node:buffer';
import { PayloadTooLargeException } from '@nestjs/common';

/** A line that is not empty; its number in the body, from 1. */
export interface NumberedLine {
  readonly number: number;
  /** null: it is no UTF-8. */
  readonly text: string | null;
}

const LF = 0x0a;

/** The lines of a body as they come: those that end within one piece of it together, so that no more than a piece and the line it
 *  begins are in memory. @throws PayloadTooLargeException for a longer line */
export async function* lineChunks(
  body: AsyncIterable<Buffer>,
  maxLineBytes: number,
): AsyncGenerator<readonly NumberedLine[]> {
  let number = 0;
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const piece of body) {
    const lines: NumberedLine[] = [];
    let from = 0;
    for (let end = piece.indexOf(LF); end !== -1; end = piece.indexOf(LF, from)) {
      requireLength(restBytes + end - from, maxLineBytes, number + 1);
      push(lines, ++number, Buffer.concat([...rest, piece.subarray(from, end)]));
      rest = [];
      restBytes = 0;
      from = end + 1;
    }
    if (from < piece.length) rest.push(piece.subarray(from));
    restBytes += piece.length - from;
    if (lines.length > 0) yield lines;
    requireLength(restBytes, maxLineBytes, number + 1);
  }
  const last: NumberedLine[] = [];
  push(last, number + 1, Buffer.concat(rest));
  if (last.length > 0) yield last;
}

function push(lines: NumberedLine[], number: number, bytes: Buffer): void {
  const text = isUtf8(bytes) ? bytes.toString().trim() : null;
  if (text !== '') lines.push({ number, text });
}

function requireLength(bytes: number, maxBytes: number, number: number): void {
  if (bytes > maxBytes)
    throw new PayloadTooLargeException(`Line ${number} is longer than ${maxBytes} bytes.`);
}
