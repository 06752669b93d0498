import { Controller, Get, Header, Inject, NotFoundException } from '@nestjs/common';

/** What a scraper is given: `PrometheusPage` of `@hiveframe/streams-otel` is one. */
export interface MetricsPage {
  /** In the text format of Prometheus. */
  text(): Promise<string>;
}

export const METRICS_PAGE = Symbol('hiveframe:metrics-page');

@Controller('metrics')
export class MetricsController {
  /** @internal Nest makes it. */
  constructor(@Inject(METRICS_PAGE) private readonly page: MetricsPage | null) {}

  /** 404 where nothing is measured. */
  @Get()
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  metrics(): Promise<string> {
    if (this.page === null) throw new NotFoundException('Nothing is measured: the service was not told to.');
    return this.page.text();
  }
}
