/** A process that runs the numbers in two threads until SIGTERM: for tests that kill it. Settings in `NUMBERS`. */
import { ThreadedStreamsApp } from '@hiveframe/streams';
import type { NumbersSettings } from './numbers.streams.ts';

const app = new ThreadedStreamsApp({
  module: new URL('./numbers.streams.ts', import.meta.url),
  numStreamThreads: 2,
  data: JSON.parse(process.env['NUMBERS'] ?? '') as NumbersSettings,
  logger: { log: (level, text) => process.stdout.write(`${level} ${text}\n`) },
});
process.once('SIGTERM', () => void app.stop({ timeoutMs: 10_000 }));
await app.start();
