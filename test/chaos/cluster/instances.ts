/** The processes of the application, by number. Whoever of them ends without being told to is a finding. */
import { ReferenceApp, type AppSettings } from '../../support/reference-app.ts';

/** A process that ran as instance `number`. */
export interface Life {
  readonly number: number;
  readonly app: ReferenceApp;
}

const STOP_TIMEOUT_MS = 40_000;

export class Instances {
  /** Every process there was, in order of start. */
  readonly lives: Life[] = [];
  /** How processes ended that were asked to stop, where that was not in order. */
  readonly badStops: string[] = [];
  readonly #settings: AppSettings;
  readonly #running = new Map<number, ReferenceApp>();

  constructor(settings: AppSettings) {
    this.#settings = settings;
  }

  async start(number: number): Promise<void> {
    const app = await ReferenceApp.start(this.#settings);
    this.#running.set(number, app);
    this.lives.push({ number, app });
  }

  async kill(number: number): Promise<void> {
    const app = this.#take(number);
    app.kill('SIGKILL');
    await app.exited;
  }

  /** Resolves when it has ended: in order, or by force when it took too long. */
  async stop(number: number): Promise<void> {
    const app = this.#take(number);
    const wasUp = app.lines.length > 0; // before that, no program can handle SIGTERM
    const { code, signal } = await app.stop(STOP_TIMEOUT_MS);
    if (code === 0 || !wasUp) return;
    this.badStops.push(
      `instance ${number}: code ${code}, signal ${signal}\n${app.lines.slice(-30).join('\n')}`,
    );
  }

  /** True when the last to run as one of the instances ran out of time while it stopped: stores may be behind their changelogs then,
   *  as after a crash. */
  get hasUnfinished(): boolean {
    const last = new Map(this.lives.map(({ number, app }) => [number, app]));
    return [...last.values()].some(({ lines }) =>
      lines.some((line) => line.includes('Could not stop cleanly')),
    );
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((number) => this.stop(number)));
  }

  signal(number: number, signal: NodeJS.Signals): void {
    this.#running.get(number)!.kill(signal);
  }

  /** @throws Error with the end of what it wrote, when one has ended by itself */
  assertRunning(): void {
    for (const app of this.#running.values()) app.assertRunning();
  }

  /** Those that run now. */
  get running(): readonly Life[] {
    return this.lives.filter(({ number, app }) => this.#running.get(number) === app);
  }

  /** Kills what is left. */
  async close(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((number) => this.kill(number)));
  }

  #take(number: number): ReferenceApp {
    const app = this.#running.get(number)!;
    app.assertRunning();
    this.#running.delete(number);
    return app;
  }
}
