/** Compares docs/guide/coming-from-kafka-streams.md with the packages. In each table the second column holds our names: members of
 *  the type that the heading above names, `Type.member`, or exports. A name that is not there is a fault, and so is `missing` for a
 *  member that is there under Kafka Streams' own name. */
import { readFileSync, readdirSync } from 'node:fs';
import ts from 'typescript';

const PAGE = 'docs/guide/coming-from-kafka-streams.md';
const MISSING = '**missing**';

interface Row {
  readonly line: number;
  /** The type named by the heading above, if there is one. */
  readonly section: string;
  readonly theirs: string;
  readonly ours: string;
}

function readRows(text: string): Row[] {
  const rows: Row[] = [];
  let section = '';
  text.split('\n').forEach((line, index) => {
    const heading = /^## (.*)$/.exec(line);
    if (heading !== null) section = heading[1]!.replace('KafkaStreams', 'StreamsApp');
    const cells = /^\| (.*?) +\| (.*?) +\| (.*?) *\|$/.exec(line);
    if (cells === null || /^(-+|Kafka Streams)$/.test(cells[1]!)) return;
    rows.push({ line: index + 1, section, theirs: cells[1]!, ours: cells[2]! });
  });
  return rows;
}

/** Of the names in backticks, what stands before a call or a space: `filter((value) => …)` is `filter`. */
function names(cell: string): string[] {
  return Array.from(cell.matchAll(/`([A-Za-z]+(?:\.[A-Za-z]+)?)/g), ([, name]) => name!);
}

/** The exports of all packages, from their sources. */
class Packages {
  readonly #checker: ts.TypeChecker;
  readonly #exports = new Map<string, ts.Symbol>();

  constructor() {
    const entries = readdirSync('libs').map((name) => `libs/${name}/src/index.ts`);
    const { config } = ts.readConfigFile('tsconfig.json', (path) => readFileSync(path, 'utf8'));
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
    const program = ts.createProgram(entries, options);
    this.#checker = program.getTypeChecker();
    for (const entry of entries) {
      const module = this.#checker.getSymbolAtLocation(program.getSourceFile(entry)!)!;
      for (const symbol of this.#checker.getExportsOfModule(module)) this.#exports.set(symbol.name, symbol);
    }
  }

  has(name: string, section: string): boolean {
    const [type, member] = name.split('.');
    if (member !== undefined) return this.#hasMember(type!, member);
    return this.#hasMember(section, name) || this.#exports.has(name);
  }

  #hasMember(type: string, member: string): boolean {
    return this.members(type).has(member);
  }

  members(type: string): ReadonlySet<string> {
    const found = this.#exports.get(type);
    if (found === undefined) return new Set();
    const symbol = found.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(found) : found;
    const declared = this.#checker.getDeclaredTypeOfSymbol(symbol);
    return new Set(declared.getProperties().map(({ name }) => name));
  }
}

function faultsOf({ section, theirs, ours }: Row, packages: Packages): string[] {
  if (!ours.includes(MISSING)) {
    const unknown = names(ours).filter((name) => !packages.has(name, section));
    return unknown.map((name) => `${name} is not there`);
  }
  const plain = Array.from(theirs.matchAll(/`([a-zA-Z]+)`/g), ([, name]) => name!);
  const there = plain.filter((name) => packages.members(section).has(name));
  return there.map((name) => `${section}.${name} is there, and called missing`);
}

const rows = readRows(readFileSync(PAGE, 'utf8'));
const packages = new Packages();
let faults = 0;
for (const row of rows) {
  for (const fault of faultsOf(row, packages)) {
    process.stdout.write(`${PAGE}:${row.line}: ${fault}\n`);
    faults++;
  }
}
process.stdout.write(`names-check: ${rows.length} rows, ${faults} faults\n`);
process.exitCode = faults === 0 && rows.length > 0 ? 0 : 1;
