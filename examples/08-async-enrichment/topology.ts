import { json, seconds, string, StreamsBuilder, topic, type Topology } from '@hiveframe/streams';

export interface Signup {
  readonly ip: string;
}
export interface LocatedSignup extends Signup {
  readonly country: string;
}

/** A service somewhere: slow, and sometimes away. */
export interface Geocoder {
  countryOf(ip: string, signal: AbortSignal): Promise<string>;
}

export const signups = topic('signups', { key: string(), value: json<Signup>() });
export const located = topic('located-signups', { key: string(), value: json<LocatedSignup>() });

export function topologyWith(geocoder: Geocoder): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(signups)
    .mapValuesAsync(
      async (signup, _key, signal) => ({ ...signup, country: await geocoder.countryOf(signup.ip, signal) }),
      { name: 'locate', concurrency: 8, order: 'perKey', timeoutMs: seconds(2), retries: 3, backoffMs: 200 },
    )
    .to(located);
  return builder.build();
}
