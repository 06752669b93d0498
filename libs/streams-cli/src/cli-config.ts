import type { LogPort, StorePort, Topology } from '@hiveframe/streams';

/** What a module gives that is named with `--config`: as its default export, or a function that makes it. For what flags do not say,
 *  such as TLS and credentials; flags go before it. */
export interface CliConfig {
  readonly applicationId?: string;
  readonly log?: LogPort;
  readonly stores?: StorePort;
  readonly topology?: Topology;
}
