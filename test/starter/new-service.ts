/** A service that is made from the packed packages of this repository, as `npm create @hiveframe/streams` makes it. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './user-shell.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A folder of the user's, with the packages in `packed`. */
export class Workplace implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'starter-'));
  readonly packed = join(this.folder, 'packed');

  static async withPackages(): Promise<Workplace> {
    const workplace = new Workplace();
    await run(workplace.folder, ['mkdir', 'packed']);
    await run(ROOT, ['npm', 'pack', '--silent', '--workspaces', '--pack-destination', workplace.packed]);
    return workplace;
  }

  /** `npm create @hiveframe/streams <name> -- <flags>`, and where it then is. */
  async create(name: string, ...flags: readonly string[]): Promise<string> {
    const creator = readdirSync(this.packed).find((file) => file.startsWith('hiveframe-create-streams-'))!;
    const create = ['npm', 'exec', '--yes', '--package', join(this.packed, creator), '--', 'create-streams'];
    await run(this.folder, [...create, name, '--packages', this.packed, '--no-git', ...flags]);
    return join(this.folder, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
