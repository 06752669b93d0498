// Sessions: a merger is asked for, and only updates can delete.
import {
  count,
  json,
  max,
  minutes,
  session,
  sliding,
  StreamsBuilder,
  string,
  topic,
  type KTable,
  type Windowed,
  type WindowedKTable,
} from '@hiveframe/streams';
import { expectTypeOf } from './expect-type.ts';

interface Click {
  readonly userId: string;
  readonly page: string;
  readonly atMs: number;
}
const clicks = topic('clicks', { key: string(), value: json<Click>(), timestamp: 'atMs' });
const byUser = new StreamsBuilder().stream(clicks).groupBy('userId', { name: 'visits' });
interface Visit {
  readonly pages: readonly string[];
}

const visits = byUser.windowedBy(session({ gapMs: minutes(30) }), { graceMs: minutes(5) }).aggregate({
  initializer: (): Visit => ({ pages: [] }),
  aggregator: (visit, click) => ({ pages: [...visit.pages, click.page] }),
  merger: (left, right) => ({ pages: [...left.pages, ...right.pages] }),
});
expectTypeOf(visits).toEqual<KTable<Windowed<string>, Visit>>();
visits.toStream().peek((visit, key) => {
  expectTypeOf(visit).toEqual<Visit | null>();
  expectTypeOf(key).toEqual<Windowed<string>>();
});

const closed = byUser
  .windowedBy(session({ gapMs: minutes(30) }), { graceMs: minutes(5), emit: 'final', name: 'closed-visits' })
  .agg(count('*').alias('clicks'), max('atMs').alias('last_ms'));
expectTypeOf(closed).toEqual<
  WindowedKTable<
    string,
    { userId: string; window_start: number; window_end: number; clicks: number; last_ms: number }
  >
>();

const lately = byUser
  .windowedBy(sliding({ differenceMs: minutes(1) }), { graceMs: 0, name: 'lately' })
  .count();
expectTypeOf(lately).toEqual<WindowedKTable<string, number>>();

// Results before the last one may be taken back too.
const growing = byUser
  .windowedBy(session({ gapMs: minutes(30) }), {
    graceMs: 0,
    emit: { everyMs: minutes(1) },
    name: 'growing-visits',
  })
  .count();
expectTypeOf(growing).toEqual<KTable<Windowed<string>, number>>();

const everyMinute = byUser
  .windowedBy(sliding({ differenceMs: minutes(5) }), {
    graceMs: 0,
    emit: { everyMs: minutes(1) },
    name: 'every-minute',
  })
  .count();
expectTypeOf(everyMinute).toEqual<WindowedKTable<string, number>>();

// @ts-expect-error an interval has its unit in its name
byUser.windowedBy(sliding({ differenceMs: minutes(5) }), { graceMs: 0, emit: { every: minutes(1) } });
