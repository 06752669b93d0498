/** Where a broker and this client will not come together however often they try: wrong certificates, wrong credentials, TLS on
 *  one side only. Told with the remedy, and never with what was presented. */

/** What errors of kafkajs and of Node's sockets tell. */
export interface ConnectingError {
  readonly message: string;
  /** Of the socket's error, as Node names it. */
  readonly code?: unknown;
  /** Of the broker's answer, as Kafka names it. */
  readonly type?: unknown;
}

/** Code of the error with which `kafkajs.ts` ends a plain connection that is answered in TLS. */
export const SPEAKS_TLS = 'BROKER_SPEAKS_TLS';

const UNKNOWN_AUTHORITY =
  "no authority that is trusted here has signed the broker's certificate: give the authority's own certificate as `ssl.ca`";
const NO_TLS = 'it speaks no TLS on this port: take the port of its TLS listener, or leave `ssl` out';
const CLIENT_CERTIFICATE =
  'it does not accept the certificate of this client: give one that its authority has signed as `ssl.cert` and `ssl.key`';

/** By the code of the socket's error. Node's own codes, OpenSSL's names for a chain of certificates, and alerts of the broker. */
const TLS_REMEDIES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "the broker's certificate has expired: renew it (or mend the clock of this machine)",
  CERT_NOT_YET_VALID:
    "the broker's certificate is not valid yet: mend the clock of this machine or of its issuer",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  CERT_SIGNATURE_FAILURE: UNKNOWN_AUTHORITY,
  ERR_TLS_CERT_ALTNAME_INVALID:
    "the broker's certificate is for other hosts: connect by a name that it holds, or set `ssl.servername` to one",
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    'it asks for a certificate of this client: give `ssl.cert` and `ssl.key`',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: CLIENT_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: CLIENT_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: CLIENT_CERTIFICATE,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: CLIENT_CERTIFICATE,
};
const TLS_CODE = /^(ERR_SSL_|ERR_TLS_|CERT_|CRL_|ERROR_IN_C|HOSTNAME_MISMATCH|INVALID_|UNABLE_TO_)/;

const SASL_REMEDIES: Readonly<Record<string, string>> = {
  UNSUPPORTED_SASL_MECHANISM:
    'it does not offer this SASL mechanism: set `sasl.mechanism` to one that it does',
  ILLEGAL_SASL_STATE:
    'it asks for no credentials on this port: take the port of its SASL listener, or leave `sasl` out',
  SASL_AUTHENTICATION_FAILED: 'it refused the credentials',
};

/** What is said after the name of the broker; null where another try may help. */
export function refusalOf({ message, code, type }: ConnectingError): string | null {
  const sasl = typeof type === 'string' ? SASL_REMEDIES[type] : undefined;
  if (sasl !== undefined) return sasl;
  if (code === SPEAKS_TLS) return 'it speaks TLS on this port: set `ssl`';
  if (typeof code !== 'string') return null;
  const tls = TLS_REMEDIES[code];
  if (tls !== undefined) return `${tls} (${code})`;
  return TLS_CODE.test(code) ? `${withoutOpenSslFrame(message)} (${code})` : null;
}

/** What looks like a wrong setting, but may be a broker that goes down, or a proxy before one that is not up yet. */
export function suspicionOf(
  { message }: ConnectingError,
  { ssl, sasl }: { ssl: boolean; sasl: boolean },
): string | null {
  if (message.includes('before secure TLS connection was established'))
    return 'it ended the TLS handshake; does it speak TLS on this port?';
  if (message !== 'Closed connection') return null;
  const missing = [...(ssl ? [] : ['TLS (`ssl`)']), ...(sasl ? [] : ['credentials (`sasl`)'])];
  const question = missing.length === 0 ? '' : `; does it ask for ${missing.join(' or ')}?`;
  return `it ended the connection without an answer${question}`;
}

/** `<thread>:error:<number>:SSL routines:<function>:<reason>:<file>:<line>:…` -> the reason. */
function withoutOpenSslFrame(message: string): string {
  return /:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/.exec(message)?.[1] ?? message;
}
