/** What a new version of a topology does to the state that an older one keeps (D47).
 *  C1 State is found by names: a store by its own, what waits in a repartition topic by the topic's. Positions of nodes, and the
 *     numbers of sub-topologies, mean nothing.
 *  C2 Unsafe is what would lose state or input, or misread it. What merely begins empty, or is not used any more, is told. */
import type { InternalTopicDescription, StoreDescription, TopologyDescription } from './description.ts';

export interface TopologyChange {
  readonly safety: 'safe' | 'unsafe';
  /** Of the store, topic or table. */
  readonly name: string;
  /** Which node changed, and how. */
  readonly what: string;
  /** What that means for state and input. */
  readonly effect: string;
  /** Unsafe ones: what mends it. */
  readonly remedy: string | null;
  /** Unsafe while these are there, of the internal topics: records that were not processed, or a changelog that ended long ago. */
  readonly unless: { readonly drained: string } | { readonly empty: string } | null;
  /** It may be meant: then it can be accepted by name. Not where state would be misread. */
  readonly acceptable: boolean;
}

/** What was part of the topology once. */
export interface RetiredParts {
  readonly stores: readonly { readonly name: string; readonly sinceMs: number }[];
}

/** Unsafe ones first. */
export function compareTopologies(
  before: TopologyDescription,
  after: TopologyDescription,
  retired: RetiredParts = { stores: [] },
): readonly TopologyChange[] {
  const changes = [
    ...storeChanges(before.stores, after.stores, retired),
    ...internalTopicChanges(before.internalTopics, after.internalTopics),
    ...sourceChanges(sourcesOf(before), sourcesOf(after)),
  ];
  return changes.sort((a, b) => Number(a.safety === 'safe') - Number(b.safety === 'safe'));
}

export function describeChange({ safety, what, effect, remedy }: TopologyChange): string {
  return `${safety}: ${[what, effect, ...(remedy === null ? [] : [remedy])].join(' ')}`;
}

function storeChanges(
  before: readonly StoreDescription[],
  after: readonly StoreDescription[],
  retired: RetiredParts,
): TopologyChange[] {
  const kept = byName(after);
  const known = byName(before);
  const added = after.filter(({ name }) => !known.has(name));
  const removed = before.filter(({ name }) => !kept.has(name));
  const renamed = new Set<StoreDescription>();
  return [
    ...removed.map((store) => storeGone(store, added, renamed)),
    ...added.filter((store) => !renamed.has(store)).map((store) => storeAdded(store, retired)),
    ...before.flatMap((store) => storeChanged(store, kept.get(store.name))),
  ];
}

/** @param renamed gets the store that seems to go on under another name */
function storeGone(
  store: StoreDescription,
  added: readonly StoreDescription[],
  renamed: Set<StoreDescription>,
): TopologyChange {
  const { name, node } = store;
  const heir = added.find((one) => !renamed.has(one) && keepsTheSame(store, one));
  if (heir === undefined) {
    return safe(
      name,
      `Store ${name} of ${node} is gone.`,
      `Its changelog ${name}-changelog stays, and what it holds is not used.`,
    );
  }
  renamed.add(heir);
  const what =
    heir.node === node
      ? `Store ${name} of ${node} is now called ${heir.name}.`
      : `${node} is gone, and ${heir.node} keeps the same in a store of its own: ${heir.name} in place of ${name}.`;
  return {
    ...unsafe(
      name,
      what,
      `The state in ${name} would be left behind: ${heir.name} begins empty.`,
      `Rename it back, or give the store its former name explicitly (store: { name: '${name}' }); to begin empty on purpose, accept ${name} or reset the application.`,
    ),
    acceptable: true,
  };
}

function keepsTheSame(a: StoreDescription, b: StoreDescription): boolean {
  return (
    a.kind === b.kind &&
    a.windowSizeMs === b.windowSizeMs &&
    isSameFormat(a.key, b.key) &&
    isSameFormat(a.value, b.value)
  );
}

function storeAdded({ name, node }: StoreDescription, { stores }: RetiredParts): TopologyChange {
  const was = stores.find((one) => one.name === name);
  if (was === undefined) {
    return safe(
      name,
      `Store ${name} of ${node} is new.`,
      'It begins empty, and holds what comes from now on; to fill it from the beginning of its inputs, reset the application.',
    );
  }
  const since = new Date(was.sinceMs).toISOString();
  return {
    ...unsafe(
      name,
      `Store ${name} of ${node} is back, after it was gone since ${since}.`,
      `Its changelog ends there: what was processed since then is missing in it.`,
      `Give it another name, to begin empty; or reset the application, to compute it from its inputs again.`,
    ),
    unless: { empty: `${name}-changelog` },
    acceptable: true,
  };
}

function storeChanged(before: StoreDescription, after: StoreDescription | undefined): TopologyChange[] {
  if (after === undefined) return [];
  const { name, node } = after;
  const other =
    'Give it another name, to begin empty; or its former form; or reset the application, to compute it from its inputs again.';
  const misread = (what: string, effect: string): TopologyChange => unsafe(name, what, effect, other);
  const changes: TopologyChange[] = [];
  if (before.kind !== after.kind)
    changes.push(
      misread(
        `Store ${name} of ${node} was a ${before.kind} store and is a ${after.kind} store.`,
        'Its changelog cannot be read as that.',
      ),
    );
  else if (before.windowSizeMs !== after.windowSizeMs)
    changes.push(
      misread(
        `The windows of store ${name} of ${node} were ${before.windowSizeMs} ms long and are ${after.windowSizeMs} ms.`,
        'Windows that are open would be taken for others.',
      ),
    );
  for (const part of ['key', 'value'] as const) {
    if (!isSameFormat(before[part], after[part]))
      changes.push(
        misread(
          `The ${part}s of store ${name} of ${node} were ${before[part]} and are ${after[part]}.`,
          'What it holds cannot be read any more.',
        ),
      );
  }
  if (before.changelog !== after.changelog) changes.push(changelogChanged(before, after));
  if (changes.length === 0 && before.inputs.join() !== after.inputs.join())
    changes.push(
      safe(
        name,
        `Store ${name} of ${node} is fed by ${listed(after.inputs)}, and was by ${listed(before.inputs)}.`,
        'What it holds of those stays.',
      ),
    );
  return changes;
}

function changelogChanged(
  before: StoreDescription,
  { name, node, changelog }: StoreDescription,
): TopologyChange {
  const [was, is] = changelog ? ['without', 'with'] : ['with', 'without'];
  return {
    ...unsafe(
      name,
      `Store ${name} of ${node} was kept ${was} a changelog, and is ${is} one.`,
      changelog
        ? 'What it holds is in no changelog, so it would be emptied.'
        : `What changes from now on is lost with the process, and ${before.name}-changelog grows stale.`,
      `Leave changelog as it was; to go on with what there is, accept ${name}.`,
    ),
    acceptable: true,
  };
}

function internalTopicChanges(
  before: readonly InternalTopicDescription[],
  after: readonly InternalTopicDescription[],
): TopologyChange[] {
  const kept = byName(after);
  return before.flatMap((topic) => {
    const now = kept.get(topic.name);
    if (now === undefined) return [topicGone(topic)];
    return (['key', 'value'] as const)
      .filter((part) => !isSameFormat(topic[part], now[part]))
      .map((part) => topicReadOtherwise(topic, part, now[part]!));
  });
}

function topicGone({ name, purpose }: InternalTopicDescription): TopologyChange {
  return {
    ...unsafe(
      name,
      `Internal topic ${name} (${purpose}) is gone, or has another name.`,
      'Records in it that were not processed yet would be lost.',
      `Name it as before (its grouping, join, repartition or sink gives the name); or stop the producers of its sources, let the former version finish, and start then; to lose them on purpose, accept ${name}.`,
    ),
    unless: { drained: name },
    acceptable: true,
  };
}

function topicReadOtherwise(
  topic: InternalTopicDescription,
  part: 'key' | 'value',
  now: string,
): TopologyChange {
  const { name } = topic;
  return {
    ...unsafe(
      name,
      `The ${part}s of internal topic ${name} were ${topic[part]} and are ${now}.`,
      'Records in it that were not processed yet cannot be read any more.',
      'Give it another name, or its former serde; or let the former version finish what is there, and start then.',
    ),
    unless: { drained: name },
  };
}

function sourceChanges(before: ReadonlySet<string>, after: ReadonlySet<string>): TopologyChange[] {
  return [
    ...[...before]
      .filter((topic) => !after.has(topic))
      .map((topic) => safe(topic, `Topic ${topic} is read no more.`, 'Its committed offsets stay.')),
    ...[...after]
      .filter((topic) => !before.has(topic))
      .map((topic) => safe(topic, `Topic ${topic} is read as well.`, 'From its beginning.')),
  ];
}

function sourcesOf({ subTopologies }: TopologyDescription): ReadonlySet<string> {
  const nodes = subTopologies.flatMap((sub) => sub.nodes);
  return new Set(
    nodes.flatMap(({ kind, topic, internal }) => (kind === 'source' && internal !== true ? topic! : [])),
  );
}

function safe(name: string, what: string, effect: string): TopologyChange {
  return { safety: 'safe', name, what, effect, remedy: null, unless: null, acceptable: true };
}
function unsafe(name: string, what: string, effect: string, remedy: string): TopologyChange {
  return { safety: 'unsafe', name, what, effect, remedy, unless: null, acceptable: false };
}

/** What is not known is not said to differ. */
function isSameFormat(a: string | null, b: string | null): boolean {
  return a === null || b === null || a === b;
}
function byName<T extends { readonly name: string }>(items: readonly T[]): ReadonlyMap<string, T> {
  return new Map(items.map((item) => [item.name, item]));
}
function listed(names: readonly string[]): string {
  return names.join(', ') || 'nothing';
}
