/** Nodes of the Processor API: the operator, the stores it declares or shares, its outputs. */
import { TopologyError } from '../../errors/streams.error.ts';
import type { AsyncOptions } from '../../processor/operators/async-options.ts';
import { processAsync, type AsyncProcessing } from '../../processor/operators/process-async.ts';
import { process } from '../../processor/operators/process/process.ts';
import type { Serde } from '../../serde/serde.ts';
import type { KStream } from '../kstream.ts';
import type { ProcessOptions } from '../processor.ts';
import { punctuationStore } from '../stores/punctuation-store.ts';
import type { DefinedStore } from '../stores/store-definition.ts';
import { DeclaredGlobalTable } from './declared-global-table.ts';
import type { DraftNode } from '../draft.ts';
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
  readonly stores?: Readonly<Record<string, DefinedStore | DeclaredGlobalTable>>;
  readonly outputs?: Readonly<Record<string, Output>>;
  readonly keepsPunctuations?: boolean;
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
  const globals = Object.entries(stores).flatMap(([as, one]) => globalTable(dsl, name, as, one));
  const defined = Object.entries(stores).flatMap(([as, one]) => (isGlobal(one) ? [] : [[as, one] as const]));
  const used = defined.flatMap(([, { declaration, beside }]) => [declaration, ...beside]);
  const punctuations = options.keepsPunctuations === true ? punctuationStore(name) : null;
  const own = [...used, ...(punctuations === null ? [] : [punctuations])].filter((store) =>
    dsl.draft.claim(store),
  );
  const reads = used.filter((store) => !own.includes(store)).map((store) => store.name);
  const operator = process({
    name,
    stores: Object.fromEntries(defined),
    globals: Object.fromEntries(globals),
    outputs: Object.keys(outputs),
    keepsKey,
    punctuations: punctuations?.name ?? null,
    prefetch: (options.prefetch as never) ?? null,
    create: options.create as never,
  });
  const node = dsl.draft.add({
    name,
    parents: [flow.output],
    numSideOutputs: Object.keys(outputs).length,
    spec: () => ({ kind: 'operator', type: 'process', operator, stores: own, reads }),
  });
  declareOutputs(dsl, flow, node, outputs);
  const keyChanged = keepsKey ? flow.keyChanged : true;
  return { ...flow, output: node.children, key, value, keyChanged };
}

/** As written, behind its types. */
export type DeclaredAsyncProcess = AsyncOptions &
  Pick<AsyncProcessing, 'process'> & { readonly outputs?: Readonly<Record<string, Output>> };

export function declareAsyncProcess(
  dsl: Dsl,
  flow: Flow,
  { outputs = {}, process, ...options }: DeclaredAsyncProcess,
  { key, value }: Pick<Flow, 'key' | 'value'>,
): Flow {
  const operator = processAsync({ options, outputs: Object.keys(outputs), process });
  const node = dsl.draft.add({
    name: options.name,
    parents: [flow.output],
    numSideOutputs: Object.keys(outputs).length,
    spec: () => ({ kind: 'operator', type: 'process-async', operator, stores: [] }),
  });
  declareOutputs(dsl, flow, node, outputs);
  return { ...flow, output: node.children, key, value, keyChanged: true };
}

function declareOutputs(
  dsl: Dsl,
  flow: Flow,
  node: DraftNode,
  outputs: Readonly<Record<string, Output>>,
): void {
  for (const [index, { key, value, to }] of Object.values(outputs).entries())
    to(dsl.stream({ ...flow, output: node.sideOutputs[index]!, key, value, keyChanged: true }));
}

function isGlobal(one: DefinedStore | DeclaredGlobalTable): one is DeclaredGlobalTable {
  return one instanceof DeclaredGlobalTable;
}

function globalTable(
  { draft }: Dsl,
  processor: string,
  as: string,
  one: DefinedStore | DeclaredGlobalTable,
): [as: string, table: string][] {
  if (!isGlobal(one)) return [];
  if (one.draft === draft) return [[as, one.name]];
  throw new TopologyError(
    `Cannot read ${as} in ${processor}: it is a table of another StreamsBuilder: both must come from one.`,
  );
}
