/** What a source does now.
 *  - `starting`: it waits for the log, for its topic or for its group.
 *  - `standby`: other instances of the service have all of its splits.
 *  - `running`: events are taken from it.
 *  - `retrying`: something failed, and it waits for the next attempt.
 *  - `ended`: it has come to its end, and everything it gave is written.
 *  - `failed`: for good, under `onFailure: 'fail'` or because nothing but a restart helps.
 *  - `stopped`: as asked. */
export type SourceState = 'starting' | 'standby' | 'running' | 'retrying' | 'ended' | 'failed' | 'stopped';

/** Attempts that failed since events were written last. */
export interface SourceFailing {
  /** When the first of them failed, epoch ms. */
  readonly sinceMs: number;
  readonly failures: number;
  /** What the last of them said. */
  readonly reason: string;
}

/** Where a source stands, for probes. JSON as it is. */
export interface SourceStatus {
  readonly name: string;
  readonly topic: string;
  /** Of several splits: that of the one that is worst off. */
  readonly state: SourceState;
  /** Since when it is in this state, epoch ms. */
  readonly sinceMs: number;
  /** Kept until events are written again; undefined: nothing fails. */
  readonly failing?: SourceFailing;
  /** Of a resumable source: the splits that run in this instance. */
  readonly splits?: readonly number[];
}
