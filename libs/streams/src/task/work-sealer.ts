/** Takes, at one instant, everything that a commit carries: what the task does afterwards belongs to the next (T3). */
import type { CommittedOffset, OutputBatch } from '../ports/log.ts';
import { changelogTopic, type SubTopology } from '../topology/graph.ts';
import { isEmpty, type SealedStore, type SealedWork } from '../transaction/sealed-work.ts';
import { encodeStreamTimes } from '../watermark/watermark-metadata.ts';
import type { OpenedTask } from './assemble-task.ts';
import type { TaskEnvironment } from './task-environment.ts';
import type { TaskId } from './task-id.ts';

export class WorkSealer {
  readonly #opened: OpenedTask;
  readonly #environment: TaskEnvironment;
  readonly #partition: number;
  /** Stores whose changes go to a changelog. */
  readonly #logged: ReadonlySet<string>;
  /** As last sealed, to see whether anything moved. */
  #positions: readonly number[];
  #watermarkMs: number;
  #punctuatedMs: number | null;

  constructor(opened: OpenedTask, id: TaskId, subTopology: SubTopology, environment: TaskEnvironment) {
    this.#opened = opened;
    this.#environment = environment;
    this.#partition = id.partition;
    this.#logged = new Set(subTopology.stores.filter((store) => store.changelog).map((store) => store.name));
    this.#positions = opened.queues.map((queue) => queue.position);
    this.#watermarkMs = opened.watermark.watermarkMs;
    this.#punctuatedMs = opened.punctuators.punctuatedMs;
  }

  /** Whether a commit would carry anything. */
  get hasMoved(): boolean {
    const { queues, collector, stages, states, announcer } = this.#opened;
    if (collector.pendingBytes > 0 || stages.holdsAny) return true;
    if (announcer.isDue(this.#environment.clock.nowMs())) return true;
    for (const { dirty } of states.values()) if (dirty.length > 0) return true; // a punctuation's
    return queues.some((queue) => queue.position !== this.#positions[queue.index]);
  }

  take(): SealedWork {
    const stores = this.#takeStores();
    const offsets = this.#takeOffsets();
    const work = { output: this.#opened.collector.take(), stores, offsets };
    return { ...work, reads: isEmpty(work) ? [] : this.#takeReads() };
  }

  #takeReads(): string[] {
    return [...this.#opened.states.values()].filter((state) => state.takeReads()).map(({ name }) => name);
  }

  #takeStores(): SealedStore[] {
    const nowMs = this.#environment.clock.nowMs();
    const stores: SealedStore[] = [];
    for (const state of this.#opened.states.values()) {
      const sealed = state.seal(nowMs);
      if (sealed === null) continue;
      stores.push({
        store: state.name,
        changelog: this.#changelog(state.name, sealed.changelog),
        state: sealed,
      });
    }
    return stores;
  }

  #changelog(store: string, records: readonly OutputBatch['records'][]): OutputBatch[] {
    if (!this.#logged.has(store)) return [];
    const topic = changelogTopic(store, this.#environment.applicationId);
    return records.map((batch) => ({ topic, partition: this.#partition, records: batch }));
  }

  /** Positions that moved; all of them if only times did (the watermark of an idle input, punctuations): they must not be forgotten
   *  (M1). */
  #takeOffsets(): CommittedOffset[] {
    const { queues, watermark, punctuators } = this.#opened;
    const { watermarkMs } = watermark;
    const { punctuatedMs } = punctuators;
    const timeMoved = watermarkMs !== this.#watermarkMs || punctuatedMs !== this.#punctuatedMs;
    const moved = queues.filter((queue) => timeMoved || queue.position !== this.#positions[queue.index]);
    this.#positions = queues.map((queue) => queue.position);
    this.#watermarkMs = watermarkMs;
    this.#punctuatedMs = punctuatedMs;
    return moved.map(({ topic, partition, position, index }) => ({
      topic,
      partition,
      offset: position,
      metadata: encodeStreamTimes({ ...watermark.timesOf(index), punctuatedMs }),
    }));
  }
}
