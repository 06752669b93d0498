/** The tutorial's application as a process that can be killed: emits the readings from a number on, one after the other, and tells
 *  each that is acknowledged; then waits for the last windows.   args: checkpointDir from count */
import { log } from 'node:console';
import { sensorAnalytics } from '../../examples/01-iot-sensor-analytics/main.ts';
import { readingAt, WINDOW_MS } from './tutorial-readings.ts';

const [checkpointDir = '', from = '0', count = '0'] = process.argv.slice(2);

const stream = sensorAnalytics({ checkpointDir, batchIntervalMs: 20, windowMs: WINDOW_MS });
await stream.start();
for (let index = Number(from); index <= Number(count); index++) {
  await stream.emit(readingAt(index, Number(count)));
  log(`acknowledged ${index}`);
}
process.once('SIGTERM', () => void stream.stop());
