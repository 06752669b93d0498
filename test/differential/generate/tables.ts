/** Tables made of tables, by chance. */
import fc from 'fast-check';
import type { TableExpression, Topic } from '../case.ts';

type Arb<T> = fc.Arbitrary<T>;

const { made } = fc.letrec<{ made: TableExpression }>((tie) => ({
  made: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.record({ op: fc.constantFrom('source', 'toTable'), topic: fc.constant('b') }) as Arb<TableExpression>,
    fc.record({
      op: fc.constantFrom('filter', 'mapValues'),
      of: tie('made'),
      stored: fc.boolean(),
    }) as Arb<TableExpression>,
    fc.record({
      op: fc.constant('group'),
      of: tie('made'),
      aggregation: fc.constantFrom('count', 'reduce', 'aggregate'),
    }) as Arb<TableExpression>,
    fc.record({
      op: fc.constant('join'),
      join: fc.constantFrom('inner', 'left', 'outer'),
      left: tie('made'),
      right: tie('made'),
      stored: fc.boolean(),
    }) as Arb<TableExpression>,
  ),
}));

/** A topic is read once: null for an expression with more sources than there are topics. */
function withTopics(expression: TableExpression, topics: Topic[]): TableExpression | null {
  switch (expression.op) {
    case 'source':
    case 'toTable': {
      const topic = topics.shift();
      return topic === undefined ? null : { ...expression, topic };
    }
    case 'join': {
      const left = withTopics(expression.left, topics);
      const right = withTopics(expression.right, topics);
      return left === null || right === null ? null : { ...expression, left, right };
    }
    case 'filter':
    case 'mapValues':
    case 'group': {
      const of = withTopics(expression.of, topics);
      return of === null ? null : { ...expression, of };
    }
  }
}
export function isMadeOfTables(table: TableExpression): boolean {
  switch (table.op) {
    case 'source':
    case 'toTable':
      return false;
    case 'group':
    case 'join':
      return true;
    case 'filter':
    case 'mapValues':
      return isMadeOfTables(table.of);
  }
}
export function isGrouped(table: TableExpression): boolean {
  switch (table.op) {
    case 'source':
    case 'toTable':
      return false;
    case 'group':
      return true;
    case 'join':
      return isGrouped(table.left) || isGrouped(table.right);
    case 'filter':
    case 'mapValues':
      return isGrouped(table.of);
  }
}

/** Replaces each table of an expression, those that it is made of first. */
export function replaceEach(
  table: TableExpression,
  by: (table: TableExpression) => TableExpression,
): TableExpression {
  const replace = (of: TableExpression): TableExpression => replaceEach(of, by);
  switch (table.op) {
    case 'source':
    case 'toTable':
      return by(table);
    case 'join':
      return by({ ...table, left: replace(table.left), right: replace(table.right) });
    case 'filter':
    case 'mapValues':
    case 'group':
      return by({ ...table, of: replace(table.of) });
  }
}
/** A group passes on its last change of a commit, in Kafka Streams each: what is made of it must not tell what it was meanwhile. */
const withBags = (table: TableExpression): TableExpression =>
  table.op === 'group' && isGrouped(table.of) ? { ...table, aggregation: 'bag' } : table;

/** A row that a filter leaves missing is a change to an outer join of Kafka Streams, and shows in what it is grouped to; nor do we know
 *  here whether a group has a row. */
const withInnerJoins = (table: TableExpression): TableExpression =>
  table.op === 'join' && /filter|mapValues/.test(JSON.stringify(table)) ? { ...table, join: 'inner' } : table;

export const tableOf = (...topics: Topic[]): Arb<TableExpression> =>
  made
    .map((expression) => withTopics(expression, [...topics]))
    .filter((expression): expression is TableExpression => expression !== null)
    .map((expression) => replaceEach(expression, withBags))
    .map((expression) => (isGrouped(expression) ? replaceEach(expression, withInnerJoins) : expression));
export const madeOfOne = (topic: Topic): Arb<TableExpression> =>
  tableOf(topic).filter((table) => !isMadeOfTables(table));

/** The topics that it reads. */
export function sourcesOf(table: TableExpression): Topic[] {
  switch (table.op) {
    case 'source':
    case 'toTable':
      return [table.topic];
    case 'join':
      return [...sourcesOf(table.left), ...sourcesOf(table.right)];
    case 'filter':
    case 'mapValues':
    case 'group':
      return sourcesOf(table.of);
  }
}

/** undefined: only the rows of now are kept. */
export function retentionOf(table: TableExpression): number | undefined {
  switch (table.op) {
    case 'source':
      return table.historyRetentionMs;
    case 'toTable':
      return undefined;
    case 'join':
      return retentionOf(table.left);
    case 'filter':
    case 'mapValues':
    case 'group':
      return retentionOf(table.of);
  }
}
