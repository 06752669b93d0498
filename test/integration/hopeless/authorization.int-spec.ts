/** A broker that lets the application in and denies it one operation: each time the end says which, on what. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
  type Admin,
} from 'kafkajs';
import { LogError } from '@hiveframe/streams';
import { KafkaCluster } from '../../support/kafka-cluster.ts';
import { Scene } from './scene.ts';

jest.setTimeout(120_000);

const script = KafkaCluster.script();
const AUTHORIZER = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'allow.everyone.if.no.acl.found': 'true',
  'auto.create.topics.enable': 'false',
};
const { TOPIC, GROUP, TRANSACTIONAL_ID } = AclResourceTypes;
const { READ, WRITE, CREATE, DESCRIBE, DESCRIBE_CONFIGS } = AclOperationTypes;

(script === undefined ? describe.skip : describe)('a broker that denies', () => {
  let cluster: KafkaCluster;
  let admin: Admin;
  let scene: Scene;

  beforeAll(async () => {
    cluster = await KafkaCluster.start(script!, 1, { settings: AUTHORIZER });
    admin = new Kafka({ brokers: [...cluster.brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
  });
  afterAll(async () => {
    await admin?.disconnect();
    await cluster?.stop();
  });
  beforeEach(async () => {
    scene = await Scene.open(cluster.brokers);
  });
  afterEach(() => scene.close());

  /** Everything else stays allowed on what begins with `name`. */
  async function deny(
    resourceType: AclResourceTypes,
    name: string,
    operation: AclOperationTypes,
  ): Promise<void> {
    const on = { resourceType, resourceName: name, resourcePatternType: patternOf(resourceType) };
    const who = { principal: 'User:ANONYMOUS', host: '*' };
    const rule = (of: AclOperationTypes, permissionType: AclPermissionTypes) => ({
      ...on,
      ...who,
      operation: of,
      permissionType,
    });
    await admin.createAcls({
      acl: [rule(AclOperationTypes.ALL, AclPermissionTypes.ALLOW), rule(operation, AclPermissionTypes.DENY)],
    });
  }

  async function allowAgain(resourceType: AclResourceTypes, name: string): Promise<void> {
    const on = { resourceType, resourceName: name, resourcePatternType: patternOf(resourceType) };
    const any = { operation: AclOperationTypes.ANY, permissionType: AclPermissionTypes.ANY };
    await admin.deleteAcls({ filters: [{ ...on, ...any }] });
  }

  async function expectEnd(text: string): Promise<void> {
    const app = scene.app();
    const starting = app.start().catch(() => {});
    await scene.write(['a']).catch(() => {});
    const { error } = await scene.endOf(app);
    await starting;
    expect(error).toBeInstanceOf(LogError);
    expect((error as LogError).failure).toEqual({ kind: 'unauthorized' });
    expect(error.message).toContain(`The user of this client needs ${text}: grant it`);
    expect(await scene.read()).toEqual([]);
  }

  it('to read a source topic', async () => {
    await scene.write(['before']);
    await deny(TOPIC, scene.input, READ);
    await expectEnd(`Read on topic ${scene.input}`);
  });

  it('to describe a source topic', async () => {
    await deny(TOPIC, scene.input, DESCRIBE);
    await expectEnd(`Describe on topic ${scene.input}`);
  });

  it('to describe the settings of a topic', async () => {
    await deny(TOPIC, scene.input, DESCRIBE_CONFIGS);
    await expectEnd(`DescribeConfigs on topic ${scene.input}`);
  });

  it('to write the output', async () => {
    await deny(TOPIC, scene.output, WRITE);
    await expectEnd(`Write on topic ${scene.output}`);
  });

  it('to create a topic', async () => {
    const anywhere = [AclResourceTypes.CLUSTER, 'kafka-cluster', CREATE] as const;
    await deny(...anywhere);
    await deny(TOPIC, scene.output, CREATE);
    try {
      await expectEnd(`Create on topic ${scene.output}`);
    } finally {
      await allowAgain(anywhere[0], anywhere[1]);
    }
  });

  it('the group', async () => {
    await deny(GROUP, scene.applicationId, READ);
    await expectEnd(`Read on group ${scene.applicationId}`);
  });

  it('the transactional id', async () => {
    await deny(TRANSACTIONAL_ID, scene.applicationId, WRITE);
    await expectEnd(`Write on transactional-id ${scene.applicationId}-0_0`);
  });

  it.each([
    ['read', TOPIC, 'input', READ, 'Read on topic'],
    ['write', TOPIC, 'output', WRITE, 'Write on topic'],
    ['stay in the group', GROUP, 'applicationId', READ, 'Read on group'],
    ['commit', TRANSACTIONAL_ID, 'applicationId', WRITE, 'Write on transactional-id'],
  ] as const)('to %s from one moment to the next, while it runs', async (_, type, name, operation, text) => {
    await scene.write(['a', 'b']);
    const app = scene.app();
    await app.start();
    await scene.untilRead(['a', 'b']);
    await deny(type, scene[name], operation);
    const writing = scene.write(['c']).catch(() => {});
    const { error, afterMs } = await scene.endOf(app);
    expect(error.message).toContain(`needs ${text} ${scene[name]}`);
    expect(afterMs).toBeLessThan(20_000);
    await writing;
  });

  it('nothing any more, and the application goes on where it was', async () => {
    await scene.write(['a']);
    await deny(TOPIC, scene.output, WRITE);
    const first = scene.app();
    const starting = first.start().catch(() => {});
    await scene.endOf(first);
    await starting;
    await allowAgain(TOPIC, scene.output);
    await scene.write(['b']);
    await scene.app().start();
    await scene.untilRead(['a', 'b']);
    expect(await scene.read()).toEqual(['a', 'b']);
  });
});

/** There is one cluster, and its name is no prefix. */
function patternOf(resourceType: AclResourceTypes): ResourcePatternTypes {
  return resourceType === AclResourceTypes.CLUSTER
    ? ResourcePatternTypes.LITERAL
    : ResourcePatternTypes.PREFIXED;
}
