import { Secret } from './secret.ts';

/** Reads settings from an environment and gathers every fault, so that all are told together. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The text of a file. @throws what tells why it cannot be read */
export type ReadFile = (path: string) => string;

export interface IntegerRange {
  readonly min: number;
  readonly max: number;
  /** What the number counts, e.g. `milliseconds`. */
  readonly unit?: string;
}

const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  on: true,
  yes: true,
  1: true,
  false: false,
  off: false,
  no: false,
  0: false,
};

/** A blank value counts as unset, as Compose files and charts give it. After a fault the default stands in, so that reading goes on. */
export class SettingReader {
  readonly #env: Environment;
  readonly #readFile: ReadFile;
  readonly #faults: string[] = [];

  constructor(env: Environment, readFile: ReadFile) {
    this.#env = env;
    this.#readFile = readFile;
  }

  get faults(): readonly string[] {
    return this.#faults;
  }

  /** True when the variable is there, be it blank. */
  isGiven(name: string): boolean {
    return this.#env[name] !== undefined;
  }

  text(name: string): string | undefined {
    const value = this.#env[name]?.trim();
    return value === '' ? undefined : value;
  }

  integer(name: string, defaultValue: number, { min, max, unit }: IntegerRange): number {
    const text = this.text(name);
    if (text === undefined) return defaultValue;
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    this.fault(name, text, `an integer from ${min} to ${max}${unit === undefined ? '' : ` (${unit})`}`);
    return defaultValue;
  }

  oneOf<const T extends string>(name: string, defaultValue: T, allowed: readonly T[]): T {
    const text = this.text(name);
    if (text === undefined) return defaultValue;
    const value = allowed.find((candidate) => candidate === text.toLowerCase());
    if (value === undefined) this.fault(name, text, `one of ${allowed.join(', ')}`);
    return value ?? defaultValue;
  }

  boolean(name: string, defaultValue: boolean): boolean {
    const text = this.text(name);
    if (text === undefined) return defaultValue;
    const value = BOOLEANS[text.toLowerCase()];
    if (value === undefined) this.fault(name, text, 'true or false');
    return value ?? defaultValue;
  }

  /** A text that `isValid`; `allowed` completes "must be …". */
  matching(name: string, isValid: (text: string) => boolean, allowed: string): string | undefined {
    const text = this.text(name);
    if (text !== undefined && !isValid(text)) this.fault(name, text, allowed);
    return text;
  }

  /** The text of the file that the variable names. */
  file(name: string): string | undefined {
    const path = this.text(name);
    if (path === undefined) return undefined;
    try {
      return this.#readFile(path);
    } catch (error) {
      this.fault(name, path, `a file that can be read (${codeOf(error)})`);
      return undefined;
    }
  }

  /** From the variable, or from the file that `<name>_FILE` names, without the line's end. */
  secret(name: string): Secret | undefined {
    const inline = this.text(name);
    const kept = this.file(`${name}_FILE`)?.replace(/\r?\n$/, '');
    if (inline !== undefined && kept !== undefined) this.missing(name, `given once: here or in ${name}_FILE`);
    if (kept === '') this.fault(`${name}_FILE`, this.text(`${name}_FILE`)!, 'a file that is not empty');
    const value = inline ?? kept;
    return value === undefined || value === '' ? undefined : new Secret(value);
  }

  /** Of a variable whose value says nothing, or must not be told. */
  missing(name: string, allowed: string): void {
    this.#faults.push(`${name}: must be ${allowed}`);
  }

  /** What stands before an @ may be a password that was put in the wrong variable. */
  fault(name: string, value: string, allowed: string): void {
    this.#faults.push(`${name}="${value.replace(/^.*@/s, '***@')}": must be ${allowed}`);
  }
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'unreadable';
}
