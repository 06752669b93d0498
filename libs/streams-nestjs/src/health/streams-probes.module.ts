import { Module } from '@nestjs/common';
import { StreamsCoreModule } from '../streams-core.module.ts';
import { StreamsHealthController } from './streams-health.controller.ts';

/** The routes of the probes: one of it, however many applications there are. */
@Module({ imports: [StreamsCoreModule], controllers: [StreamsHealthController] })
export class StreamsProbesModule {}
