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
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string | null>>;
}

/** Every committed record of a topic, read by Kafka's own Java consumer. */
export async function dumpTopic(brokers: string, topic: string): Promise<readonly DumpedRecord[]> {
  const lines = await runPeer('Dump', [brokers, topic]);
  return lines.map((line) => decode(JSON.parse(line) as DumpedLine));
}

function decode({ key, value, headers, ...rest }: DumpedLine): DumpedRecord {
  const texts = Object.entries(headers).map(([name, text]) => [name, bytes(text)?.toString() ?? ''] as const);
  return { ...rest, key: bytes(key), value: bytes(value), headers: Object.fromEntries(texts) };
}

function bytes(base64: string | null): Buffer | null {
  return base64 === null ? null : Buffer.from(base64, 'base64');
}
