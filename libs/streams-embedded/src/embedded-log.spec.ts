/** The embedded log against the conformance suite of the port, in memory and on a file. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeLog } from '@hiveframe/streams-testing/conformance';
import { embedded, type EmbeddedOptions } from './index.ts';

function subject(options: EmbeddedOptions, stop: () => void = () => {}) {
  const log = embedded(options);
  return {
    capabilities: { minSessionTimeoutMs: 100 },
    log: async () => log.share(),
    uniqueName: (prefix: string) => `${prefix}-${randomUUID()}`,
    stop: async () => {
      await log.close(1_000);
      stop();
    },
  };
}

describeLog('embedded, in memory', () => subject({}));

describeLog('embedded, in checkpointDir', () => {
  const checkpointDir = mkdtempSync(join(tmpdir(), 'embedded-log-'));
  return subject({ checkpointDir, durability: 'power' }, () => rmSync(checkpointDir, { recursive: true }));
});
