/** What lies in the cluster when all is over, as plain values. */
import type { PlainRecord } from '../cluster/log-partition.ts';
import type { SimulatedCluster } from '../cluster/simulated-cluster.ts';
import { MALFORMED, type Reading } from '../workload/input.ts';

export interface Given extends Reading {
  readonly key: string;
}
export interface Emitted {
  readonly key: Buffer;
  readonly value: unknown;
}

export interface EvidenceOptions {
  readonly cluster: SimulatedCluster;
  readonly inputs: readonly string[];
  readonly deadLetterTopic: string;
}

export class Evidence {
  readonly #cluster: SimulatedCluster;
  readonly #inputs: readonly string[];
  readonly #deadLetterTopic: string;

  constructor({ cluster, inputs, deadLetterTopic }: EvidenceOptions) {
    this.#cluster = cluster;
    this.#inputs = inputs;
    this.#deadLetterTopic = deadLetterTopic;
  }

  /** The committed input by partition, in the order of the log. */
  get given(): Given[][] {
    return this.#committed(this.#inputs).map((records) =>
      records
        .filter((record) => !isMalformed(record))
        .map(({ key, value }) => ({
          key: key!.toString(),
          ...(JSON.parse(value!.toString()) as Reading),
        })),
    );
  }
  /** The committed input that nobody can read. */
  get malformed(): string[] {
    return this.#committed(this.#inputs).flat().filter(isMalformed).map(textOf);
  }

  /** The committed records of an output topic, each partition in its order; a null value deletes. */
  emitted(topic: string): Emitted[] {
    return this.#committed([topic])
      .flat()
      .map(({ key, value }) => ({ key: key!, value: value && (JSON.parse(value.toString()) as unknown) }));
  }
  get deadLetters(): string[] {
    return this.#committed([this.#deadLetterTopic]).flat().map(textOf);
  }

  #committed(topics: readonly string[]): PlainRecord[][] {
    return topics
      .flatMap((topic) => this.#cluster.partitionsOf(topic))
      .map((partition) => partition.committed());
  }
}

function isMalformed({ value }: PlainRecord): boolean {
  return value!.toString().startsWith(MALFORMED);
}
function textOf({ value }: PlainRecord): string {
  return value!.toString();
}
