import { StoreKindError, StoreNotAvailableError, type StoreRef } from '@hiveframe/streams';
import type { StreamsLifecycle } from '../lifecycle/streams.lifecycle.ts';

/** Of all kinds of read-only stores. */
const READS = [
  'all',
  'fetch',
  'fetchAll',
  'fetchRange',
  'fetchSession',
  'findSessions',
  'get',
  'getMany',
  'range',
  'size',
  'values',
  'versions',
] as const;

type Read = (...asked: unknown[]) => unknown;

/** A store that is there before the application is: each read looks for it. */
export function injectedStore(
  ref: StoreRef<unknown>,
  lifecycle: () => Pick<StreamsLifecycle, 'name' | 'queries' | 'whyNoQueries'>,
): Readonly<Record<string, Read>> {
  return Object.fromEntries(
    READS.map((name) => [name, (...asked: unknown[]) => readOf(ref, lifecycle(), name)(...asked)]),
  );
}

function readOf(
  ref: StoreRef<unknown>,
  { name: application, queries, whyNoQueries }: Pick<StreamsLifecycle, 'name' | 'queries' | 'whyNoQueries'>,
  name: string,
): Read {
  if (queries === undefined)
    throw new StoreNotAvailableError(
      `Cannot read store ${ref.name} of application ${application}: ${whyNoQueries}.`,
    );
  const store = queries.store(ref) as Readonly<Record<string, Read | undefined>>;
  const read = store[name];
  if (read === undefined)
    throw new StoreKindError(`Cannot call ${name} of store ${ref.name}: it is of another kind.`);
  return (...asked) => read.apply(store, asked);
}
