import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { StreamsHealth, type HealthReport } from './streams.health.ts';

/** Probes over HTTP: 200, or 503 with the reason in the body. */
@Controller('health')
export class StreamsHealthController {
  constructor(private readonly health: StreamsHealth) {}

  /** For a liveness probe: 503 only when the application has failed. */
  @Get('live')
  live(): HealthReport {
    return answer(this.health.live());
  }

  /** For a readiness probe: 200 when every task is assigned and restored, and no source has failed for good. */
  @Get('ready')
  ready(): HealthReport {
    return answer(this.health.ready());
  }
}

function answer(report: HealthReport): HealthReport {
  if (report.status === 'down') throw new ServiceUnavailableException(report);
  return report;
}
