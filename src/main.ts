import { StreamsError } from '@hiveframe/streams';
import { StreamsLifecycle } from '@hiveframe/streams-nestjs';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.ts';
import { parseSettings, type Settings } from './config/settings.ts';
import { createHttpAdapter } from './http/http-adapter.ts';
import { StderrLogger } from './logging/stderr-logger.ts';
import { BANNER, startupReport, startupWarnings } from './startup-report.ts';

async function createApp(settings: Settings): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forSettings(settings),
    createHttpAdapter(settings),
    {
      logger: new StderrLogger(settings.logLevel),
      abortOnError: false, // told below, without a stack where the error is ours
      forceCloseConnections: true, // an idle keep-alive connection must not hold up the end
    },
  );
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
  return app;
}

function announce(settings: Settings): void {
  const logger = new Logger('App');
  for (const line of startupReport(settings)) logger.log(line);
  for (const line of startupWarnings(settings)) logger.warn(line);
  if (settings.console) process.stdout.write(BANNER);
}

async function main(): Promise<void> {
  const settings = parseSettings(process.env);
  const app = await createApp(settings);
  announce(settings);
  try {
    await app.listen(settings.port, settings.bindAddress);
  } catch (error) {
    await app.close(); // the streams may have started already
    throw error;
  }
  // The last line of an application that failed at once is why.
  if (app.get(StreamsLifecycle, { strict: false }).status.state === 'error') return;
  new Logger('App').log(`Health: ${await app.getUrl()}/health/live and /health/ready`);
}

/** An error that says what to do needs no stack. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (StreamsError.is(error)) return error.message;
  if ('code' in error && error.code === 'EADDRINUSE') {
    return `Cannot listen: ${error.message}. Set PORT to a free port (0 takes any).`;
  }
  if ('code' in error && error.code === 'EADDRNOTAVAIL') {
    return `Cannot listen: ${error.message}. Set BIND_ADDRESS to an address of this machine.`;
  }
  return error.stack ?? error.message;
}

main().catch((error: unknown) => {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
});
