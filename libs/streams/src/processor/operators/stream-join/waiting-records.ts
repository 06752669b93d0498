/** Records of one key and side of a join that wait for partners: one state entry per bucket of time. */
export interface WaitingRecord {
  readonly timestampMs: number;
  readonly value: unknown;
  /** Was joined with a record of the other side. */
  matched: boolean;
}

/** Keeps the order of time; of equal times that of arrival. */
export function insertByTime(into: WaitingRecord[], record: WaitingRecord): void {
  let at = into.length;
  while (at > 0 && into[at - 1]!.timestampMs > record.timestampMs) at--;
  into.splice(at, 0, record);
}
