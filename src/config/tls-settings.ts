import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import type { ConnectionOptions } from 'node:tls';
import { Secret } from './secret.ts';
import type { SettingReader } from './setting-reader.ts';

/** Of a connection by TLS, as PEM. */
export interface TlsSettings {
  /** null: the authorities that Node trusts. */
  readonly ca: string | null;
  /** The client's own certificate and key; null: it shows none. */
  readonly own: { readonly cert: string; readonly key: Secret; readonly passphrase: Secret | null } | null;
}

/** Reads `<prefix>_CA_FILE`, `_CERT_FILE`, `_KEY_FILE` and `_KEY_PASSPHRASE`. */
export function readTls(read: SettingReader, prefix: string): TlsSettings {
  const ca = read.file(`${prefix}_CA_FILE`);
  if (ca !== undefined && certificateOf(ca) === undefined) {
    read.fault(`${prefix}_CA_FILE`, read.text(`${prefix}_CA_FILE`)!, 'a file of certificates in PEM');
  }
  return { ca: ca ?? null, own: readOwn(read, prefix) };
}

/** What `tls.connect` takes. */
export function tlsOptions({ ca, own }: TlsSettings): ConnectionOptions {
  return {
    ...(ca !== null && { ca }),
    ...(own !== null && { cert: own.cert, key: own.key.reveal() }),
    ...(own?.passphrase && { passphrase: own.passphrase.reveal() }),
  };
}

function readOwn(read: SettingReader, prefix: string): TlsSettings['own'] {
  const names = { cert: `${prefix}_CERT_FILE`, key: `${prefix}_KEY_FILE` };
  const cert = read.file(names.cert);
  const key = read.file(names.key);
  const passphrase = read.secret(`${prefix}_KEY_PASSPHRASE`) ?? null;
  if (cert === undefined && key === undefined) return null;
  if (cert === undefined || key === undefined) {
    const [given, missing] = cert === undefined ? [names.key, names.cert] : [names.cert, names.key];
    if (read.text(missing) === undefined)
      read.fault(given, read.text(given)!, `given together with ${missing}`);
    return null;
  }
  checkOwn(read, names, { cert, key, passphrase });
  return { cert, key: new Secret(key), passphrase };
}

function checkOwn(
  read: SettingReader,
  names: { readonly cert: string; readonly key: string },
  own: { readonly cert: string; readonly key: string; readonly passphrase: Secret | null },
): void {
  const certificate = certificateOf(own.cert);
  const key = keyOf(own.key, own.passphrase);
  if (certificate === undefined)
    read.fault(names.cert, read.text(names.cert)!, 'a file with a certificate in PEM');
  else if (Date.parse(certificate.validTo) < Date.now()) {
    const ended = `a certificate that is still valid (this one was until ${certificate.validTo})`;
    read.fault(names.cert, read.text(names.cert)!, ended);
  }
  if (key === undefined) {
    const allowed = `a file with a private key in PEM that ${names.key.replace(/FILE$/, 'PASSPHRASE')}, if any, opens`;
    read.fault(names.key, read.text(names.key)!, allowed);
  } else if (certificate !== undefined && !certificate.checkPrivateKey(key)) {
    read.fault(names.key, read.text(names.key)!, `the key of the certificate in ${names.cert}`);
  }
}

function certificateOf(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
function keyOf(key: string, passphrase: Secret | null): KeyObject | undefined {
  try {
    return createPrivateKey({ key, ...(passphrase !== null && { passphrase: passphrase.reveal() }) });
  } catch {
    return undefined;
  }
}
