/** Which stores are answered for over HTTP, where, and within which limits. */
import { ConfigError, type StoreRef } from '@hiveframe/streams';
import type { ModuleMetadata } from '@nestjs/common';
import { DEFAULT_APPLICATION } from '../streams.tokens.ts';

export interface QueriesOptions extends Pick<ModuleMetadata, 'imports' | 'providers'> {
  /** Of the routes. @defaultValue 'streams/stores' */
  readonly path?: string;
  /** Those that are answered for, by reference or name. @defaultValue all that the topology has */
  readonly stores?: readonly (string | Pick<StoreRef<unknown>, 'name'>)[];
  /** Entries of a page, where the request does not say. @defaultValue 100 */
  readonly defaultLimit?: number;
  /** Entries of a page at most. @defaultValue 1_000 */
  readonly maxLimit?: number;
  /** How long the instance that has a key in its memory may take to answer, before the answer here is 503. @defaultValue 5_000 */
  readonly forwardTimeoutMs?: number;
  /** By which that instance is asked. @defaultValue 'http' */
  readonly forwardProtocol?: 'http' | 'https';
  /** On the controller: `UseGuards(ApiKeyGuard)`, `UseInterceptors(…)`. What they inject comes from `imports` and `providers`. A
   *  request that is forwarded meets those of both instances, with the headers that the client sent. @defaultValue none */
  readonly decorators?: readonly ClassDecorator[];
  /** The application whose stores they are, by its name. @defaultValue the one without a name */
  readonly application?: string;
}

export type ResolvedQueriesOptions = Required<Omit<QueriesOptions, 'imports' | 'providers' | 'stores'>> & {
  /** null: all. */
  readonly stores: readonly string[] | null;
};

/** Applies defaults; names all faults together. @throws ConfigError */
export function resolveQueriesOptions(options: QueriesOptions): ResolvedQueriesOptions {
  const maxLimit = options.maxLimit ?? 1_000;
  const resolved: ResolvedQueriesOptions = {
    path: options.path ?? 'streams/stores',
    stores: options.stores?.map((store) => (typeof store === 'string' ? store : store.name)) ?? null,
    defaultLimit: options.defaultLimit ?? Math.min(100, maxLimit),
    maxLimit,
    forwardTimeoutMs: options.forwardTimeoutMs ?? 5_000,
    forwardProtocol: options.forwardProtocol ?? 'http',
    decorators: options.decorators ?? [],
    application: options.application ?? DEFAULT_APPLICATION,
  };
  const faults = LIMITS.filter((name) => !(Number.isSafeInteger(resolved[name]) && resolved[name] > 0)).map(
    (name) => `${name} must be a whole number above 0, is ${resolved[name]}`,
  );
  if (resolved.defaultLimit > maxLimit) faults.push('defaultLimit must not be above maxLimit');
  if (faults.length > 0)
    throw new ConfigError(`Cannot answer queries at ${resolved.path}: ${faults.join('; ')}.`);
  return resolved;
}

const LIMITS = [
  'defaultLimit',
  'maxLimit',
  'forwardTimeoutMs',
] as const satisfies readonly (keyof QueriesOptions)[];
