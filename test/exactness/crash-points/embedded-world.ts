/** The embedded log in a folder of each application's own, and stores in its memory. */
import type { LogPort } from '@hiveframe/streams';
import { embedded } from '@hiveframe/streams-embedded';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningProcess } from '../../support/child-process.ts';
import { eventually } from '../../support/eventually.ts';
import { writeInput } from './input.ts';
import { NUM_PARTITIONS, topicsOf } from './layout.ts';
import type { StoreContent } from './store-content.ts';
import type { World } from './world.ts';

const INPUT = 'readings';
const TEMPLATE = 'template';

export class EmbeddedWorld implements World {
  readonly prefix = 'crash';
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(): Promise<EmbeddedWorld> {
    const world = new EmbeddedWorld(await mkdtemp(join(tmpdir(), 'crash-points-')));
    await world.#using(TEMPLATE, async (log) => {
      await log.admin.create([{ topic: INPUT, numPartitions: NUM_PARTITIONS }]);
      await writeInput(log, INPUT);
    });
    return world;
  }

  async prepare(applicationId: string): Promise<void> {
    await cp(this.#path(TEMPLATE), this.#path(applicationId), { recursive: true });
    const { output, alerts, deadLetters } = topicsOf(applicationId);
    const topics = [output, alerts, deadLetters].map((topic) => ({ topic, numPartitions: NUM_PARTITIONS }));
    await this.#using(applicationId, (log) => log.admin.create(topics));
  }

  settings(applicationId: string): Readonly<Record<string, string>> {
    const here = { KAFKA_BROKERS: '', REDIS_URL: '', CHECKPOINT_DIR: this.#path(applicationId) };
    return { ...here, INPUT_TOPIC: INPUT };
  }

  async untilConsumed(_applicationId: string, [app]: readonly RunningProcess[]): Promise<void> {
    await eventually('all input is committed', () => {
      app!.assertRunning();
      return app!.lines.includes('CONSUMED');
    });
  }

  read<T>(applicationId: string, look: (log: LogPort) => Promise<T>): Promise<T> {
    return this.#using(applicationId, look);
  }

  async stores(_applicationId: string, app: RunningProcess): Promise<readonly StoreContent[]> {
    const line = app.lines.find((one) => one.startsWith('STORES '))!;
    return JSON.parse(line.slice('STORES '.length)) as readonly StoreContent[];
  }

  async remove(applicationId: string): Promise<void> {
    await rm(this.#path(applicationId), { recursive: true, force: true });
  }

  close(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }

  async #using<T>(name: string, use: (log: LogPort) => Promise<T>): Promise<T> {
    const log = embedded({ checkpointDir: this.#path(name) });
    try {
      await log.connect();
      return await use(log);
    } finally {
      await log.close(1_000);
    }
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}
