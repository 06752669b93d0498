import {
  hopping,
  session,
  sliding,
  tumbling,
  type KGroupedStream,
  type KTable,
  type Window,
  type Windowed,
} from '@hiveframe/streams';
import type { WindowCase, WindowKind } from '../case.ts';
import type { Texts } from './case-topology.ts';
import { append, concatenate } from './functions.ts';

type Results = KTable<Windowed<string>, string | number>;

export function windowResults(
  of: KGroupedStream<string, string, { readonly key: string }>,
  testCase: WindowCase,
): Texts {
  return aggregated(of, testCase)
    .toStream()
    .map((value, { key, window }) => ({
      key: `${key}@${window.startMs}-${window.endMs}`,
      value: value === null ? null : String(value),
    }));
}

function aggregated(
  of: KGroupedStream<string, string, { readonly key: string }>,
  { window, graceMs, aggregation, emit }: WindowCase,
): Results {
  const options = { graceMs, emit: emit === 'updates' ? 'updates' : 'final' } as const;
  const windows = of.windowedBy(windowOf(window), options);
  switch (aggregation) {
    case 'count':
      return windows.count() as Results;
    case 'reduce':
      return windows.reduce({ reducer: append }) as Results;
    case 'aggregate':
      return windows.aggregate(texts) as Results;
  }
}

const texts = { initializer: () => '', aggregator: append, merger: concatenate };

function windowOf(window: WindowKind): Window {
  switch (window.kind) {
    case 'tumbling':
      return tumbling(window);
    case 'hopping':
      return hopping(window);
    case 'sliding':
      return sliding(window);
    case 'session':
      return session(window);
  }
}
