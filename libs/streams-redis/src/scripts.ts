/** The Lua of this package and the commands it becomes. ioredis sends a script once per connection, then its hash (EVALSHA), and the
 *  script again when the server has forgotten it (NOSCRIPT). */
import { readFileSync } from 'node:fs';

/** The same path from `src/` and from `dist/`. */
function lua(name: string): string {
  return readFileSync(new URL(`../lua/${name}.lua`, import.meta.url), 'utf8');
}

export const SCRIPTS = {
  hfsOpen: { lua: lua('open'), numberOfKeys: 4 },
  hfsFlush: { lua: lua('flush') },
  hfsClear: { lua: lua('clear'), numberOfKeys: 4 },
  hfsRemove: { lua: lua('remove'), numberOfKeys: 4 },
  hfsSinkOpen: { lua: lua('sink-open'), numberOfKeys: 1 },
  hfsSinkWrite: { lua: lua('sink-write') },
};

/** The commands that stores and sinks use, as ioredis answers them. */
export interface RedisCommands {
  hfsOpen(
    meta: string,
    windows: string,
    counts: string,
    entries: string,
    layout: string,
    windowPrefix: string,
  ): Promise<[epoch: number, offset: string | null, damage: string | null]>;
  /** Number of keys, keys, arguments: see flush.lua. */
  hfsFlush(args: ReadonlyArray<string | number | Buffer>): Promise<number>;
  hfsClear(
    meta: string,
    windows: string,
    counts: string,
    entries: string,
    epoch: number,
    windowPrefix: string,
  ): Promise<number>;
  hfsRemove(
    meta: string,
    windows: string,
    counts: string,
    entries: string,
    windowPrefix: string,
  ): Promise<number>;
  hfsSinkOpen(
    position: string,
    owner: string,
  ): Promise<[epoch: number, offset: string | null, rejected: string | null]>;
  /** Number of keys, keys, arguments: see sink-write.lua. */
  hfsSinkWrite(args: ReadonlyArray<string | number | Buffer>): Promise<number>;
  hget(key: string, field: 'offset'): Promise<string | null>;
  hmgetBuffer(key: string, fields: ReadonlyArray<string | Buffer>): Promise<Array<Buffer | null>>;
  hscanBuffer(key: string, cursor: Buffer | '0', count: 'COUNT', n: number): Promise<[Buffer, Buffer[]]>;
  zrange(key: string, start: 0, stop: -1): Promise<string[]>;
  hlen(key: string): Promise<number>;
  hkeys(key: string): Promise<string[]>;
}
