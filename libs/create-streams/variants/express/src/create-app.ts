import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';

export function createApp(): Promise<NestExpressApplication> {
  return NestFactory.create<NestExpressApplication>(AppModule, {
    abortOnError: false, // main.ts tells what went wrong
    forceCloseConnections: true, // idle connections do not hold up the end
  });
}
