// What a constructor is injected has the type of the store.
import { storeRef, type ReadOnlyKeyValueStore } from '@hiveframe/streams';
import { InjectStore } from '@hiveframe/streams-nestjs';

const counts = storeRef<ReadOnlyKeyValueStore<string, number>>('counts');

export class Right {
  constructor(
    readonly before: string,
    @InjectStore(counts) readonly store: ReadOnlyKeyValueStore<string, number>,
  ) {}
}
export class Wider {
  constructor(@InjectStore(counts) readonly store: Pick<ReadOnlyKeyValueStore<string, number>, 'get'>) {}
}
export class Wrong {
  // @ts-expect-error its values are numbers
  constructor(@InjectStore(counts) readonly store: ReadOnlyKeyValueStore<string, string>) {}
}
