/** What the declaring classes share: the draft, and how a stream is made of a flow (streams, groupings and tables make each
 *  other; the builder closes the circle). */
import type { TopologyDraft } from '../draft.ts';
import type { KStream } from '../kstream.ts';
import type { Flow } from './flow.ts';

export interface Dsl {
  readonly draft: TopologyDraft;
  stream<K, V>(flow: Flow): KStream<K, V>;
}
