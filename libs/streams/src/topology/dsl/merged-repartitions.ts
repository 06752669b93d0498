/** One repartition topic for groupings that would each write the same records by the same key (Kafka Streams:
 *  merge.repartition.topics). It has the name of the first of them, so that one more grouping changes nothing that is there. */
import type { Output } from '../draft.ts';
import type { Flow } from './flow.ts';
import type { Repartition } from './through-topic.ts';

/** The records before they were given their key, and by what: the same function, or the same columns. */
export interface KeyedBy {
  readonly output: Output;
  /** null: the key they have. */
  readonly by: unknown;
}
interface Made {
  readonly keyed: KeyedBy;
  readonly options: Repartition;
  readonly flow: Flow;
}

export class MergedRepartitions {
  readonly #made: Made[] = [];

  /** The flow behind a topic that was made already, else what `make` makes. */
  get(keyed: KeyedBy, options: Repartition, make: () => Flow): Flow {
    const same = this.#made.find((one) => isSameKey(one.keyed, keyed) && fits(one.options, options));
    if (same !== undefined) return same.flow;
    const flow = make();
    this.#made.push({ keyed, options, flow });
    return flow;
  }
}

function isSameKey(a: KeyedBy, b: KeyedBy): boolean {
  return (
    a.output === b.output &&
    (a.by === b.by || (isColumns(a.by) && isColumns(b.by) && JSON.stringify(a.by) === JSON.stringify(b.by)))
  );
}
function isColumns(by: unknown): by is string | readonly string[] {
  return typeof by === 'string' || Array.isArray(by);
}
function fits(made: Repartition, wanted: Repartition): boolean {
  const isAsMany = wanted.numPartitions === undefined || wanted.numPartitions === made.numPartitions;
  return isAsMany && made.key === wanted.key && made.value === wanted.value;
}
