/** Certificates of a test's own authority, made by the openssl program and gone with the test: none is kept that could expire. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const EC_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

/** False, and told, where there is no openssl. */
export function canMakeCertificates(): boolean {
  const found = spawnSync('openssl', ['version']).status === 0;
  if (!found) process.stderr.write('NOT RUN: tests of TLS: no openssl on the PATH\n');
  return found;
}

/** A certificate with its key, as PEM files. */
export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
  /** Key and certificate in one, as Kafka takes a PEM keystore. */
  readonly keystoreFile: string;
}

export interface CertificateOptions {
  /** What clients may call it. @defaultValue this machine: 127.0.0.1, ::1 and localhost */
  readonly names?: readonly string[];
  readonly expired?: boolean;
  /** Encrypts the key file. */
  readonly passphrase?: string;
}

const THIS_MACHINE = ['IP:127.0.0.1', 'IP:::1', 'DNS:localhost'];

export class CertificateAuthority {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(): Promise<CertificateAuthority> {
    const authority = new CertificateAuthority(await mkdtemp(join(tmpdir(), 'certificates-')));
    const { certFile } = authority;
    const key = ['-nodes', '-keyout', authority.#file('ca.key')];
    await openssl('req', '-x509', ...EC_KEY, ...key, '-out', certFile, '-days', '2', '-subj', '/CN=Test CA');
    return authority;
  }

  get certFile(): string {
    return this.#file('ca.pem');
  }

  /** `name` becomes the common name, and the name of the files. */
  async issue(name: string, options: CertificateOptions = {}): Promise<Certificate> {
    const [csr, extensions] = [this.#file(`${name}.csr`), this.#file(`${name}.ext`)];
    const certificate = {
      certFile: this.#file(`${name}.pem`),
      keyFile: this.#file(`${name}.key`),
      keystoreFile: this.#file(`${name}.keystore.pem`),
    };
    const { keyFile, certFile, keystoreFile } = certificate;
    const { names = THIS_MACHINE, expired = false, passphrase } = options;
    const encrypted = passphrase === undefined ? ['-nodes'] : ['-passout', `pass:${passphrase}`];
    await writeFile(extensions, `subjectAltName=${names.join(',')}\n`);
    await openssl(
      'req',
      '-new',
      ...EC_KEY,
      ...encrypted,
      '-keyout',
      keyFile,
      '-out',
      csr,
      '-subj',
      `/CN=${name}`,
    );
    const signer = ['-CA', this.certFile, '-CAkey', this.#file('ca.key'), '-CAcreateserial'];
    const days = expired ? '-1' : '2';
    await openssl(
      'x509',
      '-req',
      '-in',
      csr,
      ...signer,
      '-days',
      days,
      '-extfile',
      extensions,
      '-out',
      certFile,
    );
    await writeFile(keystoreFile, (await readFile(keyFile, 'utf8')) + (await readFile(certFile, 'utf8')));
    return certificate;
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  #file(name: string): string {
    return join(this.#folder, name);
  }
}

async function openssl(...args: readonly string[]): Promise<void> {
  await run('openssl', [...args]);
}
