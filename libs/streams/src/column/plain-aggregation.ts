/** Writes the source of the quick way for one set of aggregates: straight code over number slots. It takes rows whose values are plain
 *  (numbers where numbers are aggregated) and gives the rows of groups that hold nothing else; everything else it misses, before it
 *  has changed anything. Together with the steps, which answer for all cases, it is what one would write by hand. */
import type { Accumulator } from './accumulator.ts';
import type { AggregateStep } from './aggregate-step.ts';
import { CompiledColumn, type Constants, type Row } from './compiled-expression.ts';

export interface PlainAggregation {
  /** False: a miss, the accumulator is as it was. */
  readonly add: (to: Accumulator, row: Row) => boolean;
  /** Of an accumulator without objects: its leading values, then the results. */
  readonly row: (of: Accumulator, key: unknown, startMs: number, endMs: number) => Row;
}

/** A column of the row in front of the results, and the expression that gives it (over `key`, `startMs`, `endMs`). */
export interface LeadingColumn {
  readonly name: string;
  readonly code: string;
}

/** @throws EvalError where the process allows no code from strings */
export function generateAggregation(
  steps: readonly AggregateStep[],
  aliases: readonly string[],
  leading: readonly LeadingColumn[],
): PlainAggregation {
  const constants = new NamedConstants();
  const results = steps.map(({ plain }, i) => ({ name: aliases[i]!, code: plain.result }));
  const fields = [...leading, ...results].map(({ name, code }) => `${JSON.stringify(name)}: ${code}`);
  const body = `return {
    add(to, row) {
      if (to.objects !== null) return false;
      ${addCode(steps, constants)}
      return true;
    },
    row(of, key, startMs, endMs) {
      const n = of.numbers;
      return { ${fields.join(', ')} };
    },
  };`;
  // oxlint-disable-next-line no-implied-eval, no-new-func -- made of column names and constants, all written by JSON.stringify
  const make = new Function('constants', body) as (constants: readonly unknown[]) => PlainAggregation;
  return make(constants.values);
}

/** First all values, which may throw or miss, then the changes. */
function addCode(steps: readonly AggregateStep[], constants: Constants): string {
  const values = new Map<unknown, string>();
  const reads: string[] = [];
  const changes = steps.map(({ plain: { source, takes, add } }) => {
    if (source === null) return add('');
    const identity = source instanceof CompiledColumn ? source.column : source;
    let value = values.get(identity);
    if (value === undefined) {
      values.set(identity, (value = `v${values.size}`));
      reads.push(`const ${value} = ${source.code(constants)};`);
    }
    if (takes === 'number')
      reads.push(`if (typeof ${value} !== 'number' || ${value} !== ${value}) return false;`);
    return add(value);
  });
  return [...reads, 'const n = to.numbers;', ...changes].join('\n');
}

class NamedConstants implements Constants {
  readonly values: unknown[] = [];

  add(value: unknown): string {
    return `constants[${this.values.push(value) - 1}]`;
  }
}
