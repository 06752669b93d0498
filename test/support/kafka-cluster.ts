/** A Kafka of one test file's own, whose brokers it may crash, freeze and bring back. Needs a script that can do that:
 *  `HFS_KAFKA_LOCAL` names it (`start --name N [--brokers B]` prints `KAFKA_BROKERS=…`; `kill`, `down`, `pause`, `resume`, `up N`; `stop`). */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';

const run = promisify(execFile);

export class KafkaCluster {
  readonly brokers: readonly string[];
  readonly #script: string;
  readonly #name: string;

  private constructor(script: string, name: string, brokers: readonly string[]) {
    this.#script = script;
    this.#name = name;
    this.brokers = brokers;
  }

  /** Undefined where `HFS_KAFKA_LOCAL` is not set; says so. */
  static script(): string | undefined {
    const script = process.env['HFS_KAFKA_LOCAL'];
    if (script === undefined) {
      process.stderr.write('NOT RUN: tests that break a Kafka of their own: HFS_KAFKA_LOCAL is not set\n');
    }
    return script;
  }

  /** `settings` are the brokers' own, as in server.properties. */
  static async start(
    script: string,
    numBrokers: 1 | 3 = 1,
    {
      port,
      settings = {},
    }: { readonly port?: number; readonly settings?: Readonly<Record<string, string>> } = {},
  ): Promise<KafkaCluster> {
    const name = `test-${randomUUID().slice(0, 8)}`;
    const place = port === undefined ? [] : ['--port', String(port)];
    const extra = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
    const start = ['start', '--name', name, '--brokers', String(numBrokers), ...place, '--', ...extra];
    const { stdout } = await run(script, start);
    const brokers = /KAFKA_BROKERS=(\S+)/.exec(stdout)?.[1];
    if (brokers === undefined) throw new Error(`${script} start printed no KAFKA_BROKERS: ${stdout}`);
    return new KafkaCluster(script, name, brokers.split(','));
  }

  /** Ends broker `number` (from 1) at once, as a crash does. */
  kill(number = 1): Promise<void> {
    return this.#do('kill', number);
  }
  /** Stops it as an operator would: it hands over what it leads first. */
  shutDown(number = 1): Promise<void> {
    return this.#do('down', number);
  }
  /** Starts it again with its data; resolves when it serves. */
  up(number = 1): Promise<void> {
    return this.#do('up', number);
  }
  freeze(number = 1): Promise<void> {
    return this.#do('pause', number);
  }
  thaw(number = 1): Promise<void> {
    return this.#do('resume', number);
  }
  /** Runs a tool of Kafka's own, `acls` or `configs`, against the cluster; what it printed. */
  async tool(name: string, args: readonly string[]): Promise<string> {
    const { stdout } = await run(this.#script, ['--name', this.#name, 'tool', name, ...args]);
    return stdout;
  }
  /** What a broker has logged. */
  async logs(number = 1): Promise<string> {
    const { stdout } = await run(this.#script, ['logs', String(number), '--name', this.#name], {
      maxBuffer: 256 * 1024 * 1024,
    });
    return stdout;
  }
  async stop(): Promise<void> {
    await run(this.#script, ['stop', '--name', this.#name]);
  }

  async #do(command: string, number: number): Promise<void> {
    await run(this.#script, [command, String(number), '--name', this.#name]);
  }
}
