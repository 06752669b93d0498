import { runPeer } from './peer.ts';

/** A committed record as the peer's `Dump` prints it. */
export interface DumpedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

interface DumpedLine extends Omit<DumpedRecord, 'key' | 'value' | 'headers'> {
  readonly key: string | null;
  readonly value?: string | null;
  readonly headers: Readonly<Record<string, string | null>>;
}

/** Every committed record of a topic, read by Kafka's own Java consumer. Values can be left out (then they are null): they are the
 *  most of it. */
export async function dumpTopic(
  brokers: string,
  topic: string,
  { values = true }: { readonly values?: boolean } = {},
): Promise<readonly DumpedRecord[]> {
  const lines = await runPeer('Dump', [brokers, topic], { values: values ? 'yes' : 'no' });
  const records = lines.filter((line) => line.startsWith('{')); // the first use says that it builds the program
  return records.map((line) => decode(JSON.parse(line) as DumpedLine));
}

function decode({ key, value, headers, ...rest }: DumpedLine): DumpedRecord {
  const texts = Object.entries(headers).map(([name, text]) => [name, bytes(text)?.toString() ?? ''] as const);
  return { ...rest, key: bytes(key), value: bytes(value), headers: Object.fromEntries(texts) };
}

function bytes(base64: string | null | undefined): Buffer | null {
  return base64 === null || base64 === undefined ? null : Buffer.from(base64, 'base64');
}
