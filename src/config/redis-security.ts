import { Secret } from './secret.ts';
import type { SettingReader } from './setting-reader.ts';
import { readTls, type TlsSettings } from './tls-settings.ts';

const TLS_FILES = ['CA', 'CERT', 'KEY'].map((name) => `REDIS_TLS_${name}_FILE`);
const ALLOWED = 'redis://host:port or rediss://host:port';

/** null: state is kept in memory. */
export function readRedisUrl(read: SettingReader): Secret | null {
  const text = read.text('REDIS_URL');
  if (text === undefined) return null;
  if (!isRedisUrl(text)) read.fault('REDIS_URL', withoutPassword(text), ALLOWED);
  return new Secret(text, withoutPassword(text));
}

/** Of a rediss:// URL; null: of another. */
export function readRedisTls(read: SettingReader, url: Secret | null): TlsSettings | null {
  if (url?.reveal().startsWith('rediss:')) return readTls(read, 'REDIS_TLS');
  const given = TLS_FILES.find((name) => read.text(name) !== undefined);
  if (given !== undefined) read.missing('REDIS_URL', `a rediss:// URL where ${given} is given`);
  return null;
}

function isRedisUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '';
}

/** A URL as it may be shown. What is not understood is not shown: a password may be anywhere in it. */
export function withoutPassword(text: string): string {
  const url = URL.parse(text);
  if (url === null || url.hostname === '') return '***';
  const user = url.password === '' ? '' : url.username;
  const credentials =
    url.username === '' && url.password === '' ? '' : `${user}${user === '' ? '' : ':'}***@`;
  return `${url.protocol}//${credentials}${url.host}${url.pathname}`;
}
