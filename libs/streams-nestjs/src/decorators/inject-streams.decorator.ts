import { Inject, type InjectionToken } from '@nestjs/common';
import { StreamsLifecycle } from '../lifecycle/streams.lifecycle.ts';
import { DEFAULT_APPLICATION } from '../streams.tokens.ts';

/** Token of the `StreamsLifecycle` of an application: for the one without a name, the class itself. */
export function getStreamsToken(application: string = DEFAULT_APPLICATION): InjectionToken {
  return application === DEFAULT_APPLICATION ? StreamsLifecycle : `Streams(${application})`;
}

/** Injects an application by the name that `forRoot` gave it: a `StreamsLifecycle`, by which it is watched, started and stopped. */
export function InjectStreams(application?: string): ParameterDecorator {
  return Inject(getStreamsToken(application));
}
