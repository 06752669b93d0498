/** UTF-8 text of a range, without a view: Node's own primitive behind `toString('utf8', start, end)`, less its argument checks. */
interface WithUtf8Slice {
  utf8Slice(start: number, end: number): string;
}

export function utf8(buffer: Buffer, start: number, end: number): string {
  return (buffer as unknown as WithUtf8Slice).utf8Slice(start, end);
}

interface WithUtf8Write {
  utf8Write(text: string, at: number): number;
}

/** Writes a text as UTF-8 and returns how many bytes it took; what does not fit is left out. */
export function utf8Write(buffer: Buffer, text: string, at: number): number {
  return (buffer as unknown as WithUtf8Write).utf8Write(text, at);
}
