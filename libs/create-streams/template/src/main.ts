import { inspect } from 'node:util';
import { Logger } from '@nestjs/common';
import { createApp } from './create-app.js';
import { Settings, SettingsError } from './settings.js';

async function main(): Promise<void> {
  const { port, bindAddress } = new Settings(); // before all else: what is wrong is told in plain words
  const app = await createApp();
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
  await app.listen(port, bindAddress);
  new Logger('App').log(`Listening on ${await app.getUrl()}; health at /health/live and /health/ready`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof SettingsError ? error.message : inspect(error)}\n`);
  process.exit(1);
});
