/** The chart as Helm renders it: the program on the PATH, with the values of a file and single ones on top. */
import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';

const run = promisify(execFile);
const CHART = fileURLToPath(new URL('../../helm/hiveframe-streams/', import.meta.url));

/** False, and told, where there is no Helm. */
export function canRenderCharts(): boolean {
  const found = spawnSync('helm', ['version']).status === 0;
  if (!found) process.stderr.write('NOT RUN: tests of the Helm chart: no helm on the PATH\n');
  return found;
}

/** The parts of manifests that the tests look at. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec: {
    readonly replicas?: number;
    readonly template: Pick<Manifest, 'metadata'> & { readonly spec: PodSpec };
  } & PodSpec &
    PolicySpec &
    ServicePorts;
}
/** Of a Service, and of a ServiceMonitor that finds it. */
interface ServicePorts {
  readonly ports?: readonly { readonly name: string }[];
  readonly selector?: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly endpoints?: readonly unknown[];
}
export interface PodSpec {
  readonly terminationGracePeriodSeconds: number;
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly containers: readonly Container[];
  readonly volumes?: readonly Readonly<{ name: string; projected?: { sources: readonly SecretFiles[] } }>[];
}
export interface Container {
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly volumeMounts?: readonly { readonly mountPath: string; readonly readOnly: boolean }[];
}
interface SecretFiles {
  readonly secret: {
    readonly name: string;
    readonly items: readonly { readonly key: string; readonly path: string }[];
  };
}
interface PolicySpec {
  readonly egress?: readonly { readonly ports?: readonly { readonly port: number }[] }[];
}

export class RenderedChart {
  readonly manifests: readonly Manifest[];

  private constructor(manifests: readonly Manifest[]) {
    this.manifests = manifests;
  }

  /** `values` names a file of the chart, `set` single values as `helm --set` takes them.
   *  @throws Error with what Helm says */
  static async of(values = 'values.yaml', ...set: readonly string[]): Promise<RenderedChart> {
    const more = set.flatMap((value) => ['--set', value]);
    const { stdout } = await run('helm', ['template', 'test', CHART, '-f', `${CHART}/${values}`, ...more]);
    return new RenderedChart(parseAllDocuments(stdout).map((document) => document.toJS() as Manifest));
  }

  all(kind: string): readonly Manifest[] {
    return this.manifests.filter((manifest) => manifest.kind === kind);
  }
  one(kind: string): Manifest {
    const [found, ...others] = this.all(kind);
    if (found === undefined || others.length > 0) throw new Error(`${others.length} too many of ${kind}`);
    return found;
  }

  /** Of the service, then of `helm test`. */
  get pods(): readonly PodSpec[] {
    return [this.one('Deployment').spec.template.spec, this.one('Pod').spec];
  }
  /** What the service is told; a value that comes from a Secret is `secret`. */
  get environment(): Readonly<Record<string, string>> {
    const env = this.pods[0]!.containers[0]!.env ?? [];
    return {
      ...this.one('ConfigMap').data,
      ...Object.fromEntries(env.map(({ name, value = 'secret' }) => [name, value])),
    };
  }
  /** Paths in the service's container, and `<Secret>/<key>` of what is there. */
  get files(): ReadonlyMap<string, string> {
    const { volumes = [], containers } = this.pods[0]!;
    const at = containers[0]!.volumeMounts?.[0]?.mountPath ?? '';
    const secrets = volumes.flatMap(({ projected }) => projected?.sources ?? []);
    return new Map(
      secrets.flatMap(({ secret: { name, items } }) =>
        items.map(({ key, path }) => [`${at}/${path}`, `${name}/${key}`] as const),
      ),
    );
  }
}
