/** Runs of one size: an application, and Kafka Streams where it is asked for, on an input that is made for it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunningProcess } from '../../test/support/child-process.ts';
import type { Cluster } from '../../test/support/cluster.ts';
import { runPeer, startPeer } from '../../test/support/peer.ts';
import { peerName, said, startApp, storesName } from '../contenders.ts';
import { isExact } from '../runs.ts';
import type { Topics } from '../scenarios/app/settings.ts';
import type { Choice } from '../scenarios/scenario.ts';
import type { GrowthResult } from './growth-report.ts';
import type { Point } from './points.ts';

type Result = Omit<GrowthResult, 'round'>;
export type Who = 'ours' | 'peer';

interface Started {
  readonly name: string;
  readonly child: RunningProcess;
  readonly end: () => void;
}

const TIMEOUT_MS = 300_000;
/** After start, before an idle application is watched. */
const SETTLE_MS = 5_000;

export class GrowthRuns {
  readonly #cluster: Cluster;
  readonly #choice: Choice;
  readonly #profileFolder: string | null;
  readonly #session = `growth-${Date.now().toString(36)}`;
  #made = 0;

  constructor(cluster: Cluster, choice: Choice, profileFolder: string | null) {
    this.#cluster = cluster;
    this.#choice = choice;
    this.#profileFolder = profileFolder;
  }

  close(): Promise<void> {
    return this.#cluster.removeAll(this.#session);
  }

  /** The peer has one topology only. */
  async *work(point: Point, contenders: readonly Who[]): AsyncGenerator<Result> {
    const id = this.#newId();
    const inputs = await this.#inputs(id, point);
    await runPeer('Generate', [this.#cluster.brokers, inputs.join(','), point.records], {
      sensors: point.sensors,
      padding: point.padding,
    });
    for (const who of point.topologies === 1 ? contenders : (['ours'] as const)) {
      yield await this.#workOnce(point, inputs, who);
    }
    await this.#cluster.removeAll(`${id}-`);
  }

  /** Partitions without records: nothing to do but to look. */
  async *idle(
    { partitions, seconds }: { readonly partitions: number; readonly seconds: number },
    contenders: readonly Who[],
  ): AsyncGenerator<Result> {
    for (const who of contenders) {
      const id = this.#newId();
      const point = { flow: 'count', partitions, topologies: 1 } as const;
      const inputs = await this.#inputs(id, point);
      const { name, child, end } = this.#start(
        who,
        id,
        point.flow,
        await this.#topics(id, inputs, partitions),
      );
      await said(child, 'running');
      await delay(SETTLE_MS);
      const before = child.usage().cpuSeconds;
      await delay(seconds * 1_000);
      const { cpuSeconds, peakRssBytes } = child.usage();
      await child.stop();
      end();
      await this.#cluster.removeAll(id);
      const cores = (cpuSeconds - before) / seconds;
      const figures = {
        recordsPerSecond: null,
        cpuSecondsPerMillion: null,
        cores,
        peakRssMb: peakRssBytes / 2 ** 20,
      };
      yield { dimension: 'idle', size: partitions, contender: name, exact: true, ...figures };
    }
  }

  async #workOnce(point: Point, inputs: readonly string[], who: Who): Promise<Result> {
    const id = this.#newId();
    const topics = await this.#topics(id, inputs, point.partitions);
    const { name, child, end } = this.#start(who, id, point.flow, topics);
    await said(child, who === 'ours' ? 'running' : 'first record');
    const startedAt = performance.now();
    const before = child.usage().cpuSeconds;
    for (const input of inputs) {
      const check = () => child.assertRunning();
      await this.#cluster.waitForCommitted(id, input, { timeoutMs: TIMEOUT_MS, everyMs: 25, check });
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    const { cpuSeconds, peakRssBytes } = child.usage();
    await child.stop();
    end();
    const outputs = topics.map(({ output }) => output).join(',');
    const exact = await isExact('VerifyScenario', [
      this.#cluster.brokers,
      inputs.join(','),
      outputs,
      point.flow,
    ]);
    await this.#cluster.removeAll(id);
    return {
      dimension: point.dimension,
      size: point.size,
      contender: name,
      exact,
      recordsPerSecond: point.records / seconds,
      cpuSecondsPerMillion: ((cpuSeconds - before) / point.records) * 1e6,
      peakRssMb: peakRssBytes / 2 ** 20,
      cores: null,
    };
  }

  #newId(): string {
    return `${this.#session}-${++this.#made}`;
  }

  async #inputs(id: string, { topologies, partitions }: Pick<Point, 'topologies' | 'partitions'>) {
    const inputs = Array.from({ length: topologies }, (_, index) => `${id}-in-${index}`);
    for (const input of inputs) await this.#cluster.createTopic(input, partitions);
    return inputs;
  }

  async #topics(id: string, inputs: readonly string[], partitions: number): Promise<readonly Topics[]> {
    const topics = inputs.map((input, index) => ({
      input,
      output: `${id}-out-${index}`,
      alerts: `${id}-alerts-${index}`,
    }));
    for (const { output } of topics) await this.#cluster.createTopic(output, partitions);
    return topics;
  }

  #start(who: Who, id: string, flow: string, topics: readonly Topics[]): Started {
    return who === 'ours' ? this.#startOurs(id, flow, topics) : this.#startPeer(id, flow, topics[0]!);
  }

  #startOurs(id: string, flow: string, topics: readonly Topics[]): Started {
    const { brokers, guarantee, commitIntervalMs, stores } = this.#choice;
    const redisUrl = stores.includes('redis') ? this.#choice.redisUrl : null;
    const name = `HiveFrame, ${storesName(redisUrl)}`;
    const profile =
      this.#profileFolder === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${this.#profileFolder}`];
    const settings = {
      applicationId: id,
      flow,
      topics,
      log: { brokers },
      redisUrl,
      guarantee,
      commitIntervalMs,
    };
    return { name, child: startApp(name, settings, profile), end: () => {} };
  }

  #startPeer(id: string, flow: string, { input, output }: Topics): Started {
    const { brokers, guarantee, commitIntervalMs, threads, peerStore } = this.#choice;
    const stateDir = mkdtempSync(join(tmpdir(), 'growth-peer-'));
    const child = startPeer('ScenarioPeer', [brokers, input, output, flow], {
      'application-id': id,
      guarantee: guarantee === 'exactly_once' ? 'exactly_once_v2' : guarantee,
      'commit-interval-ms': commitIntervalMs,
      threads,
      store: peerStore,
      'state-dir': stateDir,
    });
    return { name: peerName(this.#choice), child, end: () => rmSync(stateDir, { recursive: true }) };
  }
}
