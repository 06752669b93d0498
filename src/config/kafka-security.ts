import type { Secret } from './secret.ts';
import type { SettingReader } from './setting-reader.ts';
import { readTls, type TlsSettings } from './tls-settings.ts';

export interface SaslSettings {
  readonly mechanism: (typeof MECHANISMS)[number];
  readonly username: string;
  readonly password: Secret;
  /** Where the password is kept: read again for each connection, so that it can be rotated. null: nowhere. */
  readonly passwordFile: string | null;
}

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
const TLS_FILES = ['CA', 'CERT', 'KEY'].map((name) => `KAFKA_SSL_${name}_FILE`);

/** `KAFKA_SSL`, or any `KAFKA_SSL_…_FILE`, asks for TLS; null: none. */
export function readKafkaTls(read: SettingReader): TlsSettings | null {
  const files = TLS_FILES.filter((name) => read.text(name) !== undefined);
  const wanted = read.boolean('KAFKA_SSL', files.length > 0);
  if (!wanted && files.length > 0) {
    read.fault('KAFKA_SSL', read.text('KAFKA_SSL')!, `true where ${files.join(', ')} is given`);
  }
  return wanted ? readTls(read, 'KAFKA_SSL') : null;
}

export function readKafkaSasl(read: SettingReader): SaslSettings | null {
  const given = read.text('KAFKA_SASL_MECHANISM');
  const username = read.text('KAFKA_SASL_USERNAME');
  const password = read.secret('KAFKA_SASL_PASSWORD');
  if (given === undefined) {
    if (username !== undefined || password !== undefined)
      read.missing('KAFKA_SASL_MECHANISM', `one of ${MECHANISMS.join(', ')}`);
    return null;
  }
  const mechanism = read.oneOf('KAFKA_SASL_MECHANISM', 'plain', MECHANISMS);
  if (username === undefined) read.missing('KAFKA_SASL_USERNAME', `given with KAFKA_SASL_MECHANISM`);
  if (password === undefined && read.text('KAFKA_SASL_PASSWORD_FILE') === undefined)
    read.missing('KAFKA_SASL_PASSWORD', 'given with KAFKA_SASL_MECHANISM, or KAFKA_SASL_PASSWORD_FILE');
  if (username === undefined || password === undefined) return null;
  return { mechanism, username, password, passwordFile: read.text('KAFKA_SASL_PASSWORD_FILE') ?? null };
}
