/** What a run of chaos is asked to do: by environment, as the other suites. */
import type { EmitMode } from '../support/verifier.ts';
import { FAULT_KINDS, type FaultKind } from './faults/fault-kinds.ts';

const GUARANTEES = ['exactly_once', 'at_least_once', 'at_most_once'] as const;
const EMIT_MODES = ['updates', 'final'] as const;

export type Guarantee = (typeof GUARANTEES)[number];

export interface ChaosSettings {
  /** SEED: draws the faults. @defaultValue another one each time */
  readonly seed: number;
  /** MINUTES: how long faults strike. @defaultValue 1 */
  readonly minutes: number;
  /** FAULTS: no more than these. @defaultValue as many as fit */
  readonly maxFaults: number;
  /** ONLY: kinds, separated by commas. @defaultValue all */
  readonly kinds: readonly FaultKind[];
  /** GUARANTEE @defaultValue exactly_once */
  readonly guarantee: Guarantee;
  /** EMIT @defaultValue updates or final, as the seed says */
  readonly emit: EmitMode;
  /** RATE: readings a second. @defaultValue 1,000 */
  readonly rate: number;
  /** LOGS: a folder that keeps what each process of the application wrote. @defaultValue none */
  readonly logFolder: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws Error that names a setting that is none */
export function readChaosSettings(env: Environment = process.env): ChaosSettings {
  const seed = positive(env, 'SEED', 1 + Math.floor(Math.random() * 999_999));
  return {
    seed,
    minutes: positive(env, 'MINUTES', 1),
    maxFaults: positive(env, 'FAULTS', Infinity),
    kinds: kindsOf(env['ONLY']),
    guarantee: oneOf(env, 'GUARANTEE', GUARANTEES, 'exactly_once'),
    emit: oneOf(env, 'EMIT', EMIT_MODES, EMIT_MODES[seed % 2]!),
    rate: positive(env, 'RATE', 1_000),
    logFolder: env['LOGS'] === '' ? undefined : env['LOGS'],
  };
}

function positive(env: Environment, name: string, otherwise: number): number {
  const text = env[name];
  if (text === undefined || text === '') return otherwise;
  const value = Number(text);
  if (value > 0) return value;
  throw new Error(`${name}=${text}: must be a number above 0.`);
}

function oneOf<T extends string>(env: Environment, name: string, allowed: readonly T[], otherwise: T): T {
  const text = env[name];
  if (text === undefined || text === '') return otherwise;
  const value = allowed.find((one) => one === text);
  if (value !== undefined) return value;
  throw new Error(`${name}=${text}: must be one of ${allowed.join(', ')}.`);
}

function kindsOf(text: string | undefined): readonly FaultKind[] {
  const all = Object.keys(FAULT_KINDS) as FaultKind[];
  if (text === undefined || text === '') return all;
  return text.split(',').map((name) => oneOf({ ONLY: name.trim() }, 'ONLY', all, all[0]!));
}
