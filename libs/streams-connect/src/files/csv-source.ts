import type { ResumableSource } from '../resumable/resumable-source.ts';
import { SourceError } from '../source/source.error.ts';
import { CsvRowParser } from './csv-parser.ts';
import {
  DEFAULT_MAX_ROW_BYTES,
  fileSource,
  type FileFormat,
  type FilePosition,
  type FileSourceOptions,
} from './file-source.ts';
import { readFile } from './read-file.ts';
import type { ValueOfRow } from './row-events.ts';
import { FILE_START, type FilePlace, type Row } from './row-parser.ts';

export interface CsvSourceOptions<T> extends FileSourceOptions<T> {
  /** Names of the columns in order, of files without a header line; or new names for those of the header line.
   *  @defaultValue the names in the header line */
  readonly columns?: readonly string[] | Readonly<Record<string, string>>;
  /** Between the fields of a row. @defaultValue ',' */
  readonly delimiter?: string;
}

/** Replays CSV files (RFC 4180, UTF-8), exactly once: each row is an object of texts by column, which `schema` makes an event. Rows with
 *  another number of fields are rejected. @throws ConfigError */
export function csvSource<T = Record<string, string>>(
  options: CsvSourceOptions<T>,
): ResumableSource<T, FilePosition> {
  return fileSource(options, new CsvFormat(options));
}

type Layout = Pick<CsvSourceOptions<unknown>, 'columns' | 'delimiter' | 'maxRowBytes'>;

class CsvFormat implements FileFormat {
  readonly #columns: CsvSourceOptions<unknown>['columns'];
  readonly #options: { readonly delimiter: string; readonly maxRowBytes: number };

  constructor({ columns, delimiter = ',', maxRowBytes = DEFAULT_MAX_ROW_BYTES }: Layout) {
    this.#columns = columns;
    this.#options = { delimiter, maxRowBytes };
  }

  parser(from: FilePlace): CsvRowParser {
    return new CsvRowParser(from, this.#options);
  }

  async open(file: string): Promise<{ readonly start: FilePlace; readonly valueOf: ValueOfRow }> {
    const columns = this.#columns;
    if (isList(columns)) return { start: FILE_START, valueOf: rowObject(columns) };
    const header = await this.#firstRow(file);
    if (header === undefined) return { start: FILE_START, valueOf: rowObject([]) };
    const names = namesOf(file, header).map((name) => newNameOf(name, columns));
    requireDistinct(file, names);
    return { start: { offset: header.end, line: header.nextLine }, valueOf: rowObject(names) };
  }

  async #firstRow(file: string): Promise<Row | undefined> {
    const parser = this.parser(FILE_START);
    for await (const piece of readFile(file, 0)) {
      const [first] = await parser.feed(piece);
      if (first !== undefined) return first;
    }
    return (await parser.end())[0];
  }
}

function isList(columns: CsvSourceOptions<unknown>['columns']): columns is readonly string[] {
  return Array.isArray(columns);
}

function namesOf(file: string, { content, line }: Row): readonly string[] {
  if ('value' in content) return content.value as string[];
  throw new SourceError(`${file}:${line}: cannot read the header line: ${content.fault}`);
}

/** A name in the header line may be one that all objects have, such as `constructor`. */
function newNameOf(name: string, names: Readonly<Record<string, string>> = {}): string {
  return Object.hasOwn(names, name) ? names[name]! : name;
}

function requireDistinct(file: string, names: readonly string[]): void {
  const twice = names.filter((name, at) => names.indexOf(name) !== at);
  if (twice.length === 0) return;
  throw new SourceError(`${file}: column ${twice.join(', ')} is there twice; rename one with columns`);
}

function rowObject(names: readonly string[]): ValueOfRow {
  return (value) => {
    const fields = value as readonly string[];
    if (fields.length !== names.length) {
      return { fault: `it has ${fields.length} fields, and there are ${names.length} columns` };
    }
    return { value: Object.fromEntries(names.map((name, at) => [name, fields[at]])) };
  };
}
