/** Whether the sources of a topology would decode what is replayed. */
import { resolveTopic, type SourceSpec } from '../topology/graph.ts';
import type { Topology } from '../topology/topology.ts';
import type { EditedRecord } from './dead-letter-edit.ts';

export class ReplayDecoder {
  readonly #sources = new Map<string, SourceSpec>();

  constructor(topology: Topology | undefined, applicationId: string) {
    const nodes = topology?.graph.subTopologies.flatMap(({ sources }) => sources) ?? [];
    for (const { spec } of nodes)
      if (spec.kind === 'source') this.#sources.set(resolveTopic(spec.topic, applicationId), spec);
  }

  decode(
    topic: string,
    { key, value, headers }: EditedRecord,
  ): { readonly decodes: boolean | null; readonly decodeError?: string } {
    const source = this.#sources.get(topic);
    if (source === undefined) return { decodes: null };
    const context = { topic, headers: () => headers };
    try {
      if (key !== null) source.key?.deserialize(key, { ...context, part: 'key' });
      if (value !== null) source.value.deserialize(value, { ...context, part: 'value' });
      else if (source.table !== true) return { decodes: false, decodeError: 'its value is null' };
      return { decodes: true };
    } catch (error) {
      return { decodes: false, decodeError: error instanceof Error ? error.message : String(error) };
    }
  }
}
