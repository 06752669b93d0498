import { ProcessingError } from '../../errors/streams.error.ts';

/** The time of a record that the processor `name` forwards: whole milliseconds, which is what Kafka has. What a later commit could not
 *  write is refused where it is forwarded. @throws ProcessingError for NaN, infinities and what is no number */
export function forwardedTime(name: string, timestampMs: number): number {
  if (Number.isFinite(timestampMs)) return Math.floor(timestampMs);
  throw new ProcessingError(
    `Cannot forward from ${name}: timestampMs is ${String(timestampMs)}; it must be a finite number of milliseconds since 1970.`,
  );
}
