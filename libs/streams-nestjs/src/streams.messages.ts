/** Texts of the errors a user of this module may meet: which class is at fault, and the cure. */

export const NO_TOPOLOGY =
  'Cannot build the topology: no provider is decorated with @StreamTopology(). ' +
  'Decorate a class that has build(builder) and list it in the providers of a module, or in StreamsModule.forFeature([...]).';

export const NOT_DECORATED = (className: string) =>
  `Cannot register topology class ${className}: it is not decorated. Put @StreamTopology() above the class.`;

export const NO_BUILD = (className: string) =>
  `Cannot build topology class ${className}: it has no method build(builder). Implement TopologyDefinition.`;

export const ASYNC_BUILD = (className: string) =>
  `Cannot build topology class ${className}: build(builder) returned a promise. A topology is declared synchronously; ` +
  'load what it needs in an async provider and inject that.';

export const NOT_STATIC = (className: string) =>
  `Cannot build topology class ${className}: it, or a provider it injects, is request-scoped or transient. ` +
  'A topology is built once: give them the default scope.';

export const PROVIDED_TWICE = (className: string, modules: readonly string[]) =>
  `Cannot build topology class ${className}: it is provided by ${modules.join(' and ')}, so it would run twice. ` +
  'List it in one module only.';

export const SAME_NAME = (name: string, first: string, second: string) =>
  `Cannot build the topology: classes ${first} and ${second} are both named "${name}". ` +
  'Give one of them another name: @StreamTopology({ name }).';

export const BUILD_FAILED = (name: string, className: string, why: string) =>
  `Cannot build topology "${name}" (class ${className}): ${why}`;

export const TWO_ROOTS = (count: number) =>
  `Cannot start streams: StreamsModule.forRoot is imported ${count} times with different options. ` +
  'A Nest application runs one streams application: import forRoot once and add topologies by forFeature or as providers.';
