/** Column expressions, as they run: each is compiled once to a closure `(row) => value`. */

export type Row = Readonly<Record<string, unknown>>;
export type Evaluate = (row: Row) => unknown;

/** Names what generated code cannot write down. */
export interface Constants {
  add(value: unknown): string;
}

/** What every expression of the public types is behind them. */
export class CompiledExpression {
  readonly evaluate: Evaluate;
  /** The expression in words, for errors and to recognize a changed aggregate. */
  readonly text: string;

  constructor(text: string, evaluate: Evaluate) {
    this.text = text;
    this.evaluate = evaluate;
  }

  /** The expression as source text over the variable `row`, for generated code. */
  code(constants: Constants): string {
    return `${constants.add(this.evaluate)}(row)`;
  }

  eq(other: unknown): CompiledExpression {
    return this.#compare('=', other, (a, b) => a === b);
  }
  ne(other: unknown): CompiledExpression {
    return this.#compare('<>', other, (a, b) => a !== b);
  }
  gt(other: unknown): CompiledExpression {
    return this.#compare('>', other, (a, b) => a > b);
  }
  gte(other: unknown): CompiledExpression {
    return this.#compare('>=', other, (a, b) => a >= b);
  }
  lt(other: unknown): CompiledExpression {
    return this.#compare('<', other, (a, b) => a < b);
  }
  lte(other: unknown): CompiledExpression {
    return this.#compare('<=', other, (a, b) => a <= b);
  }
  isNull(): CompiledExpression {
    const { evaluate } = this;
    return new CompiledExpression(`${this.text} is null`, (row) => isNull(evaluate(row)));
  }

  plus(other: unknown): CompiledExpression {
    return this.#calculate('+', other, (a, b) => a + b);
  }
  minus(other: unknown): CompiledExpression {
    return this.#calculate('-', other, (a, b) => a - b);
  }
  times(other: unknown): CompiledExpression {
    return this.#calculate('*', other, (a, b) => a * b);
  }
  dividedBy(other: unknown): CompiledExpression {
    return this.#calculate('/', other, (a, b) => a / b);
  }
  orElse(value: number): CompiledExpression {
    const { evaluate } = this;
    return new CompiledExpression(`${this.text} or else ${value}`, (row) => {
      const own = evaluate(row);
      return isNull(own) ? value : own;
    });
  }

  and(other: unknown): CompiledExpression {
    const { evaluate } = this;
    const right = compile(other);
    return new CompiledExpression(
      `(${this.text} and ${right.text})`,
      (row) => evaluate(row) === true && right.evaluate(row) === true,
    );
  }
  or(other: unknown): CompiledExpression {
    const { evaluate } = this;
    const right = compile(other);
    return new CompiledExpression(
      `(${this.text} or ${right.text})`,
      (row) => evaluate(row) === true || right.evaluate(row) === true,
    );
  }
  not(): CompiledExpression {
    const { evaluate } = this;
    return new CompiledExpression(`not ${this.text}`, (row) => evaluate(row) !== true);
  }

  /** Dates compare by their time; null and values of different types never compare. */
  #compare(
    sign: string,
    other: unknown,
    holds: (a: Comparable, b: Comparable) => boolean,
  ): CompiledExpression {
    const { evaluate } = this;
    const right = compile(other);
    return new CompiledExpression(`(${this.text} ${sign} ${right.text})`, (row) => {
      const a = comparable(evaluate(row));
      const b = comparable(right.evaluate(row));
      return a !== null && b !== null && typeof a === typeof b && holds(a, b);
    });
  }

  /** @throws TypeError for what is no number: the types promised one, the record broke the promise. */
  #calculate(sign: string, other: unknown, result: (a: number, b: number) => number): CompiledExpression {
    const left = number(this);
    const right = number(compile(other));
    return new CompiledExpression(`(${this.text} ${sign} ${compile(other).text})`, (row) =>
      result(left(row), right(row)),
    );
  }
}

/** A column of the row. */
export class CompiledColumn extends CompiledExpression {
  readonly column: string;

  constructor(column: string) {
    super(column, (row) => row[column]);
    this.column = column;
  }

  override code(): string {
    return `row[${JSON.stringify(this.column)}]`;
  }
}

class CompiledLiteral extends CompiledExpression {
  readonly #value: unknown;

  constructor(value: unknown) {
    super(literalText(value), () => value);
    this.#value = value;
  }

  override code(constants: Constants): string {
    const isPlain = Number.isFinite(this.#value) || typeof this.#value === 'boolean' || this.#value === null;
    return isPlain && !Object.is(this.#value, -0) ? String(this.#value) : constants.add(this.#value);
  }
}

/** The value of the first condition that holds. */
export class CompiledChoice extends CompiledExpression {
  readonly #cases: readonly Case[];
  readonly #otherwise: CompiledExpression;

  constructor(cases: readonly Case[], otherwise: CompiledExpression) {
    const text = cases.map(({ condition, value }) => `when ${condition.text} then ${value.text}`).join(' ');
    const evaluate = cases.reduceRight<Evaluate>(
      (rest, { condition, value }) =>
        (row) =>
          condition.evaluate(row) === true ? value.evaluate(row) : rest(row),
      otherwise.evaluate,
    );
    super(`${text} otherwise ${otherwise.text}`, evaluate);
    this.#cases = cases;
    this.#otherwise = otherwise;
  }

  override code(constants: Constants): string {
    return this.#cases.reduceRight(
      (rest, { condition, value }) =>
        `(${condition.code(constants)} === true ? ${value.code(constants)} : ${rest})`,
      this.#otherwise.code(constants),
    );
  }
}

export interface Case {
  readonly condition: CompiledExpression;
  readonly value: CompiledExpression;
}

/** An expression as it is; anything else is a literal. */
export function compile(operand: unknown): CompiledExpression {
  if (operand instanceof CompiledExpression) return operand;
  return new CompiledLiteral(operand);
}

export function isNull(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

type Comparable = string | number | bigint | boolean;
function comparable(value: unknown): Comparable | null {
  if (typeof value === 'object') return value instanceof Date ? value.getTime() : null;
  return value === undefined ? null : (value as Comparable);
}

function number(expression: CompiledExpression): (row: Row) => number {
  const { evaluate, text } = expression;
  return (row) => {
    const value = evaluate(row);
    if (typeof value === 'number') return value;
    throw new TypeError(`Cannot calculate with ${text}: it is ${describeValue(value)}, not a number.`);
  };
}

export function describeValue(value: unknown): string {
  if (isNull(value)) return String(value);
  return typeof value === 'object' ? (value.constructor?.name ?? 'an object') : `a ${typeof value}`;
}

function literalText(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  return value instanceof Date ? value.toISOString() : String(value);
}
