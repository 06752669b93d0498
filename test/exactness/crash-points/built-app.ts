/** The parts of the built reference application. Its sources have decorators, which Node does not run as they are. */
const ROOT = new URL('../../../dist/', import.meta.url);

async function built<Module>(path: string): Promise<Module> {
  return (await import(new URL(path, ROOT).href)) as Module;
}

export const { parseSettings } =
  await built<typeof import('../../../src/config/settings.ts')>('config/settings.js');
export const { createLog } = await built<typeof import('../../../src/platform/log.ts')>('platform/log.js');
export const { createStores } =
  await built<typeof import('../../../src/platform/stores.ts')>('platform/stores.js');
export const { streamsOptions } = await built<typeof import('../../../src/platform/streams-options.ts')>(
  'platform/streams-options.js',
);
export const { SensorAnalyticsTopology } = await built<
  typeof import('../../../src/sensors/sensor-analytics.topology.ts')
>('sensors/sensor-analytics.topology.js');
