/** The memory of each process over its life. */
import { readFileSync } from 'node:fs';
import type { Instances, Life } from '../cluster/instances.ts';
import { median } from './numbers.ts';

const LOOK_EVERY_MS = 1_000;
const FIRST_MINUTE_MS = 60_000;
/** Collected garbage makes single looks jump: each figure is the median of so many seconds. */
const FIGURE_MS = 20_000;

interface Sample {
  readonly ageMs: number;
  readonly rssMib: number;
}

/** Of one process that lived for some minutes. */
export interface MemoryFigure {
  readonly instance: number;
  readonly livedSeconds: number;
  readonly afterFirstMinuteMib: number;
  readonly atEndMib: number;
}

export class MemoryWatch {
  readonly #instances: Instances;
  readonly #samples = new Map<Life, Sample[]>();
  readonly #timer: NodeJS.Timeout;

  constructor(instances: Instances) {
    this.#instances = instances;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Of every process that lived for at least `minMs` after its first minute. */
  figures(minMs: number): readonly MemoryFigure[] {
    return [...this.#samples].flatMap(([{ number }, samples]) => {
      const livedMs = samples.at(-1)!.ageMs;
      if (livedMs < FIRST_MINUTE_MS + FIGURE_MS + minMs) return [];
      const between = (fromMs: number) =>
        median(samples.filter(({ ageMs }) => ageMs >= fromMs && ageMs <= fromMs + FIGURE_MS).map(rssOf));
      return {
        instance: number,
        livedSeconds: Math.round(livedMs / 1_000),
        afterFirstMinuteMib: Math.round(between(FIRST_MINUTE_MS)),
        atEndMib: Math.round(between(livedMs - FIGURE_MS)),
      };
    });
  }

  #look(): void {
    for (const life of this.#instances.running) {
      const rssMib = residentMib(life.app.pid);
      if (rssMib === undefined) continue;
      const samples = this.#samples.get(life) ?? [];
      samples.push({ ageMs: Date.now() - life.app.startedAtMs, rssMib });
      this.#samples.set(life, samples);
    }
  }
}

const rssOf = ({ rssMib }: Sample): number => rssMib;

/** Undefined when it has just ended. */
function residentMib(pid: number): number | undefined {
  try {
    const kib = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib === undefined ? undefined : Number(kib) / 1024;
  } catch {
    return undefined;
  }
}
