import type { StoreRef } from '@hiveframe/streams';
import { Inject, type InjectionToken } from '@nestjs/common';
import { knownStores } from '../stores/known-stores.ts';
import { DEFAULT_APPLICATION } from '../streams.tokens.ts';

/** Token of a store, read only. */
export function getStoreToken<S>(
  { name }: StoreRef<S>,
  application: string = DEFAULT_APPLICATION,
): InjectionToken {
  return `StreamsStore(${application}, ${name})`;
}

/** The index of a constructor parameter that may be given a store of type S; else why not, as a type that no index is of. */
export type StoreParameter<
  S,
  C extends abstract new (...parameters: never) => unknown,
  I extends number,
> = S extends ConstructorParameters<C>[I] ? I : 'this parameter has another type than the store';

/** Injects a store of an application, read only: what is committed, as `StreamsApp.store` gives it. By the reference of a table
 *  (`queryable`, `storeRef`), or the definition of a processor's store. The parameter's type is checked against the store's. It can be
 *  read once the application has started. */
export function InjectStore<S>(
  ref: StoreRef<S>,
  application: string = DEFAULT_APPLICATION,
): <C extends abstract new (...parameters: never) => unknown, I extends number>(
  target: C,
  property: undefined,
  index: StoreParameter<S, C, I>,
) => void {
  knownStores.add(application, ref);
  const inject = Inject(getStoreToken(ref, application));
  return (target, property, index) => inject(target, property, index as number);
}
