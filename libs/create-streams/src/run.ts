/** The command line: exit code 0 done, 1 it could not be done (bad arguments among the reasons). */
import { join, relative, resolve } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import {
  ARCHIVES,
  HTTP_SERVERS,
  PACKAGE_MANAGERS,
  runningPackageManager,
  SINKS,
  type Choices,
  type PackageManager,
} from './choices.ts';
import { initRepository, install } from './commands.ts';
import { CreateError } from './create.error.ts';
import type { Vendor } from './manifest.ts';
import { projectFiles } from './project-files.ts';
import type { Asked } from './prompts.ts';
import { targetFolder } from './target-folder.ts';
import type { Terminal } from './terminal.ts';
import { readVendor } from './vendor.ts';
import { writeProject } from './write-project.ts';

interface Flags extends Partial<Pick<Choices, 'http' | 'sink' | 'archive'>> {
  readonly packageManager: PackageManager;
  readonly packages?: string;
  readonly install: boolean;
  readonly git: boolean;
}

/** Makes one service, and gives the exit code. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = new Command('create-streams')
    .description('Creates a NestJS service on HiveFrame Streams, ready to run.')
    .argument('[folder]', 'of the service, which is named after it; must be empty or not there')
    .addOption(new Option('--sink <sink>', 'where results go (default: postgres)').choices(SINKS))
    .addOption(
      new Option('--archive <archive>', 'where each event is kept, too (default: none)').choices(ARCHIVES),
    )
    .addOption(new Option('--http <server>', "Nest's HTTP server (default: express)").choices(HTTP_SERVERS))
    .addOption(
      new Option('--package-manager <name>', 'what installs its dependencies')
        .choices(PACKAGE_MANAGERS)
        .default(runningPackageManager(), 'the one that runs this'),
    )
    .option('--packages <folder>', 'take @hiveframe packages from packed files (.tgz) in a folder; npm only')
    .option('--no-install', 'do not install dependencies')
    .option('--no-git', 'do not make a Git repository')
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.err(text) })
    .showHelpAfterError('(add --help for what there is)')
    .action((folder: string | undefined, flags: Flags) => create(folder, flags, terminal));
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1; // it has told why
    terminal.err(`error: ${told(error)}\n`);
    return 1;
  }
}

async function create(folder: string | undefined, flags: Flags, terminal: Terminal): Promise<void> {
  if (folder !== undefined) targetFolder(folder); // before anybody is asked
  const asked = await complete(
    { folder, http: flags.http, sink: flags.sink, archive: flags.archive },
    terminal,
  );
  const { folder: chosenFolder, ...choices } = asked;
  const target = targetFolder(chosenFolder);
  const { packageManager } = flags;
  const vendor = vendorOf(flags);
  const files = projectFiles({ name: target.name, packageManager, ...choices }, vendor);
  const vendored = new Map(
    Array.from(vendor.values(), (file) => [`vendor/${file}`, join(flags.packages ?? '', file)]),
  );
  writeProject(target.path, files, vendored);
  if (flags.git) await initRepository(target.path).catch((error: unknown) => warn(terminal, error));
  if (flags.install) await installed(target.path, packageManager);
  terminal.out(nextSteps(target.path, flags));
}

/** Asks where somebody can be asked, else takes the defaults. */
async function complete(
  given: { readonly [name in keyof Asked]: Asked[name] | undefined },
  { interactive }: Terminal,
): Promise<Asked> {
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  if (interactive) return (await import('./prompts.ts')).ask(known);
  if (given.folder === undefined) {
    throw new CreateError('Cannot create a service: the folder is not said. Give it as the first argument.');
  }
  return {
    folder: given.folder,
    sink: given.sink ?? SINKS[0],
    archive: given.archive ?? ARCHIVES[0],
    http: given.http ?? HTTP_SERVERS[0],
  };
}

function vendorOf({ packages, packageManager }: Flags): Vendor {
  if (packages === undefined) return new Map();
  if (packageManager === 'npm') return readVendor(resolve(packages));
  throw new CreateError(
    `Cannot take packages from a folder with ${packageManager}: it looks for what they depend on in the registry. Give --package-manager npm.`,
  );
}

async function installed(folder: string, packageManager: PackageManager): Promise<void> {
  try {
    await install(folder, packageManager);
  } catch (cause) {
    throw new CreateError(
      `Cannot install the dependencies: ${told(cause)}. The service is in ${folder}, complete but for them: run \`${packageManager} install\` there.`,
      { cause },
    );
  }
}

function nextSteps(folder: string, { packageManager, install: hasInstalled }: Flags): string {
  const where = relative(process.cwd(), folder);
  const steps = [
    ...(where === '' ? [] : [`cd ${where}`]),
    ...(hasInstalled ? [] : [`${packageManager} install`]),
    `${packageManager} run start:dev      # without Kafka`,
    'docker compose up --build  # with it',
  ];
  return `\nCreated ${folder}. Next:\n\n${steps.map((step) => `  ${step}\n`).join('')}\nREADME.md tells the rest.\n`;
}

function warn(terminal: Terminal, error: unknown): void {
  terminal.err(`warning: No Git repository was made: ${told(error)}\n`);
}

function told(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
