/** What kafkajs is given to authenticate one connection with. */
import type { Mechanism, SASLOptions } from 'kafkajs';

export type SaslOptions = SASLOptions;

/** Credentials, or where to get them: asked for each new connection, so that they may change while the service runs. */
export type SaslSource = SaslOptions | (() => SaslOptions | Promise<SaslOptions>);

/** A copy for one connection: kafkajs writes into what it is given. Rejects with what the source rejects with. */
export async function credentialsOf(source: SaslSource): Promise<SaslOptions | Mechanism> {
  const options = typeof source === 'function' ? await source() : source;
  if (options.mechanism !== 'oauthbearer') return { ...options };
  return oauthBearer((await options.oauthBearerProvider()) as OauthToken);
}

interface OauthToken {
  readonly value: string;
  readonly extensions?: Readonly<Record<string, string>>;
}

/** kafkajs takes any answer to a token for a yes. A no comes as an answer, too, with the reason in JSON (RFC 7628, 3.2.2).
 *  https://kafka.js.org/docs/custom-authentication-mechanism */
function oauthBearer(token: OauthToken): Mechanism {
  return {
    mechanism: 'OAUTHBEARER',
    authenticationProvider: ({ saslAuthenticate }) => ({
      authenticate: async () => {
        const answer = await saslAuthenticate({ request: initialResponse(token), response: ANSWER });
        if (answer) throw new RefusedToken(answer);
      },
    }),
  };
}

/** `n,,` 0x01 `auth=Bearer <token>` (0x01 `name=value`)* 0x01 0x01, after its length as int32. RFC 7628, 3.1; KIP-342 */
function initialResponse({ value, extensions = {} }: OauthToken) {
  const pairs = Object.entries(extensions).map(([name, text]) => `${name}=${text}`);
  const text = ['n,,', `auth=Bearer ${value}`, ...pairs, '', ''].join('\u0001');
  const length = Buffer.alloc(4);
  length.writeInt32BE(Buffer.byteLength(text));
  return { encode: () => Buffer.concat([length, Buffer.from(text)]) };
}
const ANSWER = {
  decode: (authBytes: Buffer) => authBytes.subarray(4),
  parse: (answer: Buffer) => answer.toString(),
};

/** Named as kafkajs names what its own mechanisms throw. */
class RefusedToken extends Error {
  override readonly name = 'KafkaJSSASLAuthenticationError';
  constructor(answer: string) {
    super(`SASL OAUTHBEARER authentication failed: ${answer}`);
  }
}
