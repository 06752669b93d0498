/** What is measured: a piece of work, who does it, and who says whether it was done exactly. */
import type { ProcessingGuarantee } from '@hiveframe/streams';
import type { RunningProcess } from '../../test/support/child-process.ts';

export type Guarantee = Exclude<ProcessingGuarantee, 'at_most_once'>;
export type Stores = 'memory' | 'redis';

/** What may be chosen for every scenario. */
export interface Choice {
  readonly brokers: string;
  /** null: state in memory only. */
  readonly redisUrl: string | null;
  readonly stores: readonly Stores[];
  readonly guarantee: Guarantee;
  readonly commitIntervalMs: number;
  /** Of the reference application: one contender for each. */
  readonly streamThreads: readonly number[];
  /** Of Kafka Streams. */
  readonly threads: number;
  /** Of Kafka Streams. */
  readonly peerStore: 'rocksdb' | 'memory';
}

/** The topics of one run; everything a run makes in Kafka begins with `id`. */
export interface Task {
  readonly id: string;
  readonly input: string;
  readonly output: string;
  readonly alerts: string;
  readonly deadLetters: string;
}

export interface Run {
  readonly child: RunningProcess;
  /** Resolves when tasks run, records or none. */
  running(): Promise<void>;
  /** Resolves when the first record is fetched, or just before it. */
  first(): Promise<void>;
  readonly groupId: string;
  /** Topics between the input and the output: a run is over when they are at rest as well. */
  readonly internalTopics: readonly string[];
  /** Where the group is not to be asked of Kafka: resolves when all is committed. */
  done?(): Promise<void>;
  /** After the process has ended: brings its output to Kafka, removes what it left on the disk. */
  end?(): Promise<void>;
}

export interface Contender {
  readonly name: string;
  /** False: what it reads and writes is brought there before and after. */
  readonly worksOnKafka: boolean;
  start(task: Task): Promise<Run>;
}

/** A program of `bench/peer` with its arguments behind BROKERS INPUT OUTPUT. */
export interface PeerProgram {
  readonly program: string;
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, string | number>>;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** Readings that are written, by so many sensors. */
  readonly records: number;
  readonly sensors: number;
  /** In the order of a round; Kafka Streams is the last. */
  contenders(choice: Choice): readonly Contender[];
  /** Where each record tells by its time of the reading that it came from last: for latency. */
  resultTopic(task: Task): string;
  /** Recomputes the output from the input. */
  verifier(task: Task): PeerProgram;
}
