/** Applications with tables, exactly once. */
import { json, string, StreamsBuilder, topic, type Topology } from '@hiveframe/streams';
import type { Evidence, Given } from '../check/evidence.ts';
import { countBy, onceEach, resultsOf, sameInOrder } from '../check/expectations.ts';
import { input, keyNamedBy, otherInput } from './input.ts';
import { checkDeadLetters, checkEcho, counts, echo } from './outputs.ts';
import type { Scenario } from './scenario.ts';

const guarantee = 'exactly_once';
const bothInputs = [input.name, otherInput.name];
const pairs = topic('pairs', { key: string(), value: json<string>() });

function declare(write: (builder: StreamsBuilder) => void): () => Topology {
  const builder = new StreamsBuilder();
  write(builder);
  const topology = builder.build();
  return () => topology;
}

/** A third of the rows is deleted by their next version. */
function isKept({ at }: { readonly at: number }): boolean {
  return at % 3 !== 1; // the last records of all are kept: each store is written once more
}

/** Rows come, change their group and go; what each group was told of must add up. */
export const groupedTable: Scenario = {
  name: 'table, counted by group',
  guarantee,
  topology: declare((builder) => {
    const table = builder.table(input, { name: 'rows' });
    table
      .toStream()
      .mapValues((row) => row?.id ?? '')
      .to(echo);
    table
      .filter(isKept, { store: { name: 'kept' } })
      .groupBy(({ group }) => ({ key: group, value: group }), { name: 'by-group', key: string() })
      .count()
      .to(counts);
  }),
  check: (evidence) => [
    ...checkEcho(evidence),
    ...lastCounts(evidence, [...latest(evidence.given).values()].filter(isKept), ({ group }) => group),
  ],
};

/** A change of either table takes back what it had made of both. */
export const joinedTables: Scenario = {
  name: 'two tables, joined and counted',
  guarantee,
  inputs: bothInputs,
  topology: declare((builder) => {
    const lefts = builder.table(input, { name: 'lefts' }).filter(isKept);
    const rights = builder.table(otherInput, { name: 'rights' });
    const joined = lefts.outerJoin(rights, {
      name: 'joined',
      joiner: (left, right) => `${left?.group} ${right?.group}`,
    });
    joined.to(pairs);
    joined
      .groupBy((pair) => ({ key: pair, value: pair }), { name: 'by-pair', key: string() })
      .count()
      .to(counts);
  }),
  check: (evidence) => {
    const [lefts, rights] = halves(evidence).map(latest) as [Map<string, Given>, Map<string, Given>];
    const rows = [...new Set([...lefts.keys(), ...rights.keys()])].flatMap((key) => {
      const left = lefts.get(key);
      const kept = left !== undefined && isKept(left) ? left : undefined;
      const right = rights.get(key);
      return (kept ?? right) ? [{ key, pair: `${kept?.group} ${right?.group}` }] : [];
    });
    const wanted = new Map(rows.map(({ key, pair }) => [key, pair]));
    return [
      ...checkDeadLetters(evidence),
      ...lastRows(evidence, 'pairs', wanted),
      ...lastCounts(evidence, rows, ({ pair }) => pair),
    ];
  },
};

/** Each row names one of the other table, by way of another partition and back: what it was joined with last is what there is. */
export const foreignKeyJoin: Scenario = {
  name: 'two tables, joined by foreign key',
  guarantee,
  inputs: bothInputs,
  topology: declare((builder) => {
    const lefts = builder.table(input, { name: 'lefts' }).filter(isKept);
    const rights = builder.table(otherInput, { name: 'rights' }).filter(isKept);
    lefts
      .leftJoin(rights, {
        name: 'named',
        foreignKey: nameOf,
        joiner: (left, right) => `${left.id} ${right?.id}`,
      })
      .to(pairs);
  }),
  check: (evidence) => {
    const [lefts, rights] = halves(evidence).map(latest) as [Map<string, Given>, Map<string, Given>];
    const wanted = [...lefts]
      .filter(([, left]) => isKept(left))
      .map(([key, left]) => {
        const right = rights.get(nameOf(left));
        return [key, `${left.id} ${right !== undefined && isKept(right) ? right.id : undefined}`] as const;
      });
    return [...checkDeadLetters(evidence), ...lastRows(evidence, 'pairs', new Map(wanted))];
  },
};

function nameOf({ group }: { readonly group: string }): string {
  return keyNamedBy(group);
}

const TTL_MS = 1_000;

/** Rows go by themselves, and leave their groups: only those of the last records of all are alive. */
export const expiringTable: Scenario = {
  name: 'table whose rows expire, counted by group',
  guarantee,
  topology: declare((builder) => {
    builder
      .table(input, { name: 'rows', store: { ttlMs: TTL_MS } })
      .groupBy(({ group }) => ({ key: group, value: group }), { name: 'by-group', key: string() })
      .count()
      .to(counts);
  }),
  check: (evidence) => {
    const lastMs = Math.max(...evidence.given.flat().map(({ at }) => at));
    const living = [...latest(evidence.given).values()].filter(({ at }) => at + TTL_MS > lastMs);
    return [...checkDeadLetters(evidence), ...lastCounts(evidence, living, ({ group }) => group)];
  },
};

const enriched = topic('enriched', { key: string(), value: json<readonly [string, string | null]>() });

/** Each record once, with a row that was there; never an older one than the record before of its key. */
export const streamTableJoin: Scenario = {
  name: 'stream, joined with a table',
  guarantee,
  inputs: bothInputs,
  topology: declare((builder) => {
    const table = builder.table(otherInput, { name: 'rows' });
    builder
      .stream(input)
      .leftJoin(table, { name: 'joined', joiner: ({ id }, row) => [id, row?.id ?? null] as const })
      .to(enriched);
  }),
  check: (evidence) => {
    const [stream, table] = halves(evidence);
    const emitted = evidence.emitted('enriched').map(({ key, value }) => {
      const [id, rowId] = value as readonly [string, string | null];
      return { key, value: id, rowId };
    });
    return [
      ...checkDeadLetters(evidence),
      ...sameInOrder('record', stream.flat(), emitted),
      ...neverOlder(table.flat(), emitted),
    ];
  },
};

const heldBack = topic('held-back', {
  key: string(),
  value: json<readonly [id: string, at: number, rowAt: number | null]>(),
});

/** Each record once, after its grace, and never with a row that is younger than it. */
export const versionedJoin: Scenario = {
  name: 'stream, held back and joined with what rows were',
  guarantee,
  inputs: bothInputs,
  topology: declare((builder) => {
    const store = { historyRetentionMs: 2_000 };
    const table = builder.table(otherInput, { name: 'rows', store });
    builder
      .stream(input)
      .leftJoin(table, {
        name: 'joined',
        graceMs: 500,
        joiner: ({ id, at }, row) => [id, at, row?.at ?? null] as const,
      })
      .to(heldBack);
  }),
  check: (evidence) => {
    const stream = halves(evidence)[0].flat();
    const lastMs = Math.max(...stream.map(({ at }) => at)); // those of then are held back for ever
    const wanted = stream.filter(({ at }) => at < lastMs).map(({ id }) => id);
    const emitted = evidence
      .emitted('held-back')
      .map(({ value }) => value as readonly [string, number, number | null]);
    return [
      ...checkDeadLetters(evidence),
      ...onceEach(
        'record',
        wanted,
        emitted.map(([id]) => id),
      ),
      ...emitted.flatMap(([id, at, rowAt]) =>
        rowAt === null || rowAt <= at ? [] : [`record ${id} of ${at} was joined with a row of ${rowAt}`],
      ),
    ];
  },
};

/** The partitions of the first input, and those of the second. */
function halves({ given }: Evidence): [Given[][], Given[][]] {
  return [given.slice(0, given.length / 2), given.slice(given.length / 2)];
}

function latest(partitions: readonly (readonly Given[])[]): Map<string, Given> {
  return new Map(partitions.flat().map((row) => [row.key, row]));
}

/** The last that was passed on of each row, whatever it was before. */
function lastRows(evidence: Evidence, topic: string, wanted: ReadonlyMap<string, string>): string[] {
  const found = new Map(evidence.emitted(topic).map(({ key, value }) => [key.toString(), value]));
  return [...new Set([...wanted.keys(), ...found.keys()])].flatMap((key) =>
    (wanted.get(key) ?? null) === (found.get(key) ?? null)
      ? []
      : [`row of ${key}: wanted ${wanted.get(key)}, found ${String(found.get(key))}`],
  );
}

/** The last that each group was told, whatever it was told before. */
function lastCounts<T>(evidence: Evidence, rows: readonly T[], by: (row: T) => string): string[] {
  const wanted = countBy(rows, by);
  const found = resultsOf(evidence, 'counts', String);
  return [...new Set([...wanted.keys(), ...found.keys()])].flatMap((group) => {
    const last = found.get(group)?.at(-1) ?? 0;
    const count = wanted.get(group) ?? 0;
    return last === count ? [] : [`rows of ${group}: wanted ${count}, found ${last}`];
  });
}

function neverOlder(
  rows: readonly Given[],
  joined: readonly { readonly key: Buffer; readonly rowId: string | null }[],
): string[] {
  const versions = new Map<string, number>();
  return joined.flatMap(({ key, rowId }) => {
    const name = key.toString();
    const ofKey = rows.filter((row) => row.key === name).map(({ id }) => id);
    const version = rowId === null ? -1 : ofKey.indexOf(rowId);
    const before = versions.get(name) ?? -1;
    versions.set(name, version);
    const there = rowId === null || version >= 0;
    return there && version >= before ? [] : [`row ${rowId} of ${name} came after row ${ofKey[before]}`];
  });
}
