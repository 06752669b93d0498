/** The one connection of a store port: comes up, is told apart from a lost one, and carries commands across short outages.
 *  C1 Before the first connection every failed try is told in a line; after it, an outage in two (`OutageLog`).
 *  C2 A command is sent again while its fault is a passing one, until its deadline; every command here can bear being sent twice.
 *  C3 Errors leave as StoreError, without the arguments of commands. */
import { setTimeout as pause } from 'node:timers/promises';
import { StoreError } from '@hiveframe/streams';
import { Cluster, type Redis } from 'ioredis';
import { hostAndPort } from './address.ts';
import { createClient, retryDelayMs, type RedisClient } from './client.ts';
import { faultOf, isReply, storeError } from './faults.ts';
import { FirstContact } from './first-contact.ts';
import type { ResolvedRedisStoreOptions } from './options.ts';
import { OutageLog } from './outage-log.ts';
import type { RedisCommands } from './scripts.ts';
import { within } from './within.ts';

const RETRY_PAUSE_MS = 100;
/** The reason of a loss that came without an error. */
const CLOSED = 'the connection was closed';

export class RedisConnection {
  readonly #options: ResolvedRedisStoreOptions;
  readonly #outages: OutageLog;
  readonly #client: RedisClient;
  readonly #commands: RedisCommands;
  readonly #firstContact: FirstContact;
  #ready = Promise.withResolvers<void>();
  /** True from the first connection on. */
  #established = false;
  /** False while an established connection is lost. */
  #up = false;
  #closed = false;
  #lastError = CLOSED;
  /** Who waits for the first connection. */
  readonly #connecting = new Set<(refusal: StoreError) => void>();

  constructor(options: ResolvedRedisStoreOptions) {
    this.#options = options;
    this.#outages = new OutageLog(options.logger);
    this.#client = createClient(options, (attempt) => this.#retry(attempt));
    this.#commands = this.#client as unknown as RedisCommands;
    this.#firstContact = new FirstContact(this.#client, {
      usesTls: options.client.tls !== undefined,
      patienceMs: options.commandTimeoutMs,
    });
    this.#ready.promise.catch(() => {});
    this.#watch();
  }

  get address(): string {
    return this.#options.address;
  }

  /** The servers that take writes: of a cluster all its masters. */
  masters(): Redis[] {
    return this.#client instanceof Cluster ? this.#client.nodes('master') : [this.#client];
  }

  /** Resolves with the first connection. @throws StoreError for refused credentials or certificates, and when the signal aborts */
  async establish(signal?: AbortSignal): Promise<void> {
    if (this.#established) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = (): void =>
      reject(this.#error('connect', `${this.#lastError}; given up when asked to stop`));
    signal?.addEventListener('abort', giveUp, { once: true });
    if (signal?.aborted) giveUp();
    this.#connecting.add(reject);
    this.#ready.promise.then(resolve, reject);
    this.#client.connect().catch(() => {});
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', giveUp);
      this.#connecting.delete(reject);
      if (!this.#established && this.#connecting.size === 0) this.#client.disconnect();
    }
  }

  /** Runs a command, again if need be. `what` completes "Cannot ...". @throws StoreError */
  async run<T>(what: string, command: (commands: RedisCommands) => Promise<T>): Promise<T> {
    const deadlineMs = performance.now() + this.#options.commandTimeoutMs;
    for (;;) {
      try {
        if (this.#client.status !== 'ready') await this.#backBefore(deadlineMs);
        return await within(command(this.#commands), deadlineMs - performance.now());
      } catch (error) {
        if (error instanceof StoreError) throw error;
        const fault = faultOf(error as Error);
        const isLast = performance.now() + RETRY_PAUSE_MS >= deadlineMs;
        if (!fault.passing || isLast) throw storeError(what, this.address, fault);
        await pause(RETRY_PAUSE_MS);
      }
    }
  }

  async close(timeoutMs: number): Promise<void> {
    this.#closed = true;
    this.#ready.reject(this.#error('go on', 'the store was closed'));
    const said = this.#client.status === 'ready' && (await this.#quit(timeoutMs));
    if (!said) this.#client.disconnect();
  }

  /** Says goodbye after what is under way. False when that did not come through in time. */
  async #quit(timeoutMs: number): Promise<boolean> {
    try {
      await within(this.#client.quit(), timeoutMs);
      return true;
    } catch {
      return false;
    }
  }

  async #backBefore(deadlineMs: number): Promise<void> {
    if (this.#closed) throw this.#error('go on', 'the store was closed');
    if (!this.#established) throw this.#error('go on', 'connect() was not awaited');
    try {
      await within(this.#ready.promise, deadlineMs - performance.now());
    } catch (error) {
      throw error instanceof StoreError ? error : new Error(`no connection, ${this.#lastError}`);
    }
  }

  #watch(): void {
    this.#client.on('ready', () => this.#onReady());
    this.#client.on('close', () => this.#onClose());
    this.#client.on('error', (error: Error) => this.#onError(error));
    if (this.#client instanceof Cluster) {
      this.#client.on('node error', (error: Error) => this.#onError(error));
      this.#client.on('-node', (node: Redis) => this.#onNodeLost(node));
      this.#client.on('+node', (node: Redis) =>
        node.once('ready', () => this.#outages.back(nodeAddress(node))),
      );
    }
  }

  #onReady(): void {
    this.#established = true;
    this.#up = true;
    this.#lastError = CLOSED;
    this.#ready.resolve();
    this.#outages.back(this.address);
  }

  /** Comes after each failed try too: who waits for `#ready` since the loss must not be forgotten then. */
  #onClose(): void {
    if (!this.#up || this.#closed) return;
    this.#up = false;
    this.#ready = Promise.withResolvers<void>();
    this.#ready.promise.catch(() => {});
    this.#outages.lost(this.address, this.#lastError);
  }

  #onNodeLost(node: Redis): void {
    if (this.#established && !this.#closed) this.#outages.lost(nodeAddress(node), this.#lastError);
  }

  #onError(error: Error): void {
    const cause = (error as { lastNodeError?: Error }).lastNodeError ?? error;
    const fault = faultOf(cause);
    this.#lastError = fault.reason;
    if (isReply(cause)) this.#firstContact.answered();
    else this.#firstContact.broke(cause);
    if (!fault.passing) this.#refuse(fault.reason);
  }

  /** Ends the wait for the first connection. */
  #refuse(reason: string): void {
    const refusal = this.#error('connect', reason);
    for (const refuse of this.#connecting) refuse(refusal);
  }

  #retry(attempt: number): number {
    const delayMs = retryDelayMs(attempt);
    if (!this.#established && !this.#closed) {
      const reason = this.#firstContact.failed(this.#lastError);
      if (reason !== null) this.#refuse(reason);
      const text = `Cannot reach Redis at ${this.address}: ${this.#lastError}. Try ${attempt}, the next one in ${delayMs} ms.`;
      this.#options.logger.log('warn', text);
    }
    return delayMs;
  }

  #error(what: string, reason: string): StoreError {
    return storeError(what, this.address, { reason, passing: false, retryable: false });
  }
}

function nodeAddress(node: Redis): string {
  return hostAndPort(node.options);
}
