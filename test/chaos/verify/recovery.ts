/** When the application is through with a fault: every partition has committed a record that was written after the fault struck. */
import type { PartitionProgress } from '../../support/cluster.ts';
import type { Look } from './progress-watch.ts';

interface Waiting {
  readonly sinceMs: number;
  /** The ends of the first look after the strike. */
  ends?: ReadonlyMap<number, number>;
  readonly resolve: (seconds: number) => void;
}

export class Recovery {
  #waiting: Waiting[] = [];

  /** Resolves with the seconds from the strike to the look that showed it. A lower bound of nothing: the truth is up to one look less. */
  after(sinceMs: number): Promise<number> {
    return new Promise((resolve) => this.#waiting.push({ sinceMs, resolve }));
  }

  see({ atMs, partitions }: Look): void {
    const nowMs = Date.now();
    this.#waiting = this.#waiting.filter((waiting) => {
      if (waiting.ends === undefined) {
        if (atMs >= waiting.sinceMs) waiting.ends = endsOf(partitions);
        return true;
      }
      if (!isBeyond(partitions, waiting.ends)) return true;
      waiting.resolve((nowMs - waiting.sinceMs) / 1_000);
      return false;
    });
  }
}

function endsOf(partitions: readonly PartitionProgress[]): ReadonlyMap<number, number> {
  return new Map(partitions.map(({ partition, end }) => [partition, end]));
}

function isBeyond(partitions: readonly PartitionProgress[], ends: ReadonlyMap<number, number>): boolean {
  return partitions.every(({ partition, committed }) => committed > ends.get(partition)!);
}
