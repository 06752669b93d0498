/** `agg(...)` over the groups of a table: a row that has changed is taken out as it was and added as it is. */
import type { AliasedAggregate } from '../../column/aggregate.ts';
import { canSubtract, compileAggregation, type AnyAggregate } from '../../column/column-aggregation.ts';
import type { Row } from '../../column/compiled-expression.ts';
import { TopologyError } from '../../errors/streams.error.ts';
import { asBuffer } from '../../serde/bytes.ts';
import type { Serde } from '../../serde/serde.ts';
import { aggregation, requireDistinct, type Aggregation } from './aggregation.ts';
import { KEY_ITSELF } from './group-key.ts';
import { overChanges } from './table-aggregation.ts';

/** The group is gone with its last row. */
interface Group {
  rows: number;
  readonly columns: unknown;
}

/** @throws TopologyError for an aggregate from which nothing can be taken out, or an alias that is taken twice */
export function columnsOfRows(
  aggregates: readonly AliasedAggregate<unknown, string, unknown>[],
): Aggregation {
  const declared = aggregates as unknown as readonly AnyAggregate[];
  requireDistinct([...KEY_ITSELF.names, ...declared.map(({ aliasedAs }) => aliasedAs)]);
  declared.forEach(requireSubtract);
  const columns = compileAggregation(declared, KEY_ITSELF);
  const aggregator = overChanges<Group>({
    add(group, row) {
      const to = group ?? { rows: 0, columns: columns.initializer() };
      columns.add(to.columns, row as Row);
      to.rows += 1;
      return to;
    },
    takeOut(group, row) {
      if (!tookOut(group.columns, row as Row)) return group;
      group.rows -= 1;
      return group.rows > 0 ? group : null;
    },
  });
  /** Columns refuse to take out what they refuse to add. */
  const tookOut = (from: unknown, row: Row): boolean => {
    try {
      columns.subtract(from, row);
      return true;
    } catch {
      return false;
    }
  };
  return aggregation<Group | null>(
    {
      initializer: () => null,
      aggregator,
      result: (group, key) => columns.row(group!.columns, key, null),
    },
    null,
    groupSerde(columns.serde) as Serde<Group | null>,
  );
}

function requireSubtract(aggregate: AnyAggregate): void {
  if (canSubtract(aggregate)) return;
  const { aliasedAs } = aggregate;
  throw new TopologyError(
    `Cannot aggregate a table's groups by ${aliasedAs}: a row that changes must be taken out of it again, and it keeps too little for that. Take aggregate() with a subtractor, or an aggregate that can: avg, sum, count, countDistinct, variance, stddev, percentile.`,
  );
}

/** rows float64 BE | columns */
function groupSerde(columns: Serde<unknown>): Serde<Group> {
  return {
    serialize(group, context) {
      const rows = Buffer.allocUnsafe(8);
      rows.writeDoubleBE(group.rows);
      return Buffer.concat([rows, columns.serialize(group.columns, context)]);
    },
    deserialize(bytes, context) {
      const buffer = asBuffer(bytes);
      return { rows: buffer.readDoubleBE(0), columns: columns.deserialize(buffer.subarray(8), context) };
    },
  };
}
