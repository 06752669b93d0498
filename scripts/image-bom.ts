/** The software bill of materials of the image, CycloneDX 1.5: npm's own, of the packages in this folder, and below them Node and
 *  the packages of Debian. Runs in the build stage of the Dockerfile, whose base is that of the image. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The parts of CycloneDX that are read or made here. */
export interface Component {
  readonly 'bom-ref': string;
  readonly type: 'application' | 'library' | 'platform';
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  /** By which vulnerabilities are found where there is no registry of packages. */
  readonly cpe?: string;
}
export interface Bom {
  readonly bomFormat: 'CycloneDX';
  readonly specVersion: string;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
}

/** @param name of what the image runs: npm takes that of the folder
 *  @param debian lines of `dpkg-query`: name, version, architecture
 *  @param release of Debian, such as 12 */
export function completeBom(
  bom: Bom,
  name: string,
  below: { readonly node: string; readonly debian: readonly string[]; readonly release: string },
): Bom {
  const component = { ...bom.metadata.component, name };
  const debian = below.debian.map((line) => debianComponent(line, below.release));
  return {
    ...bom,
    metadata: { ...bom.metadata, component },
    components: [...bom.components, nodeComponent(below.node), ...debian],
  };
}

function nodeComponent(version: string): Component {
  const purl = `pkg:generic/node@${version}`;
  const cpe = `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`;
  return { 'bom-ref': purl, type: 'platform', name: 'node', version, purl, cpe };
}

function debianComponent(line: string, release: string): Component {
  const [name = '', version = '', architecture = ''] = line.split(' ');
  const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}&distro=debian-${release}`;
  return { 'bom-ref': purl, type: 'library', name, version, purl };
}

if (import.meta.main) {
  const run = (command: string, ...args: string[]) => execFileSync(command, args, { encoding: 'utf8' });
  const bom = JSON.parse(run('npm', 'sbom', '--sbom-format=cyclonedx', '--sbom-type=application')) as Bom;
  const { name } = JSON.parse(readFileSync('package.json', 'utf8')) as { name: string };
  const debian = run('dpkg-query', '--show', '--showformat=${Package} ${Version} ${Architecture}\\n');
  const release = /^VERSION_ID="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown';
  const below = { node: process.versions.node, debian: debian.trim().split('\n'), release };
  process.stdout.write(`${JSON.stringify(completeBom(bom, name, below), null, 2)}\n`);
}
