/** Kafka Streams' TopologyTestDriver in a process of its own: cases one after the other, by line. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Case, Outputs } from './case.ts';

const PEER = fileURLToPath(new URL('../../bench/peer/peer', import.meta.url));

export class Jvm implements Disposable {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;
  readonly #answers: AsyncIterator<string>;

  constructor() {
    this.#process = spawn(PEER, ['differential.Cases'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#process.stdout });
    this.#answers = this.#lines[Symbol.asyncIterator]();
  }

  /** One at a time. @throws what Kafka Streams said */
  async run({ topology, steps }: Case): Promise<Outputs> {
    this.#process.stdin.write(`${JSON.stringify({ topology, steps })}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error('Cannot run a case on Kafka Streams: its process has ended.');
    const answer = JSON.parse(value) as { readonly outputs?: Outputs; readonly error?: string };
    if (answer.outputs === undefined) throw new Error(`Kafka Streams failed: ${answer.error}`);
    return answer.outputs;
  }

  [Symbol.dispose](): void {
    this.#lines.close();
    this.#process.stdin.end();
  }
}
