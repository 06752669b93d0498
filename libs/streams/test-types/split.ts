import { json, string, StreamsBuilder, topic, type KStream } from '@hiveframe/streams';
import { expectTypeOf } from './expect-type.ts';

interface Created {
  readonly kind: 'created';
  readonly id: string;
}
interface Renamed {
  readonly kind: 'renamed';
  readonly id: string;
  readonly name: string;
}
interface Removed {
  readonly kind: 'removed';
  readonly id: string;
}
type AccountEvent = Created | Renamed | Removed;
const events = topic('account-events', { key: string(), value: json<AccountEvent>() });
const renames = topic('renames', { key: string(), value: json<Renamed>() });

const branches = new StreamsBuilder().stream(events).split({
  renamed: (event) => event.kind === 'renamed',
  removed: (event, key) => event.kind === 'removed' && key !== '',
});
expectTypeOf(branches.renamed).toEqual<KStream<string, Renamed>>();
branches.removed.peek((event) => expectTypeOf(event.id).toEqual<string>());
expectTypeOf(branches.rest).toEqual<KStream<string, AccountEvent>>();
branches.renamed.to(renames);
const merged = branches.renamed
  .mapValues((event) => event.name.length)
  .merge(branches.removed.mapValues((event) => event.id));
expectTypeOf(merged).toEqual<KStream<string, string | number>>();
