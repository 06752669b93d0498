export { run } from './run.ts';
export type { Terminal } from './terminal.ts';
export type { CliConfig } from './cli-config.ts';
