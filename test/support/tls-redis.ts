/** A Redis of a test's own behind TLS: its own where the binary has it (Debian's has; `HFS_REDIS_TLS_SERVER` names one), else
 *  that of a proxy in front of it. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { createServer, type Server } from 'node:tls';
import type { Certificate, CertificateAuthority } from './certificates.ts';
import { freePort } from './free-port.ts';
import { RedisServer, redisServerBinary } from './redis-server.ts';

export interface TlsRedisOptions {
  readonly authority: CertificateAuthority;
  readonly certificate: Certificate;
  /** Clients must have a certificate of the authority, too. */
  readonly mutual?: boolean;
}

/** A redis-server, one that speaks TLS if there is one; undefined, and told, when there is none. */
export function tlsRedisBinary(): string | undefined {
  return process.env['HFS_REDIS_TLS_SERVER'] ?? redisServerBinary();
}

export class TlsRedis {
  /** The server without TLS: for its administrator. */
  readonly server: RedisServer;
  readonly tlsPort: number;
  readonly #proxy: TlsProxy | undefined;

  private constructor(server: RedisServer, tlsPort: number, proxy?: TlsProxy) {
    this.server = server;
    this.tlsPort = tlsPort;
    this.#proxy = proxy;
  }

  static async start(binary: string, options: TlsRedisOptions): Promise<TlsRedis> {
    const tlsPort = await freePort();
    try {
      return new TlsRedis(await RedisServer.start(binary, serverArguments(tlsPort, options)), tlsPort);
    } catch (error) {
      if (!/TLS/.test(String(error))) throw error;
      process.stderr.write(`${binary} was built without TLS: a proxy before it speaks TLS instead\n`);
      const server = await RedisServer.start(binary);
      return new TlsRedis(server, tlsPort, await TlsProxy.start(tlsPort, server.port, options));
    }
  }

  /** `userInfo` is what stands before the @: `user:password`. */
  url(userInfo?: string): string {
    return `rediss://${userInfo === undefined ? '' : `${userInfo}@`}127.0.0.1:${this.tlsPort}`;
  }

  async stop(): Promise<void> {
    await this.#proxy?.stop();
    await this.server.stop();
  }
}

function serverArguments(
  port: number,
  { authority, certificate, mutual = false }: TlsRedisOptions,
): string[] {
  const tls = {
    'tls-port': String(port),
    'tls-cert-file': certificate.certFile,
    'tls-key-file': certificate.keyFile,
    'tls-ca-cert-file': authority.certFile,
    'tls-auth-clients': mutual ? 'yes' : 'no',
  };
  return Object.entries(tls).flatMap(([name, value]) => [`--${name}`, value]);
}

class TlsProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, target: number) {
    this.#server = server;
    server.on('secureConnection', (client) => this.#join(client, connect(target, '127.0.0.1')));
    server.on('tlsClientError', () => {}); // the client is told by TLS itself
  }

  static async start(port: number, target: number, options: TlsRedisOptions): Promise<TlsProxy> {
    const { authority, certificate, mutual = false } = options;
    const server = createServer({
      ca: readFileSync(authority.certFile),
      cert: readFileSync(certificate.certFile),
      key: readFileSync(certificate.keyFile),
      requestCert: mutual,
      rejectUnauthorized: mutual,
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new TlsProxy(server, target);
  }

  async stop(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  #join(client: Socket, service: Socket): void {
    for (const [socket, other] of [
      [client, service],
      [service, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.pipe(other);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }
}
