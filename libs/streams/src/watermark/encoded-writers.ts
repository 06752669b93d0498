/** What the writers of a repartition topic announced, as text beside an offset: Kafka keeps 4,096 bytes there
 *  (`offset.metadata.max.bytes`). With many writers it says less: never a time that was not reached, nor that one is silent who was
 *  not. So a restart may hold time for longer, and makes nothing late.
 *  E1 Listed: a watermark for each, in units that grow until it fits, rounded down.
 *     `<base ms>:<unit ms>:<units above the base, base 36; empty: nothing heard>[!: idle],…`
 *  E2 Packed, beyond `MAX_LISTED`: three writers in a character. Those that are waited for have the lowest watermark of them, for
 *     time goes no further before each has been heard again. Who is idle need not be heard again, so that is kept; and of their
 *     watermarks the highest, which is what counts when all are.
 *     `<lowest ms>:<writer>=<highest ms>:<two bits for each: 0 nothing heard, 1 heard, 2 idle; base 64>` */

export interface WriterState {
  /** -Infinity: nothing heard. */
  readonly watermarkMs: number;
  readonly idle: boolean;
}

/** Tasks that may write one repartition topic. */
export const MAX_WRITERS = 9_000;
const MAX_LISTED = 1_000;
/** Of `MAX_LISTED`, three each. */
const MAX_LISTED_CHARS = 3_000;

const UNHEARD = 0;
const HEARD = 1;
const IDLE = 2;
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function encodeWriters(writers: readonly WriterState[]): string {
  return writers.length > MAX_LISTED ? encodePacked(writers) : encodeListed(writers);
}

export function decodeWriters(encoded: string): WriterState[] {
  const [head = '', middle = '', entries = ''] = encoded.split(':');
  if (middle.includes('=')) return decodePacked(Number(head), middle, entries);
  return entries.split(',').map((entry) => decodeListed(entry, Number(head), Number(middle)));
}

function encodeListed(writers: readonly WriterState[]): string {
  const baseMs = Math.floor(lowest(writers));
  for (let unitMs = 1; ; unitMs *= 10) {
    const entries = writers.map((writer) => listed(writer, baseMs, unitMs)).join(',');
    if (entries.length <= MAX_LISTED_CHARS || unitMs > 1e15) return `${baseMs}:${unitMs}:${entries}`;
  }
}

function listed({ watermarkMs, idle }: WriterState, baseMs: number, unitMs: number): string {
  const units = watermarkMs === -Infinity ? '' : Math.floor((watermarkMs - baseMs) / unitMs).toString(36);
  return idle ? `${units}!` : units;
}

function decodeListed(entry: string, baseMs: number, unitMs: number): WriterState {
  const units = entry.replace('!', '');
  const watermarkMs = units === '' ? -Infinity : baseMs + parseInt(units, 36) * unitMs;
  return { watermarkMs, idle: entry.endsWith('!') };
}

function encodePacked(writers: readonly WriterState[]): string {
  const lowestMs = Math.floor(lowest(writers.filter(({ idle }) => !idle)));
  let highest = -1;
  for (const [at, { watermarkMs, idle }] of writers.entries())
    if (idle && watermarkMs > (writers[highest]?.watermarkMs ?? -Infinity)) highest = at;
  const highestMs = highest === -1 ? '' : Math.floor(writers[highest]!.watermarkMs);
  let packed = '';
  for (let at = 0; at < writers.length; at += 3)
    packed += DIGITS[codeOf(writers[at]) | (codeOf(writers[at + 1]) << 2) | (codeOf(writers[at + 2]) << 4)];
  return `${lowestMs}:${highest}=${highestMs}:${packed}`;
}

function codeOf(writer: WriterState | undefined): number {
  if (writer === undefined) return UNHEARD;
  if (writer.idle) return IDLE;
  return writer.watermarkMs === -Infinity ? UNHEARD : HEARD;
}

function decodePacked(lowestMs: number, highest: string, packed: string): WriterState[] {
  const [highestAt, highestMs] = highest.split('=').map(Number);
  return Array.from(packed, (digit) => DIGITS.indexOf(digit))
    .flatMap((digit) => [digit & 3, (digit >> 2) & 3, digit >> 4])
    .map((code, at) => {
      const idle = code === IDLE;
      if (idle) return { watermarkMs: at === highestAt ? highestMs! : -Infinity, idle };
      return { watermarkMs: code === HEARD ? lowestMs : -Infinity, idle };
    });
}

/** Of those that were heard; 0: of none. */
function lowest(writers: readonly WriterState[]): number {
  let lowestMs = Infinity;
  for (const { watermarkMs } of writers)
    if (watermarkMs !== -Infinity && watermarkMs < lowestMs) lowestMs = watermarkMs;
  return lowestMs === Infinity ? 0 : lowestMs;
}
