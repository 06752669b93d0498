/** The failpoint of this process, given by `FAILPOINT` (JSON of a `FailpointSpec`). */
import { writeSync } from 'node:fs';
import { markerOf, type FailpointSpec, type Point } from './points.ts';

const STDERR = 2;
/** Longer than the system takes to stop all threads of a process. */
const STOPPING_MS = 100;
const never = new Promise<never>(() => {});

export class Failpoint {
  readonly #spec: FailpointSpec | null;
  #times = 0;

  constructor(spec: FailpointSpec | null) {
    this.#spec = spec;
  }
  static fromEnvironment(): Failpoint {
    const text = process.env['FAILPOINT'];
    return new Failpoint(text === undefined ? null : (JSON.parse(text) as FailpointSpec));
  }

  /** Awaited at every point. True: the answer to what follows is to be lost. */
  async reached(point: Point, partition: number): Promise<boolean> {
    const spec = this.#spec;
    if (spec === null || partition !== 0 || point !== spec.point || ++this.#times !== spec.nth) return false;
    writeSync(STDERR, `${markerOf(spec)}\n`); // at once: nothing may follow it
    if (spec.effect === 'lose') return true;
    if (spec.effect === 'freeze') freeze();
    else await die();
    return false;
  }
}

async function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return never;
}

/** Comes back when somebody has sent SIGCONT. The signal may reach another thread first: this one waits for it. */
function freeze(): void {
  process.kill(process.pid, 'SIGSTOP');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STOPPING_MS);
}
