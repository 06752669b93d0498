import { describe, expect, it } from '@jest/globals';
import { credentialsOf, type SaslSource } from './sasl.ts';

/** The broker's side of one exchange: keeps what it hears, gives one answer. */
async function exchange(source: SaslSource, answer: string): Promise<string> {
  const given = await credentialsOf(source);
  if (!('authenticationProvider' in given)) throw new Error('kafkajs would do this itself');
  let heard = '';
  const mechanism = given.authenticationProvider({
    host: 'kafka',
    port: 9092,
    logger: undefined as never,
    saslAuthenticate: async ({ request, response }) => {
      const bytes = await request.encode();
      expect(bytes.readInt32BE()).toBe(bytes.length - 4);
      heard = bytes.subarray(4).toString();
      return response!.parse(await response!.decode(Buffer.concat([Buffer.alloc(4), Buffer.from(answer)])));
    },
  });
  await mechanism.authenticate();
  return heard;
}

describe('credentialsOf', () => {
  it('asks a function each time, so that credentials may change', async () => {
    let password = 'old';
    const source = async () => ({ mechanism: 'plain' as const, username: 'app', password });
    expect(await credentialsOf(source)).toMatchObject({ password: 'old' });
    password = 'new';
    expect(await credentialsOf(source)).toMatchObject({ password: 'new' });
  });

  it('gives a copy: kafkajs writes into what it is given', async () => {
    const given = { mechanism: 'plain' as const, username: 'app', password: 'p' };
    expect(await credentialsOf(given)).not.toBe(given);
  });

  it('sends a token with its extensions, as RFC 7628 has it', async () => {
    const oauthBearerProvider = async () => ({ value: 'abc', extensions: { tenant: '7' } });
    expect(await exchange({ mechanism: 'oauthbearer', oauthBearerProvider }, '')).toBe(
      'n,,\u0001auth=Bearer abc\u0001tenant=7\u0001\u0001',
    );
  });

  it('takes an answer to a token for the refusal that it is', async () => {
    const oauthBearerProvider = async () => ({ value: 'abc' });
    const refused = exchange({ mechanism: 'oauthbearer', oauthBearerProvider }, '{"status":"invalid_token"}');
    await expect(refused).rejects.toMatchObject({
      name: 'KafkaJSSASLAuthenticationError',
      message: expect.stringContaining('invalid_token'),
    });
  });
});
