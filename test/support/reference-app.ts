/** The built reference application, run as it is run in production: `node dist/main.js`, settings by environment. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { RunningProcess } from './child-process.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';

const ROOT = new URL('../../', import.meta.url);
const NODE = fileURLToPath(new URL('node_modules/.bin/node', ROOT));
const MAIN = fileURLToPath(new URL('dist/main.js', ROOT));

/** Environment variables of the application, added to the defaults below. */
export type AppSettings = Readonly<Record<string, string>>;

const DEFAULTS: AppSettings = {
  CONSOLE: 'false',
  LOG_LEVEL: 'info',
  SIMULATE: 'false',
  NODE_ENV: 'production',
};

export class ReferenceApp extends RunningProcess {
  readonly port: number;

  private constructor(port: number, settings: AppSettings, nodeOptions: readonly string[]) {
    super({
      name: `app ${settings['APPLICATION_ID'] ?? ''}`,
      command: NODE,
      args: [...nodeOptions, MAIN],
      env: { ...DEFAULTS, ...settings, PORT: String(port), NODE_OPTIONS: '' },
    });
    this.port = port;
  }

  static async start(settings: AppSettings, nodeOptions: readonly string[] = []): Promise<ReferenceApp> {
    if (!existsSync(MAIN)) throw new Error(`${MAIN} is not there: run \`npm run build\` first`);
    return new ReferenceApp(await freePort(), settings, nodeOptions);
  }

  /** Assigned and restored, says the application; false while nothing listens. */
  async isReady(): Promise<boolean> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.port}/health/ready`);
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  }

  async waitUntilReady(timeoutMs = 60_000, everyMs = 50): Promise<void> {
    const look = async () => {
      this.assertRunning();
      return this.isReady();
    };
    await eventually(`${this.name} is ready`, look, { timeoutMs, everyMs });
  }
}
