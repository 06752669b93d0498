import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions } from 'node:https';
import { ConfigError } from '@hiveframe/streams';

/** Sent as `Authorization: Bearer`; a function is asked before each request, so that a token may expire. */
export type BearerToken = string | (() => string | Promise<string>);

export interface SchemaRegistryOptions {
  /** Confluent's: `http://host:8081`. Apicurio's: `http://host:8080/apis/ccompat/v7`. */
  readonly url: string;
  /** Basic authentication, or a token. @defaultValue none */
  readonly auth?: { readonly username: string; readonly password: string } | { readonly bearer: BearerToken };
  /** For https: certificates and what else Node's `https.Agent` takes. @defaultValue the certificates that Node trusts */
  readonly tls?: Pick<
    AgentOptions,
    'ca' | 'cert' | 'key' | 'passphrase' | 'pfx' | 'rejectUnauthorized' | 'servername' | 'minVersion'
  >;
  /** Of one request that is not answered. @defaultValue 10 s */
  readonly requestTimeoutMs?: number;
}

export interface ResolvedRegistryOptions {
  readonly url: string;
  readonly auth: SchemaRegistryOptions['auth'];
  readonly agent: HttpAgent;
  readonly requestTimeoutMs: number;
}

/** @throws ConfigError, with all faults */
export function resolveRegistryOptions(options: SchemaRegistryOptions): ResolvedRegistryOptions {
  const { url, auth, tls, requestTimeoutMs = 10_000 } = options;
  const parsed = URL.parse(url);
  const faults: string[] = [];
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) faults.push('url is no http or https address');
  else if (parsed.username !== '' || parsed.password !== '')
    faults.push('url has credentials in it: give them as auth, so that no message shows them');
  if (tls !== undefined && parsed?.protocol !== 'https:') faults.push('tls is given, but url is not https');
  if (!(Number.isSafeInteger(requestTimeoutMs) && requestTimeoutMs > 0))
    faults.push(`requestTimeoutMs is ${String(requestTimeoutMs)}; it must be a whole number above 0`);
  if (faults.length > 0) throw new ConfigError(`Cannot use the schema registry: ${faults.join('; ')}.`);
  const isSecure = parsed!.protocol === 'https:';
  const agent = isSecure ? new HttpsAgent({ keepAlive: true, ...tls }) : new HttpAgent({ keepAlive: true });
  return { url: url.replace(/\/+$/, ''), auth, agent, requestTimeoutMs };
}
