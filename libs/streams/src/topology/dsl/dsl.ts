/** What the declaring classes share: the draft, and how they make each other (streams, groupings and tables; the builder closes
 *  the circle). */
import type { KeyValue } from '../../record/record.ts';
import type { TopologyDraft } from '../draft.ts';
import type { GroupedOptions } from '../grouped-stream.ts';
import type { KGroupedTable } from '../grouped-table.ts';
import type { KStream } from '../kstream.ts';
import type { MergedRepartitions } from './merged-repartitions.ts';
import type { Flow } from './flow.ts';
import type { Mapper } from './predicate.ts';

export interface Dsl {
  readonly draft: TopologyDraft;
  /** null: each grouping has a repartition topic of its own. */
  readonly merged: MergedRepartitions | null;
  stream<K, V>(flow: Flow): KStream<K, V>;
  /** @param flow of rows with those before them */
  groupRows(
    flow: Flow,
    selector: Mapper<KeyValue<unknown, unknown>>,
    options: GroupedOptions<unknown, unknown>,
  ): KGroupedTable<unknown, unknown>;
}
