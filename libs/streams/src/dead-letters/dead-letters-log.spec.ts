import { randomUUID } from 'node:crypto';
import { embedded } from '@hiveframe/streams-embedded';
import { describeDeadLetters } from '../../test/support/dead-letters-suite.ts';

describeDeadLetters('on the embedded log', {
  log: () => embedded(),
  uniqueName: (prefix) => `${prefix}-${randomUUID()}`,
});
