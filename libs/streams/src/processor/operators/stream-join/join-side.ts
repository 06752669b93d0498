/** One side of a stream-stream join: takes its records, finds their partners, keeps them for those to come. */
import type { StateSegment, StateStore } from '../../../state/state-store.ts';
import type { Next, OperatorContext, TaskTime } from '../../operator.ts';
import type { ParkedRecord, Parking } from '../lane.ts';
import { refusePromise } from '../refuse-promise.ts';
import { BucketWalk } from '../../../state/bucket-walk.ts';
import type { BufferEntry, JoinBuffer } from './join-buffer.ts';
import type { StreamJoin } from './stream-join.ts';
import type { WaitingRecord } from './waiting-records.ts';

export interface StreamJoining {
  readonly name: string;
  readonly kind: 'inner' | 'left' | 'outer';
  readonly joiner: (left: unknown, right: unknown, key: unknown) => unknown;
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly graceMs: number;
}

export interface JoinSideOptions {
  readonly name: 'left' | 'right';
  /** Partners are no older than this. */
  readonly backMs: number;
  /** Partners are no younger than this. */
  readonly forthMs: number;
  /** What finds no partner is passed on alone. */
  readonly outer: boolean;
  readonly buffer: JoinBuffer;
}

type Arrived = Pick<ParkedRecord, 'key' | 'value' | 'timestampMs' | 'watermarkMs'>;

export class JoinSide implements Parking {
  readonly buffer: JoinBuffer;
  /** Buckets whose records begin to close; null where nothing is passed on alone. */
  readonly #buckets: BucketWalk | null;
  /** Of this side alone; null before its operator was built. */
  ownTime: TaskTime | null = null;
  readonly #join: StreamJoin;
  readonly #joining: StreamJoining;
  readonly #options: JoinSideOptions;
  #context: OperatorContext | null = null;
  #next: Next = () => {};

  constructor(join: StreamJoin, joining: StreamJoining, options: JoinSideOptions) {
    this.#join = join;
    this.#joining = joining;
    this.#options = options;
    this.buffer = options.buffer;
    this.#buckets = options.outer ? this.#walk(options.buffer.state) : null;
  }

  #walk(state: StateStore): BucketWalk {
    const visit = (segment: StateSegment): void => this.#expectAll(segment);
    return new BucketWalk({ state, afterMs: this.#closesAtMs(0), visit });
  }

  attach(context: OperatorContext, next: Next, ownTime: TaskTime): void {
    this.#context = context;
    this.#next = next;
    this.ownTime = ownTime;
  }

  get context(): OperatorContext {
    return this.#context!;
  }

  #closesAtMs(timestampMs: number): number {
    return timestampMs + this.#options.forthMs + this.#joining.graceMs + 1;
  }

  /** No other record closes before the watermark reaches this. */
  get nextBucketMs(): number {
    return this.#buckets?.nextMs ?? Infinity;
  }
  /** Records may close that are not in memory. */
  get mustLoad(): boolean {
    return this.#buckets?.mustLoad ?? false;
  }
  async load(): Promise<void> {
    await this.#buckets?.load();
  }
  /** Expects the records of the buckets that time reaches to close. */
  advance(watermarkMs: number): void {
    this.#buckets?.advance(watermarkMs);
  }

  /** No record that is passed on alone from now on is older. */
  oldestAloneMs(doneToMs: number): number {
    return this.#options.outer ? doneToMs - this.#options.forthMs - this.#joining.graceMs : Infinity;
  }

  get #other(): JoinSide {
    return this.#options.name === 'left' ? this.#join.right : this.#join.left;
  }

  receive(key: unknown, value: unknown, timestampMs: number): void {
    if (value === null || value === undefined) return this.context.dropped('nullValue');
    if (key === null || key === undefined) return this.#receiveWithoutKey(key, value, timestampMs);
    const join = this.#join;
    const { watermarkMs } = join.time;
    if (watermarkMs >= join.nextMs) join.advance();
    if (join.lane.isClear && join.held === 0 && this.#isKnown(key, timestampMs)) {
      this.#take({ key, value, timestampMs, watermarkMs });
      return;
    }
    const { backMs, forthMs } = this.#options;
    this.#other.buffer.want(join.lane, key, timestampMs - backMs, timestampMs + forthMs);
    this.buffer.want(join.lane, key, timestampMs, timestampMs);
    join.lane.park(this, key, value, timestampMs);
  }

  /** KIP-962: nothing can match it (D20). */
  #receiveWithoutKey(key: unknown, value: unknown, timestampMs: number): void {
    if (this.#options.outer) this.#passOn(key, value, null, timestampMs);
    else this.context.dropped('nullKey');
  }

  #isKnown(key: unknown, timestampMs: number): boolean {
    const { backMs, forthMs } = this.#options;
    const id = this.buffer.state.identify(key);
    return (
      this.buffer.areKnown(id, timestampMs, timestampMs) &&
      this.#other.buffer.areKnown(id, timestampMs - backMs, timestampMs + forthMs)
    );
  }

  process(record: ParkedRecord): void {
    this.#take(record);
  }

  #take({ key, value, timestampMs, watermarkMs }: Arrived): void {
    const id = this.buffer.state.identify(key);
    const isLate = this.#closesAtMs(timestampMs) <= watermarkMs;
    if (isLate) this.context.dropped('late');
    const matched = this.#match(id, { key, value, timestampMs, watermarkMs });
    if (!isLate) this.#keep(id, key, { timestampMs, value, matched });
    else if (!matched && this.#options.outer) this.#passOn(key, value, null, timestampMs);
  }

  #match(id: unknown, { key, value, timestampMs, watermarkMs }: Arrived): boolean {
    const { backMs, forthMs } = this.#options;
    const other = this.#other;
    let matched = false;
    for (const { entry, record } of other.buffer.between(id, timestampMs - backMs, timestampMs + forthMs)) {
      if (other.#isGone(record, watermarkMs)) continue;
      matched = true;
      this.#passOn(key, value, record.value, Math.max(timestampMs, record.timestampMs));
      other.#markMatched(entry, record);
    }
    return matched;
  }

  /** It waited long enough (K4), or it was passed on alone, or is about to be (K2): whether it is still there or not. */
  #isGone({ matched, timestampMs }: WaitingRecord, watermarkMs: number): boolean {
    if (timestampMs + this.#join.joinableMs < watermarkMs) return true;
    return this.#options.outer && !matched && this.#closesAtMs(timestampMs) <= watermarkMs;
  }

  #markMatched(entry: BufferEntry, record: WaitingRecord): void {
    if (record.matched || !this.#options.outer) return;
    record.matched = true;
    this.buffer.state.touch(entry);
  }

  #keep(id: unknown, key: unknown, record: WaitingRecord): void {
    const { segment } = this.buffer.add(id, key, record);
    if (this.#buckets === null || record.matched) return;
    if (this.#buckets.reached.has(segment)) this.#expect(segment, id, key, record);
    else this.#buckets.note(segment);
  }

  #expect(segment: StateSegment, id: unknown, key: unknown, { timestampMs }: WaitingRecord): void {
    const dueMs = this.#closesAtMs(timestampMs);
    this.#join.expect({ side: this, state: this.buffer.state, segment, id, key, dueMs });
  }

  #expectAll(segment: StateSegment): void {
    for (const [id, { key, value }] of segment.entries) {
      for (const record of value as WaitingRecord[])
        if (!record.matched) this.#expect(segment, id, key, record);
    }
  }

  /** Records of the key whose windows close by `dueMs` are passed on alone, and wait no more. */
  close(segment: StateSegment, id: unknown, dueMs: number): void {
    const entry = segment.entries.get(id) as BufferEntry | undefined;
    if (entry === undefined) return;
    const alone = entry.value.filter(
      ({ matched, timestampMs }) => !matched && this.#closesAtMs(timestampMs) <= dueMs,
    );
    this.context.record.without(() => {
      for (const record of alone) {
        this.#closed(entry, record);
        this.buffer.remove(entry, record);
      }
    });
  }

  #closed(entry: BufferEntry, { value, timestampMs }: WaitingRecord): void {
    try {
      this.#passOn(entry.key, value, null, timestampMs);
    } catch (thrown) {
      this.context.resultFailed(thrown, this.buffer.state.capture(entry, this.context.partition));
    }
  }

  #passOn(key: unknown, mine: unknown, other: unknown, timestampMs: number): void {
    const { name, joiner } = this.#joining;
    this.context.entered(name);
    const joined = this.#options.name === 'left' ? joiner(mine, other, key) : joiner(other, mine, key);
    if (joined instanceof Promise) refusePromise(name, joined);
    this.#next(key, joined, timestampMs);
  }
}
