/** Rows to events: validated, or rejected with the place of the row. */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { RejectedEvent } from '../resumable/resumable-source.ts';
import type { Row } from './row-parser.ts';

/** A row as an object, or why it is none. */
export type ValueOfRow = (value: unknown) => { readonly value: unknown } | { readonly fault: string };
export type EventOfRow<T> = { readonly event: T } | { readonly rejected: RejectedEvent };

export class RowEvents<T> {
  readonly #file: string;
  readonly #valueOf: ValueOfRow;
  readonly #schema: StandardSchemaV1<unknown, T> | undefined;

  constructor(file: string, valueOf: ValueOfRow, schema: StandardSchemaV1<unknown, T> | undefined) {
    this.#file = file;
    this.#valueOf = valueOf;
    this.#schema = schema;
  }

  /** A promise only where the schema gives one. */
  of(row: Row): EventOfRow<T> | Promise<EventOfRow<T>> {
    const content = 'fault' in row.content ? row.content : this.#valueOf(row.content.value);
    if ('fault' in content) return this.#rejected(row, content.fault);
    if (this.#schema === undefined) return { event: content.value as T };
    const result = this.#schema['~standard'].validate(content.value);
    return result instanceof Promise
      ? result.then((outcome) => this.#validated(row, outcome))
      : this.#validated(row, result);
  }

  #validated(row: Row, result: StandardSchemaV1.Result<T>): EventOfRow<T> {
    if (result.issues === undefined) return { event: result.value };
    const faults = result.issues.map(({ message, path = [] }) => [...pathOf(path), message].join(': '));
    return this.#rejected(row, faults.join('; '));
  }

  #rejected({ line, bytes }: Row, fault: string): EventOfRow<T> {
    return { rejected: { raw: bytes, reason: new Error(`${this.#file}:${line}: ${fault}`) } };
  }
}

function pathOf(path: readonly (PropertyKey | StandardSchemaV1.PathSegment)[]): string[] {
  if (path.length === 0) return [];
  return [path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.')];
}
