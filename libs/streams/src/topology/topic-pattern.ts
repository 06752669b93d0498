/** A pattern as Kafka Streams has it: topics whose whole name matches, those that come later too. */
import { TopologyError } from '../errors/streams.error.ts';

/** The text of a pattern, by which descriptions name it: `/sensors-[0-9]+/`. No topic has such a name. */
export function textOf(pattern: RegExp): string {
  return String(pattern);
}

/** Of a name in a description; null: it is a topic's. */
export function patternOf(name: string): RegExp | null {
  const parts = /^\/(.*)\/([a-z]*)$/s.exec(name);
  return parts === null ? null : wholeMatch(new RegExp(parts[1]!, parts[2]));
}

/** As Java's `Pattern.matches`: from the first letter of a name to the last. */
export function wholeMatch({ source, flags }: RegExp): RegExp {
  return new RegExp(`^(?:${source})$`, flags);
}

/** @throws TopologyError for flags that would make the answer depend on the question before */
export function requireStateless(pattern: RegExp): void {
  if (!/[gy]/.test(pattern.flags)) return;
  throw new TopologyError(
    `Cannot read topics by the pattern ${textOf(pattern)}: with the flags g and y a pattern remembers where it matched last. Leave them out.`,
  );
}
