/** One character a byte of a range: Node's own primitive behind `toString('latin1', start, end)`, less its argument checks. */
interface WithLatin1Slice {
  latin1Slice(start: number, end: number): string;
}

export function latin1(buffer: Buffer, start: number, end: number): string {
  return (buffer as unknown as WithLatin1Slice).latin1Slice(start, end);
}
