/** A real broker with a listener for each way to come in, and the users and certificates for them. Whoever is let in may do
 *  only what ACLs allow; the plain listener is the administrator's, and stands for a listener without TLS too. */
import { randomUUID } from 'node:crypto';
import type { CertificateAuthority } from './certificates.ts';
import { freePort } from './free-port.ts';
import { KafkaCluster } from './kafka-cluster.ts';

/** name of the listener -> its security protocol */
const LISTENERS = {
  plain: 'PLAINTEXT',
  /** TLS; anybody may connect. */
  tls: 'SSL',
  /** TLS with a certificate of the client's own; its common name is the user. */
  mutual: 'SSL',
  expired: 'SSL',
  otherhost: 'SSL',
  /** PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512, OAUTHBEARER with unsigned tokens. */
  sasl: 'SASL_SSL',
  /** The same, where a session ends after `SESSION_MS`. */
  expiring: 'SASL_SSL',
} as const;
export type ListenerName = keyof typeof LISTENERS;

/** `connections.max.reauth.ms` of the listener `expiring`. */
export const SESSION_MS = 3_000;
export const USER = 'app';

export class SecureKafka {
  readonly authority: CertificateAuthority;
  /** Of `USER`, made anew for each broker. */
  readonly password: string;
  readonly #cluster: KafkaCluster;
  readonly #ports: Readonly<Record<ListenerName, number>>;

  private constructor(
    authority: CertificateAuthority,
    cluster: KafkaCluster,
    ports: Readonly<Record<ListenerName, number>>,
    password: string,
  ) {
    this.authority = authority;
    this.#cluster = cluster;
    this.#ports = ports;
    this.password = password;
  }

  static async start(script: string, authority: CertificateAuthority): Promise<SecureKafka> {
    const names = Object.keys(LISTENERS) as ListenerName[];
    const ports = {} as Record<ListenerName, number>;
    for (const name of names) ports[name] = await freePort();
    const password = `pw-${randomUUID()}`;
    const settings = {
      ...listenerSettings(ports, await freePort()),
      ...(await certificateSettings(authority)),
      ...saslSettings(password),
      ...AUTHORIZER,
    };
    const cluster = await KafkaCluster.start(script, 1, { port: ports.plain, settings });
    const kafka = new SecureKafka(authority, cluster, ports, password);
    await kafka.setScramPassword(password);
    return kafka;
  }

  address(listener: ListenerName): string {
    return `127.0.0.1:${this.#ports[listener]}`;
  }

  /** Of `USER`. */
  async setScramPassword(
    password: string,
    mechanisms: readonly string[] = ['SCRAM-SHA-256', 'SCRAM-SHA-512'],
  ): Promise<void> {
    const user = ['--entity-type', 'users', '--entity-name', USER];
    const setFor = (mechanism: string) =>
      this.tool('configs', ['--alter', '--add-config', `${mechanism}=[password=${password}]`, ...user]);
    await Promise.all(mechanisms.map(setFor)); // one request takes one mechanism
  }

  /** Runs a tool of Kafka's own as administrator; what it printed. */
  tool(name: string, args: readonly string[]): Promise<string> {
    return this.#cluster.tool(name, args);
  }
  logs(): Promise<string> {
    return this.#cluster.logs();
  }
  stop(): Promise<void> {
    return this.#cluster.stop();
  }
}

function listenerSettings(ports: Readonly<Record<ListenerName, number>>, controller: number) {
  const entries = Object.entries(LISTENERS) as Array<[ListenerName, string]>;
  const list = entries.map(([name]) => `${name.toUpperCase()}://127.0.0.1:${ports[name]}`).join(',');
  const protocols = entries.map(([name, protocol]) => `${name.toUpperCase()}:${protocol}`).join(',');
  return {
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: `${list},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': list,
    'listener.security.protocol.map': `CONTROLLER:PLAINTEXT,${protocols}`,
    'inter.broker.listener.name': 'PLAIN',
    'auto.create.topics.enable': 'false',
  };
}

async function certificateSettings(authority: CertificateAuthority): Promise<Record<string, string>> {
  const broker = await authority.issue('broker');
  const expired = await authority.issue('expired', { expired: true });
  const otherHost = await authority.issue('other-host', { names: ['DNS:kafka.example.com'] });
  const keystore = (listener: ListenerName, file: string) => ({
    [`listener.name.${listener}.ssl.keystore.type`]: 'PEM',
    [`listener.name.${listener}.ssl.keystore.location`]: file,
  });
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': broker.keystoreFile,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': authority.certFile,
    ...keystore('expired', expired.keystoreFile),
    ...keystore('otherhost', otherHost.keystoreFile),
    'listener.name.mutual.ssl.client.auth': 'required',
    'ssl.principal.mapping.rules': 'RULE:^CN=([^,]+).*$/$1/',
  };
}

function saslSettings(password: string): Record<string, string> {
  const modules = {
    plain: `org.apache.kafka.common.security.plain.PlainLoginModule required user_${USER}="${password}";`,
    'scram-sha-256': 'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    'scram-sha-512': 'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    oauthbearer: 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;',
  };
  const mechanisms = Object.entries(modules);
  const settings: Record<string, string> = {};
  for (const listener of ['sasl', 'expiring']) {
    const prefix = `listener.name.${listener}`;
    settings[`${prefix}.sasl.enabled.mechanisms`] = mechanisms.map(([name]) => name.toUpperCase()).join(',');
    for (const [name, module] of mechanisms) settings[`${prefix}.${name}.sasl.jaas.config`] = module;
  }
  for (const [name] of mechanisms) {
    settings[`listener.name.expiring.${name}.connections.max.reauth.ms`] = String(SESSION_MS);
  }
  return settings;
}

/** Denies by default. On listeners without authentication everybody is ANONYMOUS: here the administrator. */
const AUTHORIZER = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'allow.everyone.if.no.acl.found': 'false',
  'super.users': 'User:ANONYMOUS',
};
