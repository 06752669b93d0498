export { embedded, type EmbeddedLog } from './embedded-log.ts';
export type { EmbeddedOptions } from './options.ts';
