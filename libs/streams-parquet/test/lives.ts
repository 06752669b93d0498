/** Lives within one process that end as a killed process does: from one call on none of theirs reaches the file system any more, and
 *  those that are under way still take place. What a life calls is told apart by its async context. */
import { AsyncLocalStorage } from 'node:async_hooks';
import promises, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';

interface Life {
  /** Until it ends. */
  callsLeft: number;
  readonly ended: PromiseWithResolvers<boolean>;
}

type Call = (this: unknown, ...args: unknown[]) => unknown;

const lives = new AsyncLocalStorage<Life>();
const never = new Promise<never>(() => undefined);

/** True: the work is done. False: its life ended before the call with number `crashAt`, from 1, of those that change the file system. */
export async function live(crashAt: number, work: () => Promise<void>): Promise<boolean> {
  const life: Life = { callsLeft: crashAt, ended: Promise.withResolvers() };
  const done = lives.run(life, work).then(() => true);
  return Promise.race([done, life.ended.promise]);
}

function mortal(call: Call): Call {
  return function (...args) {
    const life = lives.getStore();
    if (life !== undefined && --life.callsLeft <= 0) {
      life.ended.resolve(false);
      return never;
    }
    return call.apply(this, args);
  };
}

function makeMortal(target: object, names: readonly string[]): void {
  const calls = target as Record<string, Call>;
  for (const name of names) calls[name] = mortal(calls[name]!);
}

async function prototypeOfHandles(): Promise<FileHandle> {
  await using handle = await promises.open(tmpdir());
  return Object.getPrototypeOf(handle) as FileHandle;
}

makeMortal(await prototypeOfHandles(), ['sync', 'writeFile']);
makeMortal(promises, ['appendFile', 'mkdir', 'mkdtemp', 'open', 'rename', 'unlink']);
syncBuiltinESMExports();
