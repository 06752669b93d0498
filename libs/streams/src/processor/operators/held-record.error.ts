import { StreamsError } from '../../errors/streams.error.ts';
import type { CapturedRecord } from '../operator.ts';

/** A record that an operator had held back failed: `drain` and `room` reject with it, and hold on to the others. */
export class HeldRecordError extends StreamsError {
  readonly code = 'HFS_HELD_RECORD';
  readonly record: CapturedRecord;
  readonly operatorName: string;

  constructor(message: string, held: { record: CapturedRecord; operatorName: string; cause: unknown }) {
    super(message, { cause: held.cause });
    this.record = held.record;
    this.operatorName = held.operatorName;
  }
}
