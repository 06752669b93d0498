/** The operators of the two sides of a stream-stream join; in one task they share one `StreamJoin`. */
import type { StateStore } from '../../../state/state-store.ts';
import type { Operator, OperatorContext } from '../../operator.ts';
import type { StreamJoining } from './join-side.ts';
import { StreamJoin, type SideName, type StreamJoinStores } from './stream-join.ts';

/** Of each task, by its own state store. */
type Joins = WeakMap<StateStore, StreamJoin>;

export function streamJoin(
  joining: StreamJoining,
  stores: StreamJoinStores,
): { readonly left: Operator; readonly right: Operator } {
  const joins: Joins = new WeakMap();
  return {
    left: sideOperator('left', joining, stores, joins),
    right: sideOperator('right', joining, stores, joins),
  };
}

function sideOperator(
  name: SideName,
  joining: StreamJoining,
  stores: StreamJoinStores,
  joins: Joins,
): Operator {
  return {
    build(context, next) {
      const join = joinOf(joining, stores, context, joins);
      const side = join.attach(name, context, next);
      context.hold(join);
      context.onWatermark(() => join.advance());
      context.limitTime(() => join.ceilingMs);
      return (key, value, timestampMs) => side.receive(key, value, timestampMs);
    },
  };
}

function joinOf(
  joining: StreamJoining,
  stores: StreamJoinStores,
  context: OperatorContext,
  joins: Joins,
): StreamJoin {
  const state = context.store(stores.left);
  let join = joins.get(state);
  if (join === undefined) joins.set(state, (join = new StreamJoin(joining, stores, context)));
  return join;
}
