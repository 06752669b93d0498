/** Rules of the linter. `npm run lint` also keeps the layers: who may import whom is the table below, and nothing else. */
import { defineConfig } from 'oxlint';

/** What every folder of the engine but the innermost may use. */
const BASE = ['record', 'record-batch', 'errors', 'ports', 'serde', 'time'];
const STAGES = ['source', 'watermark', 'processor', 'state', 'transaction', 'sink'];

interface Layer {
  /** Folders it may import from. */
  readonly from: readonly string[];
  /** Folders it may import types from, nothing that runs: the contracts that stages share. */
  readonly typesFrom?: readonly string[];
}

/** The folders of `libs/streams/src`, in the order of the flow:
 *  source -> serde -> watermark -> processor -> state -> transaction -> sink.
 *  A stage runs nothing of a stage before it; they meet in task/, and only runtime/ knows task/. */
const LAYERS: Readonly<Record<string, Layer>> = {
  record: { from: [] },
  errors: { from: [] },
  'record-batch': { from: ['record', 'errors'] },
  ports: { from: ['record', 'record-batch', 'errors'] },
  serde: { from: ['record', 'record-batch', 'errors', 'time'] },
  time: { from: ['record', 'errors'], typesFrom: ['topology'] },
  column: { from: ['record', 'record-batch', 'errors', 'serde'] },
  source: { from: BASE, typesFrom: ['topology', 'processor'] },
  watermark: { from: BASE, typesFrom: ['source', 'processor'] },
  processor: { from: [...BASE, 'column', 'state', 'sink'], typesFrom: ['topology'] },
  state: { from: BASE, typesFrom: ['topology'] },
  transaction: { from: BASE, typesFrom: ['state'] },
  sink: { from: BASE, typesFrom: ['topology', 'processor'] },
  topology: { from: [...BASE, 'column', 'processor', 'state', 'sink'] },
  query: { from: [...BASE, 'processor', 'state', 'sink', 'topology'] },
  task: { from: [...BASE, 'column', 'topology', ...STAGES], typesFrom: ['runtime'] },
  runtime: { from: [...BASE, 'column', 'topology', ...STAGES, 'query', 'task'] },
  threads: { from: [...BASE, 'topology', 'processor', 'state', 'sink', 'runtime'] },
  'dead-letters': { from: [...BASE, 'topology', 'sink'] },
  client: { from: ['errors', 'serde'], typesFrom: ['record', 'query', 'topology'] },
  front: { from: [...BASE, 'column', 'topology', 'processor', 'sink', 'runtime'] },
};

/** Frameworks and clients: the engine has none of them, an adapter only its own. */
const FOREIGN = [
  '@hiveframe',
  '@kafkajs',
  '@nestjs',
  '@opentelemetry',
  '@platformatic',
  'ajv',
  'avsc',
  'hyparquet',
  'ioredis',
  'kafkajs',
  'pg',
  'pino',
  'protobufjs',
  'testcontainers',
];

/** What a package may import of the above; of this project it is the engine alone, but for what `ON_TOP` says. */
const ADAPTERS: Readonly<Record<string, readonly string[]>> = {
  'streams-embedded': [],
  'streams-kafkajs': ['kafkajs', '@platformatic'],
  'streams-redis': ['ioredis'],
  'streams-parquet': ['hyparquet'],
  'streams-postgres': ['pg'],
  'streams-schema-registry': ['@kafkajs', 'ajv', 'avsc', 'protobufjs'],
  'streams-connect': [],
  'streams-nestjs': ['@nestjs'],
  'streams-otel': ['@opentelemetry', 'pino'],
};
/** All but the engine. */
const PACKAGES = [
  ...Object.keys(ADAPTERS),
  'streams-testing',
  'streams-cli',
  'streams-schematics',
  'create-streams',
];
/** A package that stands on others than the engine. */
const ON_TOP: Readonly<Record<string, readonly string[]>> = { 'streams-nestjs': ['streams-connect'] };

interface Restriction {
  readonly regex: string;
  readonly message: string;
  readonly allowTypeImports?: boolean;
}

function layerRule([folder, { from, typesFrom = [] }]: [string, Layer]) {
  const others = Object.keys(LAYERS).filter((name) => ![folder, ...from, ...typesFrom].includes(name));
  const types = typesFrom.length === 0 ? '' : `, and types from ${typesFrom.join(', ')}`;
  const message = `${folder}/ may import from ${from.join(', ') || 'no other folder'}${types}: see oxlint.config.ts`;
  return restrict(`libs/streams/src/${folder}/**`, [
    { regex: packages(FOREIGN), message: 'The engine knows only ports: see oxlint.config.ts' },
    { regex: folders(others), message },
    ...(typesFrom.length === 0 ? [] : [{ regex: folders(typesFrom), allowTypeImports: true, message }]),
  ]);
}

function adapterRule([name, own]: [string, readonly string[]]) {
  const message = `${name} may import the engine and ${own.join(', ') || 'no client'}: see oxlint.config.ts`;
  const others = PACKAGES.filter((other) => other !== name && !(ON_TOP[name] ?? []).includes(other));
  const foreign = FOREIGN.filter((client) => client !== '@hiveframe' && !own.includes(client));
  return restrict(`libs/${name}/src/**`, [
    { regex: packages(foreign), message },
    { regex: `^@hiveframe/streams/|^@hiveframe/(${others.join('|')})(/|$)`, message },
    { regex: '^(\\.\\./)+(streams[-a-z]*|libs)/', message },
  ]);
}

const packages = (names: readonly string[]) => `^(${names.join('|')})(/|-|$)`;
const folders = (names: readonly string[]) => `^(\\.\\./)+(${names.join('|')})/`;

function restrict(files: string, patterns: Restriction[]) {
  return {
    files: [files],
    excludeFiles: ['**/*.spec.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns }] as ['error', { patterns: Restriction[] }] },
  };
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
  overrides: [...Object.entries(LAYERS).map(layerRule), ...Object.entries(ADAPTERS).map(adapterRule)],
});
