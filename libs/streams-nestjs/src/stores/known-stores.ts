import type { StoreRef } from '@hiveframe/streams';

/** What `@InjectStore` was given, by application: known when the classes that ask for it are loaded, so before modules are scanned. */
class KnownStores {
  readonly #byApplication = new Map<string, Map<string, StoreRef<unknown>>>();

  add<S>(application: string, ref: StoreRef<S>): void {
    const refs = this.#byApplication.get(application) ?? new Map<string, StoreRef<unknown>>();
    this.#byApplication.set(application, refs);
    refs.set(ref.name, ref as unknown as StoreRef<unknown>);
  }

  of(application: string): readonly StoreRef<unknown>[] {
    return [...(this.#byApplication.get(application)?.values() ?? [])];
  }
}

export const knownStores = new KnownStores();
