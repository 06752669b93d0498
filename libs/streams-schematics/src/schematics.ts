/** The schematics, each by the name that `collection.json` gives it. */
import { element } from './element.ts';

export const topology = element('topology');
export const processor = element('processor');
export const source = element('source');
export const sink = element('sink');
