/** Whether the sources of a topology would decode what is replayed. */
import { SerdeNotReadyError, whenReady } from '../serde/not-ready.ts';
import { resolveTopic, type SourceSpec } from '../topology/graph.ts';
import type { Topology } from '../topology/topology.ts';
import type { EditedRecord } from './dead-letter-edit.ts';

interface DecodeOutcome {
  /** null: not known. */
  readonly decodes: boolean | null;
  readonly decodeError?: string;
}

export class ReplayDecoder {
  readonly #sources = new Map<string, SourceSpec>();

  constructor(topology: Topology | undefined, applicationId: string) {
    const nodes = topology?.graph.subTopologies.flatMap(({ sources }) => sources) ?? [];
    for (const { spec } of nodes)
      if (spec.kind === 'source') this.#sources.set(resolveTopic(spec.topic, applicationId), spec);
  }

  /** What its serdes must fetch is fetched first; `decodes` is null while that cannot be had, too. */
  async decode(topic: string, { key, value, headers }: EditedRecord): Promise<DecodeOutcome> {
    const source = this.#sources.get(topic);
    if (source === undefined) return { decodes: null };
    if (value === null && source.table !== true) return { decodes: false, decodeError: 'its value is null' };
    const context = { topic, headers: () => headers };
    try {
      await whenReady(() => {
        if (key !== null) source.key?.deserialize(key, { ...context, part: 'key' });
        if (value !== null) source.value.deserialize(value, { ...context, part: 'value' });
      });
      return { decodes: true };
    } catch (error) {
      const decodeError = error instanceof Error ? error.message : String(error);
      return { decodes: error instanceof SerdeNotReadyError ? null : false, decodeError };
    }
  }
}
