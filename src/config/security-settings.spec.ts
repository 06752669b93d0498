import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { parseSettings } from './settings.ts';

const SECRET = 's3cret';
const SASL = { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'app' };

function faultsOf(env: Record<string, string>, files: Record<string, string> = {}): string {
  try {
    parseSettings(env, (path) => files[path] ?? missing());
  } catch (error) {
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(SECRET);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}
function missing(): never {
  throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
}

describe('secrets of the settings', () => {
  it('are shown by no dump of them', () => {
    const settings = parseSettings({
      ...SASL,
      KAFKA_SASL_PASSWORD: SECRET,
      REDIS_URL: `redis://app:${SECRET}@redis:6379`,
      REDIS_PASSWORD: SECRET,
    });
    expect(JSON.stringify(settings) + inspect(settings, { depth: 10, showHidden: true })).not.toContain(
      SECRET,
    );
    expect(settings.kafkaSasl?.password.reveal()).toBe(SECRET);
    expect(settings.redisUrl?.reveal()).toBe(`redis://app:${SECRET}@redis:6379`);
    expect(`${settings.redisUrl?.toString()}`).toBe('redis://app:***@redis:6379');
  });

  it.each([
    [`http://user:${SECRET}@redis:6379`, 'http://user:***@redis:6379/'],
    [`http://${SECRET}@redis:6379`, 'http://***@redis:6379/'],
    [`http://redis:6379?password=${SECRET}`, 'http://redis:6379/'],
    [`user:${SECRET}@redis:6379`, '***'],
    [`redis//user:${SECRET}@redis:6379`, '***'],
  ])('are hidden in a wrong REDIS_URL %s', (url, shown) => {
    const text = faultsOf({ REDIS_URL: url });
    expect(text.replace('***@***', '***')).toContain(`REDIS_URL="${shown.replace(/^.*@/, '***@')}"`);
    expect(text).not.toContain(SECRET);
  });

  it('are hidden where they were put into KAFKA_BROKERS', () => {
    expect(faultsOf({ KAFKA_BROKERS: `app:${SECRET}@kafka:9092` })).toContain(
      'KAFKA_BROKERS="***@kafka:9092"',
    );
  });

  it('come from a file, too, without the end of its line', () => {
    const env = { ...SASL, KAFKA_SASL_PASSWORD_FILE: '/run/password' };
    const { kafkaSasl } = parseSettings(env, () => `${SECRET}\n`);
    expect(kafkaSasl).toMatchObject({ username: 'app', passwordFile: '/run/password' });
    expect(kafkaSasl?.password.reveal()).toBe(SECRET);
  });

  it.each([
    [
      { ...SASL },
      'KAFKA_SASL_PASSWORD: must be given with KAFKA_SASL_MECHANISM, or KAFKA_SASL_PASSWORD_FILE',
    ],
    [
      { ...SASL, KAFKA_SASL_PASSWORD_FILE: '/none' },
      'KAFKA_SASL_PASSWORD_FILE="/none": must be a file that can be read',
    ],
    [{ KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_PASSWORD: SECRET }, 'KAFKA_SASL_USERNAME: must be given'],
    [{ KAFKA_SASL_PASSWORD: SECRET }, 'KAFKA_SASL_MECHANISM: must be one of plain'],
    [
      { ...SASL, KAFKA_SASL_PASSWORD: SECRET, KAFKA_SASL_PASSWORD_FILE: '/p' },
      'KAFKA_SASL_PASSWORD: must be given once',
    ],
    [
      { KAFKA_SSL_CERT_FILE: '/p' },
      'KAFKA_SSL_CERT_FILE="/p": must be given together with KAFKA_SSL_KEY_FILE',
    ],
    [{ KAFKA_SSL_CA_FILE: '/p' }, 'KAFKA_SSL_CA_FILE="/p": must be a file of certificates in PEM'],
    [
      { KAFKA_SSL: 'false', KAFKA_SSL_CA_FILE: '/p' },
      'KAFKA_SSL="false": must be true where KAFKA_SSL_CA_FILE is given',
    ],
    [
      { REDIS_URL: 'redis://r:1', REDIS_TLS_CA_FILE: '/p' },
      'REDIS_URL: must be a rediss:// URL where REDIS_TLS_CA_FILE is given',
    ],
    [
      { KAFKA_SSL_CERT_FILE: '/p', KAFKA_SSL_KEY_FILE: '/p', KAFKA_SSL_KEY_PASSPHRASE: SECRET },
      'KAFKA_SSL_KEY_FILE="/p": must be a file with a private key in PEM that KAFKA_SSL_KEY_PASSPHRASE, if any, opens',
    ],
  ])('%j: the fault names the variable', (env, fault) => {
    expect(faultsOf(env as Record<string, string>, { '/p': SECRET })).toContain(fault);
  });
});
