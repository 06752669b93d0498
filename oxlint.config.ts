/** Rules of the linter. `npm run lint` also keeps the layers: who may import whom is the table below, and nothing else. */
import { defineConfig } from 'oxlint';

/** Values that every folder of the engine but the innermost may use. */
const BASE = ['record', 'record-batch', 'errors', 'ports', 'serde', 'time'];
const STAGES = ['source', 'watermark', 'processor', 'state', 'transaction', 'sink'];
/** Contracts that stages share: interfaces, imported as types. */
const OPERATOR = 'processor/operator.ts';
const GRAPH = 'topology/graph.ts';

interface Layer {
  /** Folders or files it may import. */
  readonly from?: readonly string[];
  /** Files it may import types of. */
  readonly typesOf?: readonly string[];
  readonly packages?: readonly string[];
}

/** The folders of `libs/streams/src`, in the order of the flow:
 *  source -> serde -> watermark -> processor -> state -> transaction -> sink.
 *  A stage takes nothing from a stage before it but a type; they meet in task/, and only runtime/ knows task/. */
const LAYERS: Readonly<Record<string, Layer>> = {
  record: {},
  errors: {},
  'record-batch': { from: ['record', 'errors'] },
  ports: { from: ['record', 'record-batch', 'errors'] },
  serde: {
    from: ['record', 'record-batch', 'errors', 'state/int64.ts'],
    packages: ['@standard-schema/spec'],
  },
  time: { from: ['record', 'errors'], typesOf: [GRAPH] },
  column: { from: ['record', 'record-batch', 'errors', 'serde'] },
  source: { from: BASE, typesOf: [GRAPH, OPERATOR] },
  watermark: { from: BASE, typesOf: [OPERATOR, 'source/record-queue.ts'] },
  processor: { from: [...BASE, 'column', 'state', 'sink'], typesOf: [GRAPH] },
  state: { from: BASE, typesOf: [GRAPH] },
  transaction: { from: BASE, typesOf: ['state/state-store.ts'] },
  sink: { from: BASE, typesOf: [GRAPH, OPERATOR] },
  topology: { from: [...BASE, 'column', 'processor', 'state', 'sink'] },
  task: {
    from: [...BASE, 'column', 'topology', ...STAGES],
    typesOf: ['runtime/failure.ts', 'runtime/streams-config.ts'],
  },
  runtime: { from: [...BASE, 'column', 'topology', ...STAGES, 'task'] },
};

/** What a package may import beside Node's own modules and itself. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'streams-embedded': ['@hiveframe/streams'],
  'streams-kafkajs': ['@hiveframe/streams', 'kafkajs', 'kafkajs-snappy', '@platformatic/wasm-utils'],
  'streams-redis': ['@hiveframe/streams', 'ioredis'],
  'streams-connect': ['@hiveframe/streams'],
  'streams-nestjs': ['@hiveframe/streams', '@nestjs/*', 'rxjs', 'reflect-metadata'],
};

const NODE = ['node:*', 'node:*/*'];
const allow = (globs: readonly string[]) => globs.map((glob) => `!${glob}`);
const pathGlob = (name: string) => (name.endsWith('.ts') ? `**/${name}` : `**/${name}/**`);

function layerRule([folder, { from = [], typesOf = [], packages = [] }]: [string, Layer]) {
  const types = typesOf.length === 0 ? '' : `, and types of ${typesOf.join(', ')}`;
  const message = `${folder}/ may import from ${[...from, ...packages].join(', ') || 'no other folder'}${types}: see oxlint.config.ts`;
  const own = ['./**', '../*.ts', ...NODE];
  const paths = [...from, ...typesOf].map(pathGlob);
  return {
    files: [`libs/streams/src/${folder}/**`],
    excludeFiles: ['**/*.spec.ts'],
    rules: restrict(
      { group: ['**', ...allow([...own, ...paths, ...packages])], message },
      ...typesOf.map((file) => ({ group: [pathGlob(file)], allowTypeImports: true, message })),
    ),
  };
}

function packageRule([name, packages]: [string, readonly string[]]) {
  const message = `${name} may import ${packages.join(', ')} and what is its own: see oxlint.config.ts`;
  const group = ['**', ...allow(['./**', '../**', ...NODE, ...packages]), '**/libs/**', '**/streams*/**'];
  return {
    files: [`libs/${name}/src/**`],
    excludeFiles: ['**/*.spec.ts'],
    rules: restrict({ group, message }),
  };
}

function restrict(...patterns: { group: string[]; message: string; allowTypeImports?: boolean }[]) {
  return { 'no-restricted-imports': ['error', { patterns }] as ['error', { patterns: typeof patterns }] };
}

export default defineConfig({
  plugins: ['typescript', 'import', 'unicorn', 'oxc', 'promise'],
  categories: { correctness: 'error', suspicious: 'off', perf: 'off' },
  ignorePatterns: ['**/dist/**', 'node_modules/**', 'coverage/**'],
  rules: {
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/await-thenable': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    'typescript/no-explicit-any': 'error',
    'import/no-cycle': 'error',
    'no-console': 'error',
    eqeqeq: 'error',
  },
  overrides: [...Object.entries(LAYERS).map(layerRule), ...Object.entries(PACKAGES).map(packageRule)],
});
