/** The nodes of a foreign-key join: a topic each way between the sub-topologies of the two tables. */
import {
  answerSubscribers,
  joinAnswers,
  keepSubscriptions,
  subscribe,
  type ForeignKeyJoining,
  type ReadTable,
} from '../../processor/operators/foreign-key-join/foreign-key-join.ts';
import {
  answerSerde,
  latin1Key,
  subscriptionSerde,
  type Answer,
} from '../../processor/operators/foreign-key-join/subscription.ts';
import { subscriberSerde } from '../../processor/operators/foreign-key-join/subscriptions.ts';
import { passOn } from '../../processor/operators/stateless.ts';
import type { Serde } from '../../serde/serde.ts';
import type { DraftNode, Output } from '../draft.ts';
import type { Partitioner, StoreDeclaration, TopicRef } from '../graph.ts';
import type { JoinSide } from './declare-join.ts';
import type { Dsl } from './dsl.ts';
import { serdeOf, wider, type Flow } from './flow.ts';
import { windowedPartitioner } from './windowed-partitioner.ts';

export type ForeignKeyJoinOptions = Pick<ForeignKeyJoining, 'name' | 'kind' | 'foreignKey' | 'joiner'>;

/** The flow of the joined rows, for a table that keeps them. */
export function declareForeignKeyJoin(
  dsl: Dsl,
  left: JoinSide,
  right: JoinSide,
  options: ForeignKeyJoinOptions,
): Flow {
  const { name } = options;
  const leftKey = serdeOf(left.flow.key);
  const rightKey = serdeOf(right.flow.key);
  const joining: ForeignKeyJoining = { ...options, leftKey, leftValue: serdeOf(left.flow.value), rightKey };
  left.backing.origin.requirePrevious();
  right.backing.origin.requirePrevious(); // so that a row that was not there, and is not, answers nobody
  const subscribed = dsl.draft.add({
    name: `${name}-subscribe`,
    parents: [left.flow.output],
    numSideOutputs: 1,
    spec: () => ({
      kind: 'operator',
      type: 'foreign-key-subscribe',
      operator: subscribe(joining),
      stores: [],
    }),
  });
  const subscriptions = throughTopic(dsl, `${name}-subscription-registration`, right.flow, {
    from: [subscribed.children],
    writeKey: rightKey,
    readKey: rightKey,
    value: subscriptionSerde as Serde<unknown>,
    partitioner: windowedPartitioner(rightKey),
  });
  const answered = answerNodes(dsl, joining, subscriptions, right);
  const answers = throughTopic(dsl, `${name}-subscription-response`, left.flow, {
    from: answered.map(({ children }) => children),
    writeKey: latin1Key as Serde<unknown>,
    readKey: leftKey,
    value: answerSerde(serdeOf(right.flow.value)) as Serde<unknown>,
    partitioner: (_key, answer) => (answer as Answer).partition,
  });
  const joined = dsl.draft.add({
    name: `${name}-join`,
    parents: [answers],
    spec: () => {
      const table = read(left);
      const operator = joinAnswers(joining, table);
      return { kind: 'operator', type: 'foreign-key-join', operator, stores: [], reads: table.stores };
    },
  });
  const results = dsl.draft.add({
    name: `${name}-results`,
    parents: [joined.children, subscribed.sideOutputs[0]!],
    spec: () => ({ kind: 'operator', type: 'merge', operator: passOn(), stores: [] }),
  });
  return {
    output: results.children,
    key: leftKey,
    value: null,
    keyChanged: false,
    watermark: wider(left.flow.watermark, right.flow.watermark),
  };
}

/** Beside the right table: one for subscriptions, one for its changes. */
function answerNodes(
  { draft }: Dsl,
  joining: ForeignKeyJoining,
  subscriptions: Output,
  right: JoinSide,
): readonly DraftNode[] {
  const store = subscriptionStore(joining.name);
  const kept = draft.add({
    name: store.name,
    parents: [subscriptions],
    spec: () => {
      const table = read(right);
      const operator = keepSubscriptions(joining, store.name, table);
      return {
        kind: 'operator',
        type: 'foreign-key-subscriptions',
        operator,
        stores: [store],
        reads: table.stores,
      };
    },
  });
  const answering = draft.add({
    name: `${joining.name}-answers`,
    parents: [right.flow.output],
    spec: () => ({
      kind: 'operator',
      type: 'foreign-key-answers',
      operator: answerSubscribers(joining, store.name),
      stores: [],
      reads: [store.name],
    }),
  });
  return [kept, answering];
}

function subscriptionStore(name: string): StoreDeclaration {
  return {
    name: `${name}-subscriptions`,
    kind: 'window', // its segments are buckets
    key: latin1Key as Serde<unknown>,
    value: subscriberSerde as Serde<unknown>,
    retentionMs: null,
    windowSizeMs: null,
    changelog: true,
  };
}

function read({ backing: { rows, stores } }: JoinSide): ReadTable {
  return { rows, stores: stores.map(({ name }) => name) };
}

interface Between {
  readonly from: readonly Output[];
  readonly writeKey: Serde<unknown>;
  readonly readKey: Serde<unknown>;
  readonly value: Serde<unknown>;
  readonly partitioner: Partitioner | null;
}

/** @returns the output of its source, which neither holds nor moves the time of the task it reaches */
function throughTopic(
  { draft }: Dsl,
  name: string,
  reader: Flow,
  { from, writeKey, readKey, value, partitioner }: Between,
): Output {
  const topic: TopicRef = { name: `${name}-topic`, internal: true };
  draft.internalTopics.push({ topic, purpose: 'repartition', numPartitions: null });
  draft.add({
    name: `${name}-sink`,
    parents: from,
    spec: () => ({ kind: 'sink', topic, key: writeKey, value, partitioner }),
  });
  const source = draft.add({
    name: `${name}-source`,
    parents: [],
    spec: () => ({
      kind: 'source',
      topic,
      key: readKey,
      value,
      eventTime: null,
      ...reader.watermark,
      table: true,
      holdsTime: false,
    }),
  });
  return source.children;
}
