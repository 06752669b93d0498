import type { StreamsBuilder } from '@hiveframe/streams';

/** A provider that declares a topology; its constructor is injected as any other. */
export interface TopologyDefinition {
  /** Called once, after every provider exists and before the application starts. Declares; does no work itself. */
  build(builder: StreamsBuilder): void;
}
