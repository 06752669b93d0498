/** What the chart promises, read from what Helm renders. That it is Kubernetes, the schemas say: `.ci/run`. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseSettings } from '../../src/config/settings.ts';
import { canMakeCertificates, CertificateAuthority } from '../support/certificates.ts';
import { canRenderCharts, RenderedChart } from './rendered-chart.ts';

const EXAMPLES = readdirSync(new URL('../../helm/hiveframe-streams/ci/', import.meta.url));
const HAS_CREDENTIALS = /secured|keda/;
const VALUES = ['values.yaml', ...EXAMPLES.map((name) => `ci/${name}`)];
/** Of the Nest module: to leave the group and to close connections. */
const LEAVE_MARGIN_MS = 4_000;

(canRenderCharts() ? describe : describe.skip)('the Helm chart', () => {
  it.each(VALUES)(
    'runs without root, rights or writable files, and without a token of the Kubernetes API: %s',
    async (values) => {
      for (const { securityContext, automountServiceAccountToken, containers } of (
        await RenderedChart.of(values)
      ).pods) {
        expect(automountServiceAccountToken).toBe(false);
        expect(securityContext).toMatchObject({
          runAsNonRoot: true,
          runAsUser: 1000,
          seccompProfile: { type: 'RuntimeDefault' },
        });
        expect(containers.map((container) => container.securityContext)).toEqual([
          {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        ]);
      }
    },
  );

  it('has no volume but one with the files of credentials, which is read only', async () => {
    for (const values of VALUES) {
      const [pod] = (await RenderedChart.of(values)).pods;
      const isSecured = HAS_CREDENTIALS.test(values);
      expect(pod!.volumes?.map(({ name }) => name)).toEqual(isSecured ? ['credentials'] : undefined);
      expect(pod!.containers[0]!.volumeMounts?.map(({ readOnly }) => readOnly)).toEqual(
        isSecured ? [true] : undefined,
      );
    }
  });

  it.each(VALUES)('waits longer at the end than the application needs to stop: %s', async (values) => {
    const chart = await RenderedChart.of(values);
    const stopMs = Number(chart.environment['STOP_TIMEOUT_MS']) + LEAVE_MARGIN_MS;
    expect(chart.pods[0]!.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(stopMs);
  });

  it.each(VALUES.filter((values) => !HAS_CREDENTIALS.test(values)))(
    'gives an environment that the reference app accepts: %s',
    async (values) => {
      const { environment } = await RenderedChart.of(values);
      // A value that comes from a Secret is no URL here.
      const settings = parseSettings({ ...environment, REDIS_URL: 'redis://redis:6379' });
      expect(settings).toMatchObject({ bindAddress: '0.0.0.0', port: 3000, kafkaTls: null, kafkaSasl: null });
      expect(settings.stopTimeoutMs).toBe(values.includes('hpa') ? 45_500 : 20_000);
    },
  );

  it('serves metrics where asked, and tells the operator of Prometheus of the port that the service has', async () => {
    const plain = await RenderedChart.of('values.yaml');
    expect(parseSettings(plain.environment)).toMatchObject({ metrics: false });
    const chart = await RenderedChart.of('ci/secured-values.yaml');
    expect(chart.environment['METRICS']).toBe('true');
    const { metadata, spec } = chart.one('ServiceMonitor');
    expect(metadata.labels).toMatchObject({ release: 'prometheus' });
    expect(spec.endpoints).toEqual([
      { port: 'http', path: '/metrics', interval: '15s', scrapeTimeout: '10s' },
    ]);
    const service = chart.one('Service');
    expect(service.metadata.labels).toMatchObject(spec.selector!.matchLabels);
    expect(service.spec.ports!.map(({ name }) => name)).toEqual(['http']);
  });

  it('asks for liveness and readiness where the application answers for them', async () => {
    const [container] = (await RenderedChart.of('values.yaml')).pods[0]!.containers;
    const at = (path: string) => ({ httpGet: { path, port: 'http' } });
    expect(container).toMatchObject({
      startupProbe: at('/health/live'),
      livenessProbe: at('/health/live'),
      readinessProbe: at('/health/ready'),
    });
  });

  it('lets a drain take one pod at a time, and those that are not ready anyway', async () => {
    expect((await RenderedChart.of('values.yaml')).one('PodDisruptionBudget').spec).toMatchObject({
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    });
    expect((await RenderedChart.of('ci/bare-values.yaml')).all('PodDisruptionBudget')).toEqual([]);
  });

  it('scales by CPU: slowly, and down one pod at a time', async () => {
    const chart = await RenderedChart.of('ci/hpa-values.yaml');
    expect(chart.one('HorizontalPodAutoscaler').spec).toMatchObject({
      scaleTargetRef: { kind: 'Deployment', name: chart.one('Deployment').metadata.name },
      minReplicas: 2,
      maxReplicas: 6,
      metrics: [{ resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }],
      behavior: { scaleDown: { stabilizationWindowSeconds: 600, policies: [{ type: 'Pods', value: 1 }] } },
    });
    expect(chart.all('ScaledObject')).toEqual([]);
  });

  it('scales by the lag of the group of the application, with the credentials that it has', async () => {
    const chart = await RenderedChart.of('ci/keda-values.yaml');
    expect(chart.one('ScaledObject').spec).toMatchObject({
      scaleTargetRef: { name: chart.one('Deployment').metadata.name },
      minReplicaCount: 2,
      maxReplicaCount: 8,
      triggers: [
        {
          type: 'kafka',
          metadata: {
            bootstrapServers: chart.environment['KAFKA_BROKERS'],
            consumerGroup: chart.environment['APPLICATION_ID'],
            topic: 'sensor-readings',
            lagThreshold: '10000',
            tls: 'enable',
            sasl: 'plaintext',
          },
          authenticationRef: { name: chart.one('TriggerAuthentication').metadata.name },
        },
      ],
    });
    expect(chart.one('TriggerAuthentication').spec).toMatchObject({
      secretTargetRef: [
        { parameter: 'ca', name: 'kafka-ca', key: 'ca.crt' },
        { parameter: 'username', name: 'kafka-user', key: 'user' },
        { parameter: 'password', name: 'kafka-user', key: 'password' },
      ],
    });
    expect(chart.all('HorizontalPodAutoscaler')).toEqual([]);
  });

  it('reads its own ConfigMap, then the ConfigMaps and Secrets that it is given, which win', async () => {
    const chart = await RenderedChart.of('ci/secured-values.yaml');
    expect(chart.pods[0]!.containers[0]).toMatchObject({
      envFrom: [
        { configMapRef: { name: chart.one('ConfigMap').metadata.name } },
        { secretRef: { name: 'more' } },
        { configMapRef: { name: 'others', optional: true } },
      ],
    });
    expect(chart.environment['NODE_OPTIONS']).toBe('--max-old-space-size=512');
  });

  it('replaces its pods when a setting changes', async () => {
    const checksum = async (...set: readonly string[]) =>
      (await RenderedChart.of('values.yaml', ...set)).one('Deployment').spec.template.metadata.annotations;
    expect(await checksum('streams.commitIntervalMs=150')).not.toEqual(await checksum());
    expect(await checksum('replicas=3')).toEqual(await checksum());
  });

  it('is tested by a pod without rights that asks the service whether it is ready', async () => {
    const test = (await RenderedChart.of('values.yaml')).one('Pod');
    expect(test.metadata.annotations).toMatchObject({ 'helm.sh/hook': 'test' });
    const url = test.spec.containers[0]!.env!.find(({ name }) => name === 'URL')!.value;
    expect(url).toBe('http://test-hiveframe-streams:80/health/ready');
  });

  it('leaves the number of pods to an autoscaler where there is one', async () => {
    const replicas = async (values: string) =>
      (await RenderedChart.of(values)).one('Deployment').spec.replicas;
    expect(await replicas('values.yaml')).toBe(2);
    expect(await replicas('ci/hpa-values.yaml')).toBeUndefined();
    expect(await replicas('ci/keda-values.yaml')).toBeUndefined();
  });

  it('lets pods reach the ports that brokers and Redis are given with', async () => {
    const ports = async (values: string, ...set: readonly string[]) =>
      (await RenderedChart.of(values, ...set))
        .one('NetworkPolicy')
        .spec.egress!.flatMap((rule) => rule.ports?.map(({ port }) => port));
    expect(await ports('values.yaml')).toEqual([53, 53, 9092]);
    expect(await ports('values.yaml', 'redis.url=redis://redis1')).toEqual([53, 53, 9092, 6379]);
    expect(await ports('values.yaml', 'redis.url=redis://redis1:7000/2')).toEqual([53, 53, 9092, 7000]);
    expect(await ports('ci/secured-values.yaml')).toEqual([53, 53, 9093, 9094, 6380, 443]);
  });

  it.each([
    ['terminationGracePeriodSeconds=29', /must be at least 30/],
    ['replica=3', /replica/],
    ['kafka.tls.caSecret.name=ca', /kafka\.tls\.enabled must be true/],
    ['kafka.sasl.mechanism=plain', /must be given together/],
    ['kafka.sasl.mechanism=gssapi', /scram-sha-512/],
    ['kafka.brokers={kafka}', /kafka\/brokers|kafka\.brokers/],
    ['redis.url=redis://:password@redis', /redis\/url|redis\.url/],
    ['redis.credentialsSecret.name=redis', /redis\.url or redis\.urlSecret must be given/],
    ['redis.url=redis://redis,redis.tls.caSecret.name=ca', /must begin with rediss/],
    ['hpa.enabled=true,keda.enabled=true', /exclude each other/],
    ['metrics.serviceMonitor.enabled=true', /metrics\.enabled must be true/],
    ['hpa.minReplicas=9', /hpa\.minReplicas must not be more/],
    ['settings.KAFKA_BROKERS=other:9092', /settings\.KAFKA_BROKERS is made by the chart/],
  ])('refuses %s', async (set, reason) => {
    await expect(RenderedChart.of('values.yaml', set)).rejects.toThrow(reason);
  });

  (canMakeCertificates() ? describe : describe.skip)('with TLS and credentials', () => {
    let authority: CertificateAuthority;
    let files: Readonly<Record<string, string>>;
    beforeAll(async () => {
      authority = await CertificateAuthority.create();
      const own = await authority.issue('app');
      const encrypted = await authority.issue('encrypted', { passphrase: 'phrase' });
      files = {
        'ca.crt': authority.certFile,
        'redis/tls.crt': own.certFile,
        'redis/tls.key': own.keyFile,
        'kafka/tls.crt': encrypted.certFile,
        'kafka/tls.key': encrypted.keyFile,
      };
    });
    afterAll(() => authority.remove());

    it('tells the reference app of each, and mounts every file that it is told of', async () => {
      const chart = await RenderedChart.of('ci/secured-values.yaml');
      const unread = new Set(chart.files.keys());
      const readFile = (path: string) => {
        if (!chart.files.has(path)) throw new Error(`${path} is not mounted`);
        unread.delete(path);
        const name = Object.keys(files).find((end) => path.endsWith(end));
        return name === undefined ? 'phrase' : readFileSync(files[name]!, 'utf8');
      };
      expect(parseSettings(chart.environment, readFile)).toMatchObject({
        kafkaBrokers: ['kafka-1.example:9093', 'kafka-2.example:9094'],
        kafkaTls: { ca: expect.any(String), own: { cert: expect.any(String) } },
        kafkaSasl: { mechanism: 'scram-sha-512', username: 'secret', passwordFile: expect.any(String) },
        redisUsername: 'secret',
        redisPassword: expect.anything(),
        redisTls: { ca: expect.any(String), own: { cert: expect.any(String) } },
      });
      expect([...unread]).toEqual([]);
    });
  });
});
