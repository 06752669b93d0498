import { afterEach, describe, expect, it } from '@jest/globals';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { MetricsPage } from './metrics.controller.ts';
import { StreamsMetricsModule } from './streams-metrics.module.ts';

let nest: NestFastifyApplication;
afterEach(() => nest.close());

async function scrape(page: MetricsPage | null) {
  const imports = [StreamsMetricsModule.register({ useFactory: () => page })];
  const module = await Test.createTestingModule({ imports }).compile();
  nest = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  await nest.init();
  return nest.inject({ method: 'GET', url: '/metrics' });
}

describe('StreamsMetricsModule', () => {
  it('gives a Prometheus its text, in its format', async () => {
    const response = await scrape({ text: async () => 'up 1\n' });
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(response.body).toBe('up 1\n');
  });

  it('has no such page where nothing is measured', async () => {
    expect((await scrape(null)).statusCode).toBe(404);
  });
});
