/** S2, S3: under any schedule of owners, zombies, lost replies and lost writes the store is a prefix of the committed changelog. */
import { describe, expect, it } from '@jest/globals';
import type { StoreFlush, StoreKind, StorePartition, StorePartitionId } from '@hiveframe/streams';
import type { StorePort, StoreReader, StoreSpec } from '@hiveframe/streams';
import fc from 'fast-check';
import { contentOf } from './store-harness.ts';
import type { StoreHarness } from './store-harness.ts';
import { ModelCheckpoint, ModelLog } from './store-model.ts';
import type { ModelWrite } from './store-model.ts';

interface ModelSubject {
  rollBackPoint?(id: StorePartitionId): Promise<() => Promise<void>>;
  readonly modelRuns?: number;
}

/** `owner` is one of two processes. */
type Step =
  /** Fences the other in the log, opens the store: from here on this owner's commits are taken. */
  | { readonly do: 'takeOver'; readonly owner: number }
  /** Opens the store without owning the log: a zombie that comes late. */
  | { readonly do: 'open'; readonly owner: number }
  | {
      readonly do: 'commit';
      readonly owner: number;
      readonly writes: readonly ModelWrite[];
      readonly closed: number;
    }
  /** `atMost` records of what the owner has not flushed yet; a lost reply leaves the owner where it was. */
  | { readonly do: 'flush'; readonly owner: number; readonly atMost: number; readonly replyLost: boolean }
  /** The owner's last flush arrives once more. */
  | { readonly do: 'duplicate'; readonly owner: number }
  | { readonly do: 'clear'; readonly owner: number }
  | { readonly do: 'remember' }
  | { readonly do: 'rollBack' };

const owner = fc.nat({ max: 1 });
const write: fc.Arbitrary<ModelWrite> = fc.record({
  segment: fc.integer({ min: 0, max: 5 }).map((window) => window * 1_000),
  key: fc.constantFrom('a', 'b', '\0', 'ключ'),
  value: fc.option(fc.constantFrom('', '1', '2', '\0\0', '🐝'), { freq: 4 }),
});
const writes = fc.array(write, { minLength: 1, maxLength: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('takeOver' as const), owner }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('open' as const), owner }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('commit' as const),
      owner,
      writes,
      closed: fc.nat({ max: 5 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('flush' as const),
      owner,
      atMost: fc.integer({ min: 0, max: 8 }),
      replyLost: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('duplicate' as const), owner }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const), owner }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remember' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rollBack' as const) }) },
);

interface Owner {
  readonly stores: StorePort;
  partition?: StorePartition;
  epoch: number;
  /** Where it believes the store to be. */
  offset: number;
  lastFlush?: StoreFlush;
}

class Schedule {
  readonly #subject: ModelSubject;
  readonly #id: StorePartitionId;
  readonly #spec: StoreSpec;
  readonly #log: ModelLog;
  readonly #checkpoint = new ModelCheckpoint();
  readonly #owners: readonly Owner[];
  readonly #reader: StoreReader;
  #logOwner: Owner | undefined;
  #rollBack: (() => Promise<void>) | undefined;

  constructor(subject: ModelSubject, clients: readonly StorePort[], id: StorePartitionId, kind: StoreKind) {
    this.#subject = subject;
    this.#id = id;
    this.#spec = { name: id.store, kind };
    this.#log = new ModelLog(kind);
    this.#owners = clients.map((stores) => ({ stores, epoch: 0, offset: 0 }));
    this.#reader = clients[0]!.reader(id, this.#spec);
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const one of steps) {
      await this.#do(one);
      expect(await contentOf(this.#reader)).toEqual(this.#log.contentAt(this.#checkpoint.offset ?? 0));
    }
    const last = await this.#owners[0]!.stores.open(this.#id, this.#spec);
    expect(last.changelogOffset).toBe(this.#checkpoint.offset);
  }

  async #do(one: Step): Promise<void> {
    if (one.do === 'remember') return this.#remember();
    if (one.do === 'rollBack') return this.#rollBack?.();
    const actor = this.#owners[one.owner]!;
    switch (one.do) {
      case 'takeOver':
        this.#logOwner = actor;
        return this.#open(actor);
      case 'open':
        return this.#open(actor);
      case 'commit':
        this.#logOwner ??= actor;
        if (this.#logOwner === actor) this.#log.commit(one.writes, one.closed);
        return;
      case 'flush':
        return this.#flush(actor, one.atMost, one.replyLost);
      case 'duplicate':
        return this.#send(actor, actor.lastFlush);
      case 'clear':
        return this.#clear(actor);
    }
  }

  async #open(actor: Owner): Promise<void> {
    actor.partition = await actor.stores.open(this.#id, this.#spec);
    actor.epoch = this.#checkpoint.open();
    actor.offset = actor.partition.changelogOffset ?? 0;
    delete actor.lastFlush;
    expect(actor.partition.changelogOffset).toBe(this.#checkpoint.offset);
  }

  async #flush(actor: Owner, atMost: number, replyLost: boolean): Promise<void> {
    if (actor.partition === undefined) return this.#open(actor);
    const flush = this.#log.flush(actor.offset, Math.min(actor.offset + atMost, this.#log.end));
    await this.#send(actor, flush);
    if (!replyLost) actor.offset = flush.toOffset;
    actor.lastFlush = flush;
  }

  /** Once fenced or before a gap, an owner opens again before it sends anything else. */
  async #send(actor: Owner, flush: StoreFlush | undefined): Promise<void> {
    if (actor.partition === undefined || flush === undefined) return;
    const result = await actor.partition.flush(flush);
    expect(result).toBe(this.#checkpoint.flush(actor.epoch, flush));
    if (result === 'fenced' || (result === 'gap' && flush !== actor.lastFlush)) delete actor.partition;
  }

  async #clear(actor: Owner): Promise<void> {
    if (actor.partition === undefined) return;
    const result = await actor.partition.clear();
    expect(result).toBe(this.#checkpoint.clear(actor.epoch));
    if (result === 'fenced') delete actor.partition;
    else actor.offset = 0;
  }

  async #remember(): Promise<void> {
    const store = await this.#subject.rollBackPoint?.(this.#id);
    if (store === undefined) return;
    const model = this.#checkpoint.rollBackPoint();
    this.#rollBack = async () => {
      await store();
      model();
    };
  }
}

export function describeStoreModel(harness: StoreHarness, subject: ModelSubject): void {
  describe('S2, S3 any schedule of owners, lost replies and lost writes', () => {
    it('leaves the store a prefix of the committed changelog', async () => {
      const clients = [await harness.stores(), await harness.stores()];
      const kinds = fc.constantFrom<StoreKind>('keyValue', 'window');
      const schedules = fc.asyncProperty(
        kinds,
        fc.array(step, { maxLength: 60, size: 'max' }),
        (kind, steps) => new Schedule(subject, clients, harness.newId(), kind).run(steps),
      );
      await fc.assert(schedules, { numRuns: subject.modelRuns ?? 100 });
    }, 120_000);
  });
}
