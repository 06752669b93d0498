import { double, json, keyValueStore, seconds, string, StreamsBuilder, topic } from '@hiveframe/streams';

export interface Heartbeat {
  readonly battery: number;
}
export interface Silence {
  readonly sinceMs: number;
}

export const heartbeats = topic('heartbeats', { key: string(), value: json<Heartbeat>() });
export const silences = topic('silences', { key: string(), value: json<Silence>() });
export const lastSeen = keyValueStore({ name: 'last-seen', key: string(), value: double() });

const builder = new StreamsBuilder();
builder
  .stream(heartbeats)
  .process({
    name: 'silence',
    stores: { lastSeen },
    output: { key: string(), value: json<Silence>() },
    create: ({ stores, forward, schedule }) => {
      schedule({ name: 'check', everyMs: seconds(1), time: 'wallClock' }, async (nowMs) => {
        for await (const { key, value: sinceMs } of stores.lastSeen.all()) {
          if (nowMs - sinceMs < seconds(2)) continue;
          forward({ key, value: { sinceMs }, timestampMs: nowMs });
          stores.lastSeen.delete(key); // once for each silence
        }
      });
      return {
        process({ key, timestampMs }) {
          stores.lastSeen.put(key, timestampMs);
        },
      };
    },
  })
  .to(silences);

export const topology = builder.build();
