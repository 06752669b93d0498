export { processor, sink, source, topology } from './schematics.ts';
export type { ElementOptions, ElementType } from './element-options.ts';
