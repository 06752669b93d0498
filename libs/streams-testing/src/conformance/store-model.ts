/** The model that a store is compared with: a committed changelog, and what a store at an offset of it must hold.
 *  MO1 Only the log's owner commits; a zombie is refused by the log (transactional id, generation), so everything in `log` is committed.
 *  MO2 Whoever has opened the store may flush any committed range from where it believes the store to be: late, twice, in pieces.
 *  MO3 After every step the store holds exactly the fold of the changelog up to its own offset, and every answer is the predicted one. */
import { SegmentWriter } from '@hiveframe/streams';
import type { FlushResult, SegmentId, StoreFlush, StoreKind } from '@hiveframe/streams';
import { bytes, latin1 } from './store-harness.ts';

export interface ModelWrite {
  readonly segment: SegmentId;
  readonly key: string;
  readonly value: string | null;
}
interface LogEntry extends ModelWrite {
  /** Windows before this are closed once the entry is applied: never goes back. */
  readonly expireBeforeMs: number;
}
export type ModelContent = Record<string, Record<string, string>>;

/** The committed changelog. */
export class ModelLog {
  readonly #kind: StoreKind;
  readonly #entries: LogEntry[] = [];

  constructor(kind: StoreKind) {
    this.#kind = kind;
  }

  get end(): number {
    return this.#entries.length;
  }

  commit(writes: readonly ModelWrite[], windowsClosed: number): void {
    for (const write of writes) {
      const expireBeforeMs = Math.max(this.#expiryAt(this.end), windowsClosed * 1_000);
      this.#entries.push({
        ...write,
        segment: this.#kind === 'keyValue' ? null : write.segment,
        expireBeforeMs,
      });
    }
  }

  flush(fromOffset: number, toOffset: number): StoreFlush {
    const writers = new Map<SegmentId, SegmentWriter>();
    for (const { segment, key, value } of this.#entries.slice(fromOffset, toOffset)) {
      let writer = writers.get(segment);
      if (writer === undefined) writers.set(segment, (writer = new SegmentWriter()));
      writer.append(bytes(key), value === null ? null : bytes(value));
    }
    const expireBeforeMs = this.#kind === 'keyValue' ? null : this.#expiryAt(toOffset);
    return {
      writes: [...writers].map(([segment, writer]) => writer.take(segment)),
      expireBeforeMs,
      fromOffset,
      toOffset,
    };
  }

  /** What a store at this offset holds. */
  contentAt(offset: number): ModelContent {
    const content: ModelContent = {};
    for (const { segment, key, value } of this.#entries.slice(0, offset)) {
      const entries = (content[String(segment)] ??= {});
      const name = latin1(bytes(key));
      if (value === null) delete entries[name];
      else entries[name] = latin1(bytes(value));
    }
    return Object.fromEntries(
      Object.entries(content).filter(([segment, entries]) => {
        const expired = segment !== 'null' && Number(segment) < this.#expiryAt(offset);
        return !expired && Object.keys(entries).length > 0;
      }),
    );
  }

  #expiryAt(offset: number): number {
    return this.#entries[offset - 1]?.expireBeforeMs ?? 0;
  }
}

/** Epoch and offset as the store must have them. */
export class ModelCheckpoint {
  epoch = 0;
  offset: number | null = null;

  open(): number {
    return ++this.epoch;
  }

  flush(epoch: number, { fromOffset, toOffset }: StoreFlush): FlushResult {
    if (this.epoch > epoch) return 'fenced';
    const stored = this.offset ?? 0;
    if (stored !== fromOffset) return stored === toOffset ? 'alreadyApplied' : 'gap';
    this.offset = toOffset;
    this.epoch = epoch;
    return 'applied';
  }

  clear(epoch: number): 'applied' | 'fenced' {
    if (this.epoch > epoch) return 'fenced';
    this.offset = null;
    this.epoch = epoch;
    return 'applied';
  }

  rollBackPoint(): () => void {
    const { epoch, offset } = this;
    return () => Object.assign(this, { epoch, offset });
  }
}
