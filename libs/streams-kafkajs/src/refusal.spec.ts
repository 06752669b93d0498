import { describe, expect, it } from '@jest/globals';
import { refusalOf, SPEAKS_TLS, suspicionOf } from './refusal.ts';

describe('refusalOf', () => {
  it.each([
    [{ message: 'certificate has expired', code: 'CERT_HAS_EXPIRED' }, 'renew it'],
    [{ message: 'no', code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }, '`ssl.ca`'],
    [{ message: 'no', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, '`ssl.ca`'],
    [{ message: 'no', code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, '`ssl.servername`'],
    [{ message: 'no', code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' }, '`ssl.cert` and `ssl.key`'],
    [{ message: 'no', code: 'ERR_SSL_WRONG_VERSION_NUMBER' }, 'speaks no TLS'],
    [{ message: 'no', code: SPEAKS_TLS }, 'set `ssl`'],
    [{ message: 'no', type: 'UNSUPPORTED_SASL_MECHANISM' }, '`sasl.mechanism`'],
    [{ message: 'no', type: 'ILLEGAL_SASL_STATE' }, 'leave `sasl` out'],
  ])('%j has a remedy', (error, remedy) => {
    expect(refusalOf(error)).toContain(remedy);
  });

  it('says the reason alone where OpenSSL tells its inner parts', () => {
    const message =
      '40BD0000:error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:../deps/x.c:918:SSL alert number 40\n';
    expect(refusalOf({ message, code: 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE' })).toBe(
      'sslv3 alert handshake failure (ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE)',
    );
  });

  it.each([
    { message: 'connect ECONNREFUSED', code: 'ECONNREFUSED' },
    { message: 'read ECONNRESET', code: 'ECONNRESET' },
    { message: 'Connection timeout' },
    { message: 'not the coordinator', type: 'NOT_COORDINATOR' },
  ])('%j may pass', (error) => {
    expect(refusalOf(error)).toBeNull();
  });
});

describe('suspicionOf', () => {
  it('asks for what the client does not bring', () => {
    const closed = { message: 'Closed connection' };
    expect(suspicionOf(closed, { ssl: false, sasl: false })).toMatch(
      /TLS \(`ssl`\) or credentials \(`sasl`\)\?$/,
    );
    expect(suspicionOf(closed, { ssl: true, sasl: false })).toMatch(/for credentials \(`sasl`\)\?$/);
    expect(suspicionOf(closed, { ssl: true, sasl: true })).toMatch(/without an answer$/);
  });

  it('is none about a connection that was refused or timed out', () => {
    for (const message of ['connect ECONNREFUSED 127.0.0.1:9092', 'Connection timeout']) {
      expect(suspicionOf({ message }, { ssl: false, sasl: false })).toBeNull();
    }
  });
});
