import { TopologyError } from '@hiveframe/streams';
import { DiscoveryService } from '@nestjs/core';
import { NOT_STATIC, PROVIDED_TWICE } from '../streams.messages.ts';
import { DEFAULT_APPLICATION } from '../streams.tokens.ts';

type ProviderWrapper = ReturnType<DiscoveryService['getProviders']>[number];
type Decorator<O> = ReturnType<typeof DiscoveryService.createDecorator<O>>;

/** What every decorator of this package takes. */
export interface ApplicationOptions {
  /** The application it belongs to, as named in `forRoot`. @defaultValue the one without a name */
  readonly application?: string;
}

/** A provider whose class carries a decorator. */
export interface DecoratedProvider<O extends ApplicationOptions> {
  readonly className: string;
  readonly application: string;
  readonly options: O;
  readonly instance: unknown;
}

/** All providers, of whatever module, whose class carries the decorator. `what` names them in errors.
 *  @throws TopologyError for a class that is provided twice, or whose scope is not the default one */
export function decoratedProviders<O extends ApplicationOptions>(
  discovery: DiscoveryService,
  decorator: Decorator<O>,
  what: string,
): readonly DecoratedProvider<O>[] {
  const wrappers = discovery.getProviders({ metadataKey: decorator.KEY });
  refuseDoubles(wrappers, what);
  return wrappers.map((wrapper) => {
    const className = classOf(wrapper);
    if (!wrapper.isDependencyTreeStatic() || wrapper.isTransient)
      throw new TopologyError(NOT_STATIC(what, className));
    const options = discovery.getMetadataByDecorator(decorator, wrapper) ?? ({} as O);
    const { application = DEFAULT_APPLICATION } = options;
    return { className, application, options, instance: wrapper.instance };
  });
}

function refuseDoubles(wrappers: readonly ProviderWrapper[], what: string): void {
  for (const [className, doubles] of Map.groupBy(wrappers, classOf)) {
    const classes = new Set(doubles.map((wrapper) => wrapper.metatype));
    if (doubles.length > classes.size) {
      const modules = doubles.map((wrapper) => wrapper.host?.name ?? 'an unknown module');
      throw new TopologyError(PROVIDED_TWICE(what, className, modules));
    }
  }
}

function classOf(wrapper: ProviderWrapper): string {
  const constructor = wrapper.metatype ?? (wrapper.instance as object | null)?.constructor;
  return constructor?.name || String(wrapper.name);
}
