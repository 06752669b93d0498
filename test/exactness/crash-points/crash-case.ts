/** One application whose process is stopped at a crash point, and what is left of it. */
import { fileURLToPath } from 'node:url';
import { RunningProcess, type ProcessExit } from '../../support/child-process.ts';
import { eventually } from '../../support/eventually.ts';
import { committedRecords } from './committed-records.ts';
import { NUM_PARTITIONS, topicsOf, type CaseTopics } from './layout.ts';
import { readOutput, type Output } from './output.ts';
import { markerOf, type FailpointSpec } from './points.ts';
import { replayed, storeFaults } from './store-content.ts';
import type { World } from './world.ts';

const NODE = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url));
const APP = fileURLToPath(new URL('app.ts', import.meta.url));

/** On a busy machine a process takes its time to start. */
const REACHED_WITHIN_MS = 60_000;

export interface StartOptions {
  /** The static member it is: started again it gets its tasks at once. */
  readonly instanceId?: string;
  readonly failpoint?: FailpointSpec;
  /** Further environment of the process. */
  readonly env?: Readonly<Record<string, string>>;
}

let serial = 0;

export class CrashCase<W extends World = World> implements AsyncDisposable {
  readonly id: string;
  readonly topics: CaseTopics;
  readonly world: W;
  readonly #processes: RunningProcess[] = [];

  private constructor(world: W) {
    this.world = world;
    const number = String(serial++).padStart(3, '0'); // no id begins with another
    this.id = `${world.prefix}-${number}`;
    this.topics = topicsOf(this.id);
  }

  static async open<W extends World>(world: W): Promise<CrashCase<W>> {
    const made = new CrashCase(world);
    await world.prepare(made.id);
    return made;
  }

  start({ instanceId = 'one', failpoint, env = {} }: StartOptions = {}): RunningProcess {
    const { output, alerts, deadLetters } = this.topics;
    const app = new RunningProcess({
      name: `app ${this.id} ${instanceId}`,
      command: NODE,
      args: [APP],
      env: {
        ...this.world.settings(this.id),
        APPLICATION_ID: this.id,
        OUTPUT_TOPIC: output,
        ALERT_TOPIC: alerts,
        DEAD_LETTER_TOPIC: deadLetters,
        SIMULATE: 'false',
        INSTANCE_ID: instanceId,
        NODE_OPTIONS: '',
        ...(failpoint === undefined ? {} : { FAILPOINT: JSON.stringify(failpoint) }),
        ...env,
      },
    });
    this.#processes.push(app);
    return app;
  }

  /** Resolves when the process stands at its failpoint. */
  async untilReached(app: RunningProcess, failpoint: FailpointSpec): Promise<void> {
    await eventually(
      markerOf(failpoint),
      () => {
        if (says(app, markerOf(failpoint))) return true;
        app.assertRunning();
        return false;
      },
      { timeoutMs: REACHED_WITHIN_MS },
    );
  }

  /** Starts a process that is killed at its failpoint; how it ended. @throws Error when it was not there that it ended */
  async startAndDie(options: StartOptions & { readonly failpoint: FailpointSpec }): Promise<ProcessExit> {
    const app = this.start(options);
    const timer = setTimeout(() => app.kill('SIGTERM'), REACHED_WITHIN_MS);
    const exit = await app.exited;
    clearTimeout(timer);
    if (app.lines.at(-1) === markerOf(options.failpoint)) return exit;
    throw new Error(`Ended elsewhere than at its failpoint:\n${app.lines.slice(-30).join('\n')}`);
  }

  /** Lets these processes consume all there is, then asks each to stop. */
  async finish(...apps: readonly RunningProcess[]): Promise<readonly ProcessExit[]> {
    await this.world.untilConsumed(this.id, apps);
    return Promise.all(apps.map((app) => app.stop()));
  }

  output(): Promise<Output> {
    return this.world.read(this.id, (log) => readOutput(log, this.topics));
  }

  /** Where the stores are not what their committed changelogs say; `app` has written last. */
  async storeFaults(app: RunningProcess): Promise<readonly string[]> {
    const stores = await this.world.stores(this.id, app);
    const faults: string[] = [];
    for (let partition = 0; partition < NUM_PARTITIONS; partition++) {
      const at = { topic: this.topics.changelog, partition };
      const changelog = await this.world.read(this.id, (log) => committedRecords(log, at));
      faults.push(...storeFaults(stores[partition]!, replayed(changelog)));
    }
    return faults;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const app of this.#processes) {
      app.kill('SIGKILL');
      await app.exited;
    }
    await this.world.remove(this.id);
  }
}

export function says(app: RunningProcess, text: string): boolean {
  return app.lines.some((line) => line.includes(text));
}
