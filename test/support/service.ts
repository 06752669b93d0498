/** Where tests find a real service: the environment, else Testcontainers, else nowhere, and then they say so. */
import { afterAll } from '@jest/globals';
import type { StartedService } from '@hiveframe/streams-testing/containers';
import { getContainerRuntimeClient } from 'testcontainers';

interface ServiceSource {
  readonly name: string;
  /** The environment variable that names a running one. */
  readonly variable: string;
  readonly start: () => Promise<StartedService>;
}

/** The address of a service for this test file, or undefined when there is none: then what needs it is skipped.
 *  A container is stopped after the file's tests. */
export async function serviceAddress({ name, variable, start }: ServiceSource): Promise<string | undefined> {
  const given = process.env[variable];
  if (given !== undefined && given !== '') return given;
  const obstacle = await whyNoContainers();
  if (obstacle !== undefined) {
    process.stderr.write(`NOT RUN: tests on ${name}: ${variable} is not set, and ${obstacle}\n`);
    return undefined;
  }
  const service = await start();
  afterAll(() => service.stop());
  return service.address;
}

/** Why no container can be started, or undefined when one can. */
export async function whyNoContainers(): Promise<string | undefined> {
  try {
    await getContainerRuntimeClient();
    return undefined;
  } catch (error) {
    return `Testcontainers finds no Docker: ${error instanceof Error ? error.message : String(error)}`;
  }
}
