/** Nodes of the Processor API: the operator, the stores it declares or shares, its outputs. */
import { TopologyError } from '../../errors/streams.error.ts';
import { process } from '../../processor/operators/process/process.ts';
import type { Serde } from '../../serde/serde.ts';
import type { KStream } from '../kstream.ts';
import type { ProcessOptions } from '../processor.ts';
import type { DefinedStore } from '../store-definition.ts';
import type { StoreDeclaration } from '../graph.ts';
import type { Dsl } from './dsl.ts';
import type { Flow } from './flow.ts';

interface Output {
  readonly key: Serde<unknown> | null;
  readonly value: Serde<unknown>;
  readonly to: (stream: KStream<unknown, unknown>) => void;
}
/** As written, behind its types. */
export interface DeclaredProcess {
  readonly name: string;
  readonly stores?: Readonly<Record<string, DefinedStore>>;
  readonly outputs?: Readonly<Record<string, Output>>;
  readonly prefetch?: ProcessOptions<unknown, unknown, unknown, unknown, never, never>['prefetch'];
  readonly create: (
    context: never,
  ) => ReturnType<ProcessOptions<unknown, unknown, unknown, unknown, never, never>['create']>;
}

/** What is known of the main output. */
export interface ProcessResult {
  readonly keepsKey: boolean;
  readonly key: Serde<unknown> | null;
  readonly value: Serde<unknown> | null;
}

export function declareProcess(
  dsl: Dsl,
  flow: Flow,
  options: DeclaredProcess,
  { keepsKey, key, value }: ProcessResult,
): Flow {
  const { name, stores = {}, outputs = {} } = options;
  const declared = Object.fromEntries(
    Object.entries(stores).map(([as, definition]) => [as, declarationOf(name, definition)]),
  );
  const used = Object.values(declared);
  const own = used.filter((store) => dsl.draft.claim(store));
  const reads = used.filter((store) => !own.includes(store)).map((store) => store.name);
  const operator = process({
    name,
    stores: declared,
    outputs: Object.keys(outputs),
    keepsKey,
    prefetch: (options.prefetch as never) ?? null,
    create: options.create as never,
  });
  const node = dsl.draft.add({
    name,
    parents: [flow.output],
    numSideOutputs: Object.keys(outputs).length,
    spec: () => ({ kind: 'operator', type: 'process', operator, stores: own, reads }),
  });
  for (const [index, side] of Object.values(outputs).entries()) {
    const output = node.sideOutputs[index]!;
    side.to(dsl.stream({ ...flow, output, key: side.key, value: side.value, keyChanged: true }));
  }
  const keyChanged = keepsKey ? flow.keyChanged : true;
  return { ...flow, output: node.children, key, value, keyChanged };
}

const declarations = new WeakMap<DefinedStore, StoreDeclaration>();

/** One definition, one declaration, however many processors name it. */
function declarationOf(processor: string, definition: DefinedStore): StoreDeclaration {
  const known = declarations.get(definition);
  if (known !== undefined) return known;
  const { name, kind, key, value, changelog = true, windowMs = null, retentionMs = null } = definition;
  if (kind === 'window' && retentionMs! < windowMs!) {
    throw new TopologyError(
      `Cannot declare store ${name} of ${processor}: it keeps windows for ${retentionMs} ms, but they last ${windowMs} ms.`,
    );
  }
  const declaration = { name, kind, key, value, changelog, retentionMs, windowSizeMs: windowMs };
  declarations.set(definition, declaration);
  return declaration;
}
