/** Which subject of the registry the schema of a topic is registered under (Confluent: subject.name.strategy). */

export interface SubjectNameContext {
  readonly topic: string;
  readonly part: 'key' | 'value';
  /** The full name of the record or message; of a JSON Schema its title. null: it has none. */
  readonly recordName: string | null;
}
/** @throws Error where there is no name to be had */
export type SubjectNameStrategy = (context: SubjectNameContext) => string;

/** `<topic>-key`, `<topic>-value`: all records of a topic evolve one schema. */
export const topicNameStrategy: SubjectNameStrategy = ({ topic, part }) => `${topic}-${part}`;

/** The record's full name: the same in all topics. */
export const recordNameStrategy: SubjectNameStrategy = named(({ recordName }) => recordName!);

/** `<topic>-<record's full name>`: a topic may have several types, each evolves by itself there. */
export const topicRecordNameStrategy: SubjectNameStrategy = named(
  ({ topic, recordName }) => `${topic}-${recordName}`,
);

function named(strategy: SubjectNameStrategy): SubjectNameStrategy {
  return (context) => {
    if (context.recordName !== null) return strategy(context);
    throw new TypeError(
      'the schema has no name that a subject could have. Give it one (JSON Schema: a title), or take topicNameStrategy',
    );
  };
}
