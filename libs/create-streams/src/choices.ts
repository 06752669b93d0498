/** What can be chosen for a new service. The first of each is the default. */
export const PACKAGE_MANAGERS = ['npm', 'pnpm'] as const;
export const HTTP_SERVERS = ['express', 'fastify'] as const;
export const SINKS = ['postgres', 'console'] as const;
export const ARCHIVES = ['none', 'parquet'] as const;

export type PackageManager = (typeof PACKAGE_MANAGERS)[number];

export interface Choices {
  /** Of the package, and of the streams application. */
  readonly name: string;
  readonly packageManager: PackageManager;
  readonly http: (typeof HTTP_SERVERS)[number];
  /** Where totals go. */
  readonly sink: (typeof SINKS)[number];
  /** Where each order is kept. */
  readonly archive: (typeof ARCHIVES)[number];
}

/** The one that runs this, as each tells by its user agent (`npm/11.0.0 node/…`); npm where that is none of ours. */
export function runningPackageManager(userAgent = process.env['npm_config_user_agent']): PackageManager {
  const name = userAgent?.split('/')[0];
  return PACKAGE_MANAGERS.find((known) => known === name) ?? 'npm';
}

/** Those that have files, sections and packages of their own. */
export function layersOf({ packageManager, http, sink, archive }: Omit<Choices, 'name'>): readonly string[] {
  return [packageManager, http, sink, archive];
}
