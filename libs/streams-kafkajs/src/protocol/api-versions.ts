import type { ApiRequest } from './api-request.ts';

/** Features the cluster has agreed on, by name, with their version (KIP-584). */
export type FinalizedFeatures = ReadonlyMap<string, number>;

const FINALIZED_FEATURES_TAG = 2;

/** ApiVersions v3: client_software_name, client_software_version
 *  → error_code i16, [api_key i16, min i16, max i16], throttle i32,
 *    tag 2: [name, max_version_level i16, min_version_level i16] the finalized features.
 *  kafkajs negotiates versions with v0–v2 itself; this asks only for the features. Its answer has no tagged header. */
export function finalizedFeatures(): ApiRequest<FinalizedFeatures> {
  return {
    apiKey: 18,
    apiName: 'ApiVersions',
    minVersion: 3,
    maxVersion: 3,
    encode: (writer) => {
      writer.string('hiveframe-streams').string('0').tags();
    },
    decode: (reader) => {
      reader.int16();
      reader.array(() => {
        reader.at += 6;
        reader.tags();
      });
      reader.throttle();
      const features = new Map<string, number>();
      reader.tagged((tag) => {
        if (tag !== FINALIZED_FEATURES_TAG) return;
        reader.array(() => {
          const name = reader.string();
          features.set(name, reader.int16());
          reader.at += 2;
          reader.tags();
        });
      });
      return features;
    },
  };
}
