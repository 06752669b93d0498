/** Completes the package-lock.json files after an `npm install` from a registry that carries the binaries of one platform only:
 *  npm leaves the other platforms' packages out of the lock then, and `npm ci` refuses such a lock everywhere.
 *  Adds an entry for each optional dependency that has none; without an integrity, which only the registry knows. */
import { readFileSync, writeFileSync } from 'node:fs';

interface LockEntry {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}
interface Lock {
  packages: Record<string, LockEntry>;
}

const LOCKS = ['package-lock.json', 'docs/.vitepress/package-lock.json'];
const SYSTEMS = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
  'aix',
];
const PROCESSORS = [
  'arm64',
  'arm',
  'ia32',
  'x64',
  'ppc64',
  'riscv64',
  's390x',
  'loong64',
  'mips64el',
  'wasm32',
];

/** The platform in a package's name, as in `@swc/core-linux-arm64-musl`; a name without one is WebAssembly, or any. */
function platformOf(name: string): Record<string, string[]> {
  const words = name.split(/[-/]/);
  const os = SYSTEMS.find((system) => words.includes(system));
  const cpu = PROCESSORS.find((processor) =>
    words.some((word) => word === processor || word === `${processor}eabi`),
  );
  const libc = words.includes('musl')
    ? 'musl'
    : words.includes('gnu') && os === 'linux'
      ? 'glibc'
      : undefined;
  return {
    ...(os !== undefined && { os: [os] }),
    ...(cpu !== undefined && { cpu: [cpu] }),
    ...(libc !== undefined && { libc: [libc] }),
  };
}

/** As Node resolves it: beside the package that asks, or above. */
function isLocked(lock: Lock, from: string, name: string): boolean {
  for (let folder = from; ; folder = folder.slice(0, folder.lastIndexOf('/node_modules/'))) {
    if (`${folder}/node_modules/${name}` in lock.packages) return true;
    if (!folder.includes('/node_modules/')) return `node_modules/${name}` in lock.packages;
  }
}

function complete(path: string): void {
  const lock = JSON.parse(readFileSync(path, 'utf8')) as Lock;
  let added = 0;
  for (const [from, entry] of Object.entries(lock.packages)) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      if (isLocked(lock, from, name)) continue;
      const { license, dev } = entry;
      lock.packages[`node_modules/${name}`] = {
        version: range.replace(/^[~^]/, ''),
        ...platformOf(name),
        ...(dev === true && { dev }),
        ...(license !== undefined && { license }),
        optional: true,
      };
      added++;
    }
  }
  lock.packages = Object.fromEntries(
    Object.entries(lock.packages).toSorted(([a], [b]) => a.localeCompare(b, 'en')),
  );
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
  process.stdout.write(`${path}: ${added} entries for other platforms added\n`);
}

LOCKS.forEach(complete);
