/** What must hold at every instant, looked at as it happens. */
import {
  changelogTopic,
  type ProcessingGuarantee,
  type StoreFlush,
  type StorePartitionId,
} from '@hiveframe/streams';
import type { OffsetsListener } from '../cluster/group-offsets.ts';
import type { SimulatedCluster } from '../cluster/simulated-cluster.ts';
import type { StoreServer } from '../stores/store-server.ts';
import { watermarkOf } from './watermark.ts';

export class SafetyMonitor {
  readonly violations: string[] = [];
  readonly #exactlyOnce: boolean;
  readonly #trace: (line: string) => void;
  #storeIsSound = true;

  constructor(guarantee: ProcessingGuarantee, trace: (line: string) => void) {
    this.#exactlyOnce = guarantee === 'exactly_once';
    this.#trace = trace;
  }

  violated(what: string): void {
    this.#trace(`VIOLATION ${what}`);
    this.violations.push(what);
  }

  /** From here on nobody can tell owners apart by their epochs. */
  storeDamaged(): void {
    this.#storeIsSound = false;
  }

  /** Neither position nor watermark of a partition goes back. Without transactions a commit whose sender has had no answer
   *  may be executed late, when the sender has started the task over: its next commit may lie behind. Nothing of what lies between
   *  was processed when the unheard one was sent first (`at_most_once`), and all of it is processed again else. Nothing else may go
   *  back. */
  readonly onOffsets: OffsetsListener = (before, now, isUnheard) => {
    const name = `${now.topic}-${now.partition}`;
    if (now.offset < before.offset && !isUnheard)
      this.violated(`committed offset of ${name} went back from ${before.offset} to ${now.offset}`);
    if (this.#exactlyOnce && watermarkOf(now) < watermarkOf(before))
      this.violated(`watermark of ${name} went back from ${before.metadata} to ${now.metadata}`);
  };

  /** Stores show only what is committed (S1), written by their owner (S3). */
  onFlush(
    stores: StoreServer,
    cluster: SimulatedCluster,
    id: StorePartitionId,
    opener: number,
    flush: StoreFlush,
  ): void {
    const name = `${id.store}-${id.partition}`;
    const newest = stores.newestOpener(id);
    if (this.#storeIsSound && opener < newest)
      this.violated(`S3 opener ${opener} wrote store ${name}, which opener ${newest} owns`);
    const topic = changelogTopic(id.store, id.applicationId);
    const changelog = cluster.partition({ topic, partition: id.partition });
    if (this.#exactlyOnce && !changelog.isDecided(flush.toOffset))
      this.violated(`S1 store ${name} shows up to ${flush.toOffset} before that is committed`);
  }
}
