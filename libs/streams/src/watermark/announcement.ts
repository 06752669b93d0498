/** A watermark on its way through a repartition topic (ADR 7): a record without key and value, with one header,
 *    hiveframe.watermark = 1;<partition number of the task that wrote it>;<its watermark, ms or -Infinity>[;idle]
 *  It stands behind the records that the task wrote before. */
import type { Headers } from '../record/record.ts';

export interface Announcement {
  /** Partition number of the upstream task. */
  readonly writer: number;
  readonly watermarkMs: number;
  /** Its input has come to an end for now: it is not waited for until it announces again. */
  readonly idle: boolean;
}

const HEADER = 'hiveframe.watermark';

export function encodeAnnouncement({ writer, watermarkMs, idle }: Announcement): Headers {
  return [[HEADER, Buffer.from(`1;${writer};${watermarkMs}${idle ? ';idle' : ''}`)]];
}

/** null: an ordinary record. */
export function decodeAnnouncement(headers: Headers): Announcement | null {
  const value = headers.find(([name]) => name === HEADER)?.[1];
  if (value === undefined || value === null) return null;
  const match = /^1;(\d+);(-Infinity|-?\d+(?:\.\d+)?)(;idle)?$/.exec(Buffer.from(value).toString());
  if (match === null) return null;
  return { writer: Number(match[1]), watermarkMs: Number(match[2]), idle: match[3] !== undefined };
}
