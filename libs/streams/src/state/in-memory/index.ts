export { inMemoryStores, InMemoryStorePort } from './in-memory-stores.ts';
