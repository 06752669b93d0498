export * from './log-conformance.ts';
export * from './store-conformance.ts';
export * from './sink-conformance.ts';
