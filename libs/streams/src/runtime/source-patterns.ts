/** Which topics the patterns of a topology match. */
import { TopologyError } from '../errors/streams.error.ts';
import { resolveTopic, type SourceSpec, type SubTopology, type TopologyGraph } from '../topology/graph.ts';
import type { SourceTopics } from './assignor.ts';
import type { ResolvedStreamsConfig } from './streams-config.ts';

export interface MatchedTopic {
  readonly topic: string;
  readonly numPartitions: number;
}
/** By the text of the pattern, sorted by name. */
export type MatchedTopics = ReadonlyMap<string, readonly MatchedTopic[]>;

export class SourcePatterns {
  readonly #patterns: ReadonlyMap<string, RegExp>;
  readonly #applicationId: string;
  readonly #deadLetterTopic: string;

  constructor(
    { subTopologies }: Pick<TopologyGraph, 'subTopologies'>,
    config: Pick<ResolvedStreamsConfig, 'applicationId' | 'deadLetterTopic'>,
  ) {
    const specs = subTopologies.flatMap(({ sources }) => sources.map(({ spec }) => spec as SourceSpec));
    this.#patterns = new Map(
      specs.flatMap(({ topic, pattern }) => (pattern === undefined ? [] : [[topic.name, pattern] as const])),
    );
    this.#applicationId = config.applicationId;
    this.#deadLetterTopic = config.deadLetterTopic;
  }

  get isEmpty(): boolean {
    return this.#patterns.size === 0;
  }

  /** By the text of the pattern. @throws TopologyError for a topic that two of them match */
  match(topics: readonly string[]): ReadonlyMap<string, readonly string[]> {
    const eligible = topics.filter((topic) => !this.#isOwn(topic)).sort();
    const matched = new Map(
      Array.from(this.#patterns, ([text, pattern]) => [
        text,
        eligible.filter((topic) => pattern.test(topic)),
      ]),
    );
    const all = [...matched.values()].flat();
    const twice = all.find((topic, at) => all.indexOf(topic) !== at);
    if (twice === undefined) return matched;
    const texts = [...matched].filter(([, found]) => found.includes(twice)).map(([text]) => text);
    throw new TopologyError(
      `Cannot run ${this.#applicationId}: topic ${twice} is matched by the patterns ${texts.join(' and ')}. Let each topic match one of them.`,
    );
  }

  /** Its records would come from what it makes of them. */
  #isOwn(topic: string): boolean {
    return (
      topic.startsWith('__') || topic.startsWith(`${this.#applicationId}-`) || topic === this.#deadLetterTopic
    );
  }
}

/** The topics of each sub-topology as they are declared: a pattern by its text, whatever it matches. */
export function declaredSources(subTopologies: readonly SubTopology[], applicationId: string): SourceTopics {
  return new Map(
    subTopologies.map(({ id, sources }) => [
      id,
      sources.map(({ spec }) => resolveTopic((spec as SourceSpec).topic, applicationId)),
    ]),
  );
}
