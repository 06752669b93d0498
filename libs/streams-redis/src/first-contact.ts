/** Watches the tries before the first connection for a server that takes connections and then says nothing or hangs up. A healthy
 *  one does so only when TLS is spoken on one side only, or a certificate is missing; one that starts, or a proxy before it,
 *  may do so for a while. */
import type { Socket } from 'node:net';
import type { RedisClient } from './client.ts';

/** Of a cluster the nodes have sockets of their own, out of reach. */
interface WithStream {
  readonly stream?: Socket;
}

export class FirstContact {
  readonly #usesTls: boolean;
  readonly #patienceMs: number;
  /** In this try. */
  #reached = false;
  /** Of the first of the tries that all ended so. */
  #suspiciousSinceMs: number | null = null;

  constructor(client: RedisClient, { usesTls, patienceMs }: { usesTls: boolean; patienceMs: number }) {
    this.#usesTls = usesTls;
    this.#patienceMs = patienceMs;
    // The socket is made in a microtask after this event.
    client.on('connecting', () => setImmediate(() => this.#watch((client as WithStream).stream)));
  }

  /** To be called when a try has failed. Why to give up, once the patience is over; else null. */
  failed(reason: string): string | null {
    const nowMs = performance.now();
    this.#suspiciousSinceMs = this.#reached ? (this.#suspiciousSinceMs ?? nowMs) : null;
    this.#reached = false;
    if (this.#suspiciousSinceMs === null || nowMs - this.#suspiciousSinceMs < this.#patienceMs) return null;
    return `it takes connections but answers none (${reason}), as does ${this.#likelyCause}`;
  }

  /** In this try the socket broke. One that breaks while it reads or writes was connected, if only for so short that nobody saw it. */
  broke({ syscall }: NodeJS.ErrnoException): void {
    if (syscall === 'read' || syscall === 'write') this.#reached = true;
  }

  /** In this try the server has answered, if only with an error. */
  answered(): void {
    this.#reached = false;
  }

  #watch(stream: Socket | undefined): void {
    if (stream === undefined) return;
    if (!stream.connecting && !stream.destroyed) this.#reached = true;
    else stream.once('connect', () => (this.#reached = true));
  }

  get #likelyCause(): string {
    return this.#usesTls
      ? 'a port without TLS (redis://), or one that asks for a certificate of the client (`client.tls.cert`)'
      : 'a port that speaks TLS (rediss://)';
  }
}
