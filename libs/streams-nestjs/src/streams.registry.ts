import { TopologyError } from '@hiveframe/streams';
import { Injectable } from '@nestjs/common';
import type { ObservedApplication } from './interfaces/streams-status.interface.ts';
import { TWO_ROOTS } from './streams.messages.ts';

/** The streams applications of a Nest application, by name. */
@Injectable()
export class StreamsRegistry {
  readonly #applications = new Map<string, ObservedApplication>();

  /** @throws TopologyError for a second one of the name */
  add(name: string, application: ObservedApplication): void {
    if (this.#applications.has(name)) throw new TopologyError(TWO_ROOTS(name));
    this.#applications.set(name, application);
  }

  get applications(): ReadonlyMap<string, ObservedApplication> {
    return this.#applications;
  }
}
