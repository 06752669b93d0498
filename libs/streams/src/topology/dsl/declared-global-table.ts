import { TopologyError } from '../../errors/streams.error.ts';
import { streamGlobalJoin, type StreamGlobalJoining } from '../../processor/operators/stream-global-join.ts';
import type { TopologyDraft } from '../draft.ts';
import type { Dsl } from './dsl.ts';
import type { Flow } from './flow.ts';

/** GlobalKTable, as the DSL makes it. */
export class DeclaredGlobalTable {
  readonly kind = 'globalTable';
  readonly name: string;
  readonly draft: TopologyDraft;

  constructor(draft: TopologyDraft, name: string) {
    this.draft = draft;
    this.name = name;
  }
}

export type GlobalJoinOptions = Pick<StreamGlobalJoining, 'name' | 'keyOf' | 'joiner'>;

export function declareGlobalJoin(
  { draft }: Dsl,
  stream: Flow,
  table: DeclaredGlobalTable,
  kind: 'inner' | 'left',
  { name, keyOf, joiner }: GlobalJoinOptions,
): Flow {
  if (table.draft !== draft) {
    throw new TopologyError(
      `Cannot join ${name} with a table of another StreamsBuilder: both must come from one.`,
    );
  }
  const operator = streamGlobalJoin({ name, table: table.name, keyOf, joiner, kind });
  const node = draft.add({
    name,
    parents: [stream.output],
    spec: () => ({ kind: 'operator', type: 'stream-global-join', operator, stores: [] }),
  });
  return { ...stream, output: node.children, value: null };
}
