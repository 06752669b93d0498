/** What the user's modules export. TypeScript works as well, where Node strips its types. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError, Topology } from '@hiveframe/streams';
import type { CliConfig } from './cli-config.ts';

type Exports = Readonly<Record<string, unknown>>;

/** A `Topology`, or a function without arguments that gives one, exported as `name`: by default `topology` or `default`. */
export async function loadTopology(path: string, name?: string): Promise<Topology> {
  const exported = await importModule(path);
  const names = name === undefined ? ['topology', 'default'] : [name];
  const found = names.find((one) => exported[one] !== undefined);
  if (found === undefined) {
    const there = Object.keys(exported).join(', ') || 'nothing';
    throw new ConfigError(
      `Cannot find a topology in ${path}: it exports ${there}, and no ${names.join(' or ')}.`,
    );
  }
  const value = await made(exported[found]);
  if (isTopology(value)) return value;
  throw new ConfigError(
    `Cannot take ${found} of ${path} for a topology: it must be what StreamsBuilder.build() gives, or a function without arguments that gives that.`,
  );
}

export async function loadConfig(path: string): Promise<CliConfig> {
  const exported = await importModule(path);
  const value = await made(exported['default']);
  if (typeof value === 'object' && value !== null) return value;
  throw new ConfigError(
    `Cannot take ${path} for settings: it must export as its default { log, stores?, applicationId?, topology? }, or a function that gives that.`,
  );
}

async function importModule(path: string): Promise<Exports> {
  try {
    return (await import(pathToFileURL(resolve(path)).href)) as Exports;
  } catch (cause) {
    throw new ConfigError(`Cannot load ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

async function made(value: unknown): Promise<unknown> {
  return typeof value === 'function' ? (value as () => unknown)() : value;
}

/** Also of another copy of the engine, as the user's module may bring. */
function isTopology(value: unknown): value is Topology {
  return value instanceof Topology || typeof (value as Partial<Topology> | null)?.toJSON === 'function';
}
