/** Where a server and this client will not come together however often they try: wrong certificates, TLS on one side only. */

const UNKNOWN_AUTHORITY =
  "no authority that is trusted here has signed the server's certificate: give the authority's own as `client.tls.ca`";
const NO_TLS = 'it speaks no TLS on this port: take its TLS port, or redis:// in place of rediss://';
const CLIENT_CERTIFICATE =
  'it does not accept the certificate of this client: give one that its authority has signed as `client.tls.cert` and `.key`';

/** By the code of the socket's error: Node's own, OpenSSL's names for a chain of certificates, and alerts of the server. */
const REMEDIES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "the server's certificate has expired: renew it (or mend the clock of this machine)",
  CERT_NOT_YET_VALID:
    "the server's certificate is not valid yet: mend the clock of this machine or of its issuer",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  CERT_SIGNATURE_FAILURE: UNKNOWN_AUTHORITY,
  ERR_TLS_CERT_ALTNAME_INVALID:
    "the server's certificate is for other hosts: connect by a name that it holds, or set `client.tls.servername` to one",
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    'it asks for a certificate of this client: give `client.tls.cert` and `.key`',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: CLIENT_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: CLIENT_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: CLIENT_CERTIFICATE,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: CLIENT_CERTIFICATE,
};
const TLS_CODE = /^(ERR_SSL_|ERR_TLS_|CERT_|CRL_|ERROR_IN_C|HOSTNAME_MISMATCH|INVALID_|UNABLE_TO_)/;

/** Why TLS did not come about, with the remedy; null for an error that may pass. */
export function tlsRefusal(error: Error): string | null {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string') return null;
  const remedy = REMEDIES[code];
  if (remedy !== undefined) return `${remedy} (${code})`;
  return TLS_CODE.test(code) ? `${withoutOpenSslFrame(error.message)} (${code})` : null;
}

/** `<thread>:error:<number>:SSL routines:<function>:<reason>:<file>:<line>:…` -> the reason. */
function withoutOpenSslFrame(message: string): string {
  return /:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/.exec(message)?.[1] ?? message;
}
