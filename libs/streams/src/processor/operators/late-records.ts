/** What becomes of a record whose windows have all closed: counted, and then dropped, dead-lettered or passed to the late output. */
import { LateRecordError } from '../../errors/streams.error.ts';
import type { Next, OperatorContext } from '../operator.ts';
import type { WindowedAggregateOptions } from './aggregate-definition.ts';

export function lateRecords(
  operatorName: string,
  context: OperatorContext,
  policy: WindowedAggregateOptions['late'],
  sideOutput: Next | undefined,
): Next {
  return (key, value, timestampMs) => {
    context.dropped('late');
    if (policy === 'sideOutput') sideOutput!(key, value, timestampMs);
    else if (policy === 'deadLetter') context.deadLetter(tooLate(operatorName, context, timestampMs));
  };
}

function tooLate(operatorName: string, { time }: OperatorContext, timestampMs: number): LateRecordError {
  return new LateRecordError(
    `Cannot count a record of ${new Date(timestampMs).toISOString()} in ${operatorName}: its window closed, the watermark is ${new Date(time.watermarkMs).toISOString()}.`,
  );
}
