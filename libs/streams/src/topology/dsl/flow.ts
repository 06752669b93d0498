/** What is known of a stream or table while it is declared. */
import type { TopologyDraft, Output } from '../draft.ts';
import type { Operator } from '../../processor/operator.ts';
import type { Serde } from '../../serde/serde.ts';
import type { StreamSink } from '../../sink/sink.ts';
import type { SourceTime } from '../topic.ts';
import { taggedJson } from '../../serde/tagged-json.serde.ts';

export interface Flow {
  /** Where the next operator is attached. */
  readonly output: Output;
  /** null: not known, as after a function that makes new keys. */
  readonly key: Serde<unknown> | null;
  readonly value: Serde<unknown> | null;
  /** The key may be another than that by which the topic was partitioned. */
  readonly keyChanged: boolean;
  readonly watermark: WatermarkBounds;
}

/** The widest of the sources it comes from: a repartition topic inherits it. */
export type WatermarkBounds = Omit<SourceTime, 'eventTime'>;

export function wider(a: WatermarkBounds, b: WatermarkBounds): WatermarkBounds {
  return {
    watermarkDelayMs: Math.max(a.watermarkDelayMs, b.watermarkDelayMs),
    idleAfterMs:
      a.idleAfterMs === null || b.idleAfterMs === null ? null : Math.max(a.idleAfterMs, b.idleAfterMs),
    advancesWhenIdle: a.advancesWhenIdle && b.advancesWhenIdle,
  };
}

export interface NewOperator {
  readonly type: string;
  /** Left out: positional. */
  readonly name?: string;
  readonly operator: (name: string) => Operator;
  /** The sink it writes to. */
  readonly sink?: StreamSink<unknown, unknown>;
}

/** Attaches an operator without state; the flow goes on behind it. */
export function attach(
  draft: TopologyDraft,
  flow: Flow,
  { type, name, operator, ...sink }: NewOperator,
): Output {
  const nodeName = name ?? draft.positionalName(type);
  const built = operator(nodeName);
  const node = draft.add({
    name: nodeName,
    parents: [flow.output],
    spec: () => ({ kind: 'operator', type, operator: built, stores: [], ...sink }),
  });
  return node.children;
}

export function serdeOf(known: Serde<unknown> | null): Serde<unknown> {
  return known ?? taggedJson();
}
