import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Stands before a service, so that a test can take the service away from one client and give it back.
 *  While it is cut nothing listens: connections break, new ones are refused. */
export class TcpProxy {
  readonly port: number;
  #target: string;
  #server: Server | undefined;
  #sockets = new Set<Socket>();

  private constructor(port: number, target: string) {
    this.port = port;
    this.#target = target;
  }

  /** A proxy to `host:port`, cut at first. The port is its own from here on. */
  static async create(target = ''): Promise<TcpProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new TcpProxy((server.address() as AddressInfo).port, target);
    server.close();
    await once(server, 'close');
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  pointTo(target: string): void {
    this.#target = target;
  }

  async restore(): Promise<void> {
    this.#server = createServer((client) => this.#join(client)).listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async cut(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(server, 'close');
  }

  #join(client: Socket): void {
    const [host, port] = this.#target.split(':');
    const service = connect(Number(port), host);
    for (const [socket, other] of [
      [client, service],
      [service, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true).pipe(other);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }
}
