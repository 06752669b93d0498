/** Texts of the errors a user of this module may meet: which class is at fault, and the cure. */

export const NO_TOPOLOGY = (application: string) =>
  `Cannot build the topology of application ${application}: no provider is decorated with ` +
  `@StreamTopology(${application === 'default' ? '' : `{ application: '${application}' }`}). ` +
  'Decorate a class that has build(builder) and list it in the providers of a module, or in StreamsModule.forFeature([...]).';

export const NOT_DECORATED = (className: string) =>
  `Cannot register class ${className} in forFeature: it is not decorated. Put @StreamTopology(), @TopicSource() or @FailureHandler() ` +
  'above the class; what these inject goes in the `providers` or `imports` of the second argument.';

export const NO_BUILD = (className: string) =>
  `Cannot build topology class ${className}: it has no method build(builder). Implement TopologyDefinition.`;

export const NO_SOURCE = (className: string) =>
  `Cannot run source class ${className}: it needs a method start(signal) and a property target with the topic. ` +
  'Implement TopicSourceDefinition or ResumableSourceDefinition.';

export const ASYNC_BUILD = (className: string) =>
  `Cannot build topology class ${className}: build(builder) returned a promise. A topology is declared synchronously; ` +
  'load what it needs in an async provider and inject that.';

export const NOT_STATIC = (what: string, className: string) =>
  `Cannot use ${what} class ${className}: it, or a provider it injects, is request-scoped or transient. ` +
  'There is one of it, outside of every request: give them the default scope.';

export const PROVIDED_TWICE = (what: string, className: string, modules: readonly string[]) =>
  `Cannot use ${what} class ${className}: it is provided by ${modules.join(' and ')}, so it would run twice. ` +
  'List it in one module only.';

export const SAME_NAME = (name: string, first: string, second: string) =>
  `Cannot build the topology: classes ${first} and ${second} are both named "${name}". ` +
  'Give one of them another name: @StreamTopology({ name }).';

export const SAME_SOURCE = (name: string, first: string, second: string) =>
  `Cannot run source classes ${first} and ${second}: both are named "${name}", so each would go on where the other stood. ` +
  'Give one of them another name.';

export const BUILD_FAILED = (name: string, className: string, why: string) =>
  `Cannot build topology "${name}" (class ${className}): ${why}`;

export const NO_SUCH_APPLICATION = (
  what: string,
  className: string,
  application: string,
  known: readonly string[],
) =>
  `Cannot use ${what} class ${className}: it belongs to application ${application}, which no StreamsModule.forRoot has as its name. ` +
  `There is ${known.join(', ')}: write its name in the decorator, { application: '...' }, or give it to forRoot.`;

export const ANSWERED_TWICE = (handler: string, application: string, places: readonly string[]) =>
  `Cannot configure application ${application}: ${handler} is given by ${places.join(' and ')}. Keep one of them.`;

export const TWO_ROOTS = (name: string) =>
  `Cannot start streams: two StreamsModule.forRoot have the name ${name}. Import forRoot once for each application, and add ` +
  "topologies by forFeature or as providers; a further application needs a name of its own: forRoot({ name: '...' }).";
