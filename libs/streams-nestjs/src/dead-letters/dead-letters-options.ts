/** Where the dead letters of an application are shown and replayed over HTTP, by whom, and within which limits. */
import { ConfigError } from '@hiveframe/streams';
import type { ModuleMetadata } from '@nestjs/common';
import { DEFAULT_APPLICATION } from '../streams.tokens.ts';
import type { ReplayRequest } from './replay-request.ts';

/** Who replays, by a name for the audit (256 characters at most); null: this request may not. `request` is that of Express or of
 *  Fastify, with what guards have put into it. What it throws is the answer. */
export type AuthorizeReplay = (
  request: unknown,
  replay: Pick<ReplayRequest, 'to' | 'dryRun' | 'force' | 'again'> & { readonly isEdited: boolean },
) => string | null | Promise<string | null>;

export interface DeadLettersModuleOptions extends Pick<ModuleMetadata, 'imports' | 'providers'> {
  /** Of the routes. @defaultValue 'streams/dead-letters' */
  readonly path?: string;
  /** Asked for each replay, a dry run too. @defaultValue none: every replay is answered 403 */
  readonly authorizeReplay?: AuthorizeReplay;
  /** On the controller: `UseGuards(ApiKeyGuard)`, `UseInterceptors(…)`. What they inject comes from `imports` and `providers`. They
   *  say who may read: dead letters are records as they came, with stack traces. @defaultValue none */
  readonly decorators?: readonly ClassDecorator[];
  /** One request looks at so many selected dead letters: the answer says where to go on. @defaultValue 1_000, at most 10_000 */
  readonly maxLettersPerReplay?: number;
  /** The loop guard: a record that was replayed so often, and failed each time, is refused. @defaultValue 3 */
  readonly maxReplays?: number;
  /** How long a request waits for the log to be there, before the answer is 503. @defaultValue 10_000 */
  readonly timeoutMs?: number;
  /** The application whose dead letters they are, by its name. @defaultValue the one without a name */
  readonly application?: string;
}

export type ResolvedDeadLettersOptions = Required<
  Omit<DeadLettersModuleOptions, 'imports' | 'providers' | 'authorizeReplay'>
> & { readonly authorizeReplay: AuthorizeReplay | null };

const MOST_LETTERS = 10_000;

/** Applies defaults; names all faults together. @throws ConfigError */
export function resolveDeadLettersOptions(options: DeadLettersModuleOptions): ResolvedDeadLettersOptions {
  const resolved: ResolvedDeadLettersOptions = {
    path: options.path ?? 'streams/dead-letters',
    authorizeReplay: options.authorizeReplay ?? null,
    decorators: options.decorators ?? [],
    maxLettersPerReplay: options.maxLettersPerReplay ?? 1_000,
    maxReplays: options.maxReplays ?? 3,
    timeoutMs: options.timeoutMs ?? 10_000,
    application: options.application ?? DEFAULT_APPLICATION,
  };
  const faults = LIMITS.filter((name) => !(Number.isSafeInteger(resolved[name]) && resolved[name] > 0)).map(
    (name) => `${name} must be a whole number above 0, is ${resolved[name]}`,
  );
  if (resolved.maxLettersPerReplay > MOST_LETTERS)
    faults.push(`maxLettersPerReplay must not be above ${MOST_LETTERS}`);
  if (faults.length > 0)
    throw new ConfigError(`Cannot serve dead letters at ${resolved.path}: ${faults.join('; ')}.`);
  return resolved;
}

const LIMITS = [
  'maxLettersPerReplay',
  'maxReplays',
  'timeoutMs',
] as const satisfies readonly (keyof DeadLettersModuleOptions)[];
