/** A Redis with an append-only file, whose past can be brought back: the file only grows, so its length at a time is its state then.
 *  For that it is never rewritten. */
import { stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { RedisServer } from '../../support/redis-server.ts';

const MAX_MEMORY = '96mb';
const AOF = join('appendonlydir', 'appendonly.aof.1.incr.aof');
const ARGUMENTS =
  `--appendonly yes --appendfsync everysec --auto-aof-rewrite-percentage 0 --maxmemory ${MAX_MEMORY} --maxmemory-policy noeviction`.split(
    ' ',
  );
const LOOK_EVERY_MS = 250;
const REFILL_EVERY_MS = 100;
const BALLAST = 'chaos:ballast';
/** Ever smaller, so that little room is left. */
const BALLAST_BYTES = [1 << 20, 1 << 16, 1 << 10];

interface Length {
  readonly atMs: number;
  readonly bytes: number;
}

export class DurableRedis {
  readonly server: RedisServer;
  readonly #file: string;
  readonly #lookTimer: NodeJS.Timeout;
  #lengths: Length[] = [];
  #isFull = false;
  #filling: Promise<void> = Promise.resolve();
  #numBallast = 0;

  private constructor(server: RedisServer) {
    this.server = server;
    this.#file = join(server.folder, AOF);
    this.#lookTimer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
  }

  static async start(binary: string): Promise<DurableRedis> {
    return new DurableRedis(await RedisServer.start(binary, ARGUMENTS));
  }

  async #look(): Promise<void> {
    const atMs = Date.now();
    const found = await stat(this.#file).catch(() => undefined); // it is being removed
    if (found !== undefined) this.#lengths.push({ atMs, bytes: found.size });
  }

  /** While it is down: cuts off everything that was written after this time. */
  async rollBackTo(timeMs: number): Promise<void> {
    this.#lengths = this.#lengths.filter(({ atMs }) => atMs <= timeMs);
    const bytes = this.#lengths.at(-1)?.bytes ?? 0;
    await truncate(this.#file, bytes);
  }

  /** Takes all memory, and what becomes free again, until `empty`. */
  async fill(): Promise<void> {
    await this.server.admin((client) => this.#fillOnce(client));
    this.#isFull = true;
    this.#filling = this.server.admin((client) => this.#keepFull(client));
  }

  async #keepFull(client: Redis): Promise<void> {
    while (this.#isFull) {
      await this.#fillOnce(client);
      await delay(REFILL_EVERY_MS);
    }
  }

  async #fillOnce(client: Redis): Promise<void> {
    for (const bytes of BALLAST_BYTES) {
      while (await this.#takes(client, bytes)) this.#numBallast++;
    }
  }

  /** A long string of zeros: few bytes in the append-only file. */
  async #takes(client: Redis, bytes: number): Promise<boolean> {
    try {
      await client.setrange(`${BALLAST}:${this.#numBallast}`, bytes - 1, '0');
      return true;
    } catch (error) {
      if ((error as Error).message.startsWith('OOM')) return false;
      throw error;
    }
  }

  async empty(): Promise<void> {
    this.#isFull = false;
    await this.#filling; // else it would go on behind the removal
    await this.server.admin(async (client) => {
      const keys = await client.keys(`${BALLAST}:*`);
      if (keys.length > 0) await client.unlink(...keys);
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#lookTimer);
    this.#isFull = false;
    await this.#filling.catch(() => undefined);
    await this.server.stop();
  }
}
