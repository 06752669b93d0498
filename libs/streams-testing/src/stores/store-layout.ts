import type { FoundStore, StoreLayout } from '@hiveframe/streams/internal';

const READ_BY: Readonly<Record<StoreLayout, string>> = {
  keyValue: 'keyValueStore',
  window: 'windowStore',
  sliding: 'windowStore',
  session: 'sessionStore',
  sessionBuckets: 'sessionStore',
  list: 'listStore',
  versioned: 'versionedKeyValueStore',
};

/** @throws Error that names the method for a store of this kind */
export function requireLayout({ declaration, layout }: FoundStore, ...expected: StoreLayout[]): void {
  if (expected.includes(layout)) return;
  throw new Error(
    `Cannot read store ${declaration.name} so: it is a ${layout} store. Use driver.${READ_BY[layout]}('${declaration.name}').`,
  );
}
