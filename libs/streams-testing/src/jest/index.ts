/** `import '@hiveframe/streams-testing/jest'` in a spec, or in `setupFilesAfterEach`: the matchers, and topologies in snapshots. */
import { expect } from '@jest/globals';
import { Topology } from '@hiveframe/streams';
import { matchers, type ExpectedDeadLetter, type ExpectedRecord } from './matchers.ts';

export { matchers, type ExpectedDeadLetter, type ExpectedRecord } from './matchers.ts';

declare module 'expect' {
  // oxlint-disable-next-line typescript/no-unused-vars -- the parameters must be those of Jest's declaration
  interface Matchers<R extends void | Promise<void>, T = unknown> {
    /** `await expect(driver.output(topic)).toHaveRecords([{ key: 'a', value: 1 }])`: all that is there, in order for each key. */
    toHaveRecords(expected: readonly ExpectedRecord[]): Promise<void>;
    /** `await expect(driver.output(topic)).toHaveNoRecords()`: nothing is there that was not read. */
    toHaveNoRecords(): Promise<void>;
    /** `await expect(driver).toHaveDeadLetters([{ kind: 'processing', message: 'closed' }])`: all, in order. */
    toHaveDeadLetters(expected: readonly ExpectedDeadLetter[]): Promise<void>;
  }
}

expect.extend(matchers);

/** `expect(topology).toMatchSnapshot()` keeps what `describe()` says. */
expect.addSnapshotSerializer({
  test: (value) => value instanceof Topology,
  serialize: (value) => (value as Topology).describe(),
});
