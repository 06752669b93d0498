import { InMemorySinkTarget } from '../sinks/in-memory-sink-target.ts';
import { describeExactlyOnceSinks, type SinkSample } from './sink-conformance.ts';

describeExactlyOnceSinks('in memory', () => ({
  target: async () => {
    const target = new InMemorySinkTarget<string, SinkSample>();
    const impossible = { id: -1, text: 'impossible' };
    target.rejects = ({ value }) => (value.id < 0 ? new Error('an id below zero') : null);
    return {
      impossible,
      sink: () => target.sink(),
      ids: async () => target.rows.map(({ value }) => value.id),
      rollBackPoint: async () => {
        const rollBack = target.rollBackPoint();
        return async () => rollBack();
      },
      outage: async () => {
        target.beforeWrite = () => {
          throw new Error('away');
        };
        return async () => {
          target.beforeWrite = () => {};
        };
      },
    };
  },
}));
