/** The chart on a real Kubernetes, with real pods: what it promises under load, said by a verifier that shares no code with it. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Scenario, type Services } from '../exactness/scenario.ts';
import { eventually } from '../support/eventually.ts';
import { hasKubernetes, Kube, type PodStatus, type Values } from './kube.ts';

jest.setTimeout(600_000);

const [repository = '', tag = 'latest'] = (process.env['HFS_APP_IMAGE'] ?? 'hiveframe-streams-app').split(
  ':',
);
/** So slow that a rolling update lies within it. */
const RATE = 1_000;
const RECORDS = Number(process.env['RECORDS'] ?? 150_000);
/** Of the input. */
const NUM_PARTITIONS = 4;
const SLOWLY = { timeoutMs: 180_000, everyMs: 500 };

(hasKubernetes() ? describe : describe.skip)('the chart on Kubernetes', () => {
  let kube: Kube;
  let services: Services;
  let scenario: Scenario;
  beforeAll(async () => {
    kube = await Kube.open();
    services = await kube.startServices();
    scenario = await Scenario.open({ ...services, emit: 'final' });
  });
  afterAll(async () => {
    await scenario?.close();
    await kube?.[Symbol.asyncDispose]();
  });

  const values = (more: Values): Values => ({
    'image.repository': repository,
    'image.tag': tag,
    'image.pullPolicy': 'Never',
    'resources.requests.cpu': '50m',
    'rollout.minReadySeconds': 2,
    'kafka.brokers[0]': services.brokers,
    'redis.url': services.redisUrl,
    'streams.applicationId': scenario.id,
    'settings.INPUT_TOPIC': scenario.input,
    'settings.OUTPUT_TOPIC': scenario.output,
    'settings.ALERT_TOPIC': scenario.alerts,
    'settings.DEAD_LETTER_TOPIC': scenario.deadLetters,
    'settings.EMIT': 'final',
    ...more,
  });
  const podsWhen = (what: string, holds: (pods: readonly PodStatus[]) => boolean, release = 'app') =>
    eventually(
      what,
      async () => {
        const pods = await kube.pods(release);
        return holds(pods) && pods;
      },
      SLOWLY,
    );

  it('has three pods ready, and passes its own test', async () => {
    await kube.install('app', values({ replicas: 3 }));
    expect(await kube.pods('app')).toMatchObject([1, 2, 3].map(() => ({ isReady: true, restarts: 0 })));
    await kube.test('app');
  });

  it('is alive, but not ready, while it waits for the topic of its input', async () => {
    const input = `${scenario.id}-later`;
    const own = {
      replicas: 1,
      'streams.applicationId': `${scenario.id}-waiting`,
      'settings.INPUT_TOPIC': input,
    };
    await kube.begin('waiting', values(own));
    const isWaiting = async () =>
      (await kube.kubectl('logs', 'deployment/waiting-hiveframe-streams')).join('\n');
    await eventually(
      'it waits',
      async () => (await isWaiting().catch(() => '')).includes('does not exist'),
      SLOWLY,
    );
    expect(await kube.pods('waiting')).toMatchObject([{ isReady: false, restarts: 0 }]);

    await scenario.cluster.createTopic(input, 1);
    const [pod] = await podsWhen('it is ready', (pods) => pods.every(({ isReady }) => isReady), 'waiting');
    expect(pod).toMatchObject({ restarts: 0 });
  });

  it('loses and repeats nothing under load, while all pods are replaced, a process is killed, and a pod, whose tasks move', async () => {
    const before = new Set((await kube.pods('app')).map(({ name }) => name));
    const generator = scenario.startGenerating(RECORDS, RATE);
    const committed = (records: number) =>
      scenario.cluster.waitForCommitted(scenario.id, scenario.input, { records, timeoutMs: 400_000 });
    await committed(RECORDS * 0.05);

    await kube.install('app', values({ replicas: 3, 'streams.commitIntervalMs': 150 }));
    const isNew = ({ name }: PodStatus) => !before.has(name);
    const [victim] = await podsWhen('the old pods are gone', (pods) => pods.every(isNew));
    expect(generator.hasExited).toBe(false);

    kube.crash(victim!);
    const after = await podsWhen('it was started again, and all are ready', (pods) =>
      pods.every(({ name, isReady, restarts }) => isReady && restarts === (name === victim!.name ? 1 : 0)),
    );
    expect(after).toHaveLength(3);

    const owners = () => scenario.cluster.ownersOf(scenario.id, scenario.input);
    const owned = await eventually('all partitions have an owner', async () => {
      const all = await owners();
      return all.size === NUM_PARTITIONS && all;
    });
    const dying = after.find(({ ip }) => ip === owned.get(0))!;
    expect(generator.hasExited).toBe(false);
    await kube.kill(dying);
    await eventually(
      'its tasks have moved',
      async () => {
        const hosts = [...(await owners()).values()];
        return hosts.length === NUM_PARTITIONS && !hosts.includes(dying.ip!);
      },
      SLOWLY,
    );
    await podsWhen(
      'another pod has its place',
      (pods) => pods.length === 3 && pods.every(({ name, isReady }) => isReady && name !== dying.name),
    );

    await generator.exited;
    await committed(RECORDS);
    expect(await scenario.verdict()).toMatchObject({ exact: true, readings: RECORDS, faults: {} });
  });

  it('is not ready while it restores its state', async () => {
    await kube.uninstall('app');
    // Without Redis all state comes from the changelog; without much of a core it takes a while.
    await kube.begin('restored', values({ replicas: 1, 'redis.url': '', 'resources.limits.cpu': '250m' }));
    const [{ ip }] = (await eventually('it has an address', async () => {
      const pods = await kube.pods('restored');
      return pods[0]?.ip !== undefined && pods;
    })) as [PodStatus];
    const looks: Look[] = [];
    await eventually(
      'it says that it is ready',
      async () => {
        const look = await readiness(ip!);
        if (look !== undefined) looks.push(look);
        return look?.code === 200;
      },
      { timeoutMs: 180_000, everyMs: 5 },
    );
    expect(looks.filter(({ isRestoring }) => isRestoring).map(({ code }) => code)).toContain(503);
    expect(looks.filter(({ code, isRestoring }) => isRestoring && code !== 503)).toEqual([]);

    const [pod] = await podsWhen('it is ready', (pods) => pods.every(({ isReady }) => isReady), 'restored');
    expect(pod).toMatchObject({ restarts: 0 });
    const lastNoMs = looks.findLast(({ code }) => code === 503)!.atMs;
    expect(pod!.readySinceMs).toBeGreaterThanOrEqual(Math.floor(lastNoMs / 1_000) * 1_000);
  });
});

interface Look {
  /** Before it was asked, epoch ms. */
  readonly atMs: number;
  readonly code: number;
  readonly isRestoring: boolean;
}

/** undefined: it does not listen yet. */
async function readiness(ip: string): Promise<Look | undefined> {
  const atMs = Date.now();
  try {
    const response = await fetch(`http://${ip}:3000/health/ready`, { signal: AbortSignal.timeout(5_000) });
    const { restoring } = (await response.json()) as { readonly restoring?: unknown };
    return { atMs, code: response.status, isRestoring: restoring !== undefined };
  } catch {
    return undefined;
  }
}
