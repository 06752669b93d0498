/** The options of all packages, from the docstrings of their types. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

export interface Option {
  readonly name: string;
  readonly meaning: string;
  /** Of a number: ms, bytes, or none; of a choice: its values; else the type as written. */
  readonly type: string;
  /** As the docstring has it; null: the option is required. */
  readonly defaultValue: string | null;
  /** The setting of Kafka (Streams) that it is; null: none. */
  readonly kafkaName: string | null;
}

export interface OptionType {
  readonly package: string;
  readonly name: string;
  readonly meaning: string;
  readonly options: readonly Option[];
  /** Types of which it takes the options too. */
  readonly includes: readonly string[];
}

/** Of the engine: what a service or its topology is tuned by. What else an operator must be told is in its signature. */
const OF_THE_ENGINE = [
  'StreamsConfig',
  'FailureHandlers',
  'ThreadedStreamsOptions',
  'TopicOptions',
  'TimestampOptions',
  'WatermarkOptions',
  'LatenessOptions',
  'StoreOptions',
  'RowStoreOptions',
  'AsyncOptions',
  'TableSinkOptions',
];
/** Not settings of a service: what tests, the command line and `nest g` are told. */
const NO_SETTINGS = ['create-streams', 'streams-cli', 'streams-schematics', 'streams-testing'];

/** @param root of the repository */
export function readOptionTypes(root: string): OptionType[] {
  const packages = readdirSync(join(root, 'libs')).filter((name) => !NO_SETTINGS.includes(name));
  const entries = packages.map((name) => join(root, 'libs', name, 'src/index.ts'));
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => readFileSync(path, 'utf8'));
  const program = ts.createProgram(entries, ts.parseJsonConfigFileContent(config, ts.sys, root).options);
  const reader = new OptionReader(program.getTypeChecker(), join(root, 'libs'));
  for (const [index, entry] of entries.entries())
    reader.addModule(packages[index]!, program.getSourceFile(entry)!);
  return reader.read();
}

class OptionReader {
  readonly #checker: ts.TypeChecker;
  readonly #folder: string;
  /** By name, with the package that exports it. */
  readonly #types = new Map<string, { readonly symbol: ts.Symbol; readonly package: string }>();

  constructor(checker: ts.TypeChecker, folder: string) {
    this.#checker = checker;
    this.#folder = folder;
  }

  addModule(packageName: string, file: ts.SourceFile): void {
    const wanted = (name: string): boolean =>
      packageName === 'streams' ? OF_THE_ENGINE.includes(name) : /(Options|Config|Limits|Extras)$/.test(name);
    for (const exported of this.#checker.getExportsOfModule(this.#checker.getSymbolAtLocation(file)!)) {
      const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
      const symbol = isAlias ? this.#checker.getAliasedSymbol(exported) : exported;
      if (wanted(exported.name)) this.#types.set(exported.name, { symbol, package: packageName });
    }
  }

  read(): OptionType[] {
    const all = Array.from(this.#types, ([name, { symbol, package: from }]) =>
      this.#readType(name, from, symbol),
    );
    return all.filter(({ options }) => options.length > 0);
  }

  #readType(name: string, packageName: string, symbol: ts.Symbol): OptionType {
    const properties = this.#checker.getDeclaredTypeOfSymbol(symbol).getProperties();
    const ours = properties.filter((property) => this.#isOurs(property));
    const elsewhere = (property: ts.Symbol): string | null => {
      const owner = ownerOf(property);
      return owner !== name && this.#types.has(owner) ? owner : null;
    };
    return {
      package: packageName,
      name,
      meaning: this.#textOf(symbol),
      options: ours
        .filter((property) => elsewhere(property) === null)
        .map((property) => this.#readOption(property)),
      includes: [...new Set(ours.map(elsewhere).filter((owner) => owner !== null))],
    };
  }

  #readOption(property: ts.Symbol): Option {
    const text = this.#textOf(property);
    const kafkaName = /Kafka: `([^`]+)`/.exec(text)?.[1] ?? null;
    const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0;
    const tag = property.getJsDocTags(this.#checker).find(({ name }) => name === 'defaultValue');
    return {
      name: property.name,
      meaning: text.replace(/ ?Kafka: `[^`]+`\.?/, '').trim(),
      type: typeText(property),
      defaultValue: isOptional ? oneLine(ts.displayPartsToString(tag?.text)) : null,
      kafkaName,
    };
  }

  /** Not of a client that is passed through. */
  #isOurs({ valueDeclaration }: ts.Symbol): boolean {
    const path = relative(this.#folder, valueDeclaration?.getSourceFile().fileName ?? '');
    return !path.startsWith('..') && !path.includes('node_modules');
  }

  #textOf(symbol: ts.Symbol): string {
    return oneLine(ts.displayPartsToString(symbol.getDocumentationComment(this.#checker)));
  }
}

/** Name of the type that declares it. */
function ownerOf({ valueDeclaration }: ts.Symbol): string {
  const parent = valueDeclaration?.parent;
  return parent !== undefined && ts.isInterfaceDeclaration(parent) ? parent.name.text : '';
}

function typeText({ name, valueDeclaration }: ts.Symbol): string {
  const declared = (valueDeclaration as ts.PropertySignature).type?.getText() ?? '';
  if (!/^number\b/.test(declared)) return oneLine(declared);
  return name.endsWith('Ms') ? 'ms' : /Bytes($|Per)/.test(name) ? 'bytes' : 'number';
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
