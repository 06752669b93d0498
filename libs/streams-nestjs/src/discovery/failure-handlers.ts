import { ConfigError } from '@hiveframe/streams';
import type { FailureHandling } from '../decorators/failure-handler.decorator.ts';
import type { StreamsModuleOptions } from '../interfaces/streams-module-options.interface.ts';
import { ANSWERED_TWICE } from '../streams.messages.ts';

interface DiscoveredHandler {
  readonly className: string;
  readonly handler: FailureHandling;
}

const NAMES = [
  'onDeserializationFailure',
  'onTimestampFailure',
  'onProcessingFailure',
  'onProductionFailure',
] as const satisfies readonly (keyof FailureHandling)[];

/** The options, with the methods of the handlers in place of what they leave open. @throws ConfigError */
export function withFailureHandlers(
  application: string,
  options: StreamsModuleOptions,
  handlers: readonly DiscoveredHandler[],
): StreamsModuleOptions {
  const answers = NAMES.flatMap((name) => {
    const owners = handlers.filter(({ handler }) => handler[name] !== undefined);
    const places = owners.map(({ className }) => className);
    if (options[name] !== undefined) places.unshift('the options of forRoot');
    if (owners.length > 0 && places.length > 1)
      throw new ConfigError(ANSWERED_TWICE(name, application, places));
    return owners.map(({ handler }) => [name, answerOf(handler, name)]);
  });
  return { ...options, ...Object.fromEntries(answers) };
}

function answerOf(handler: FailureHandling, name: keyof FailureHandling): unknown {
  const answer: unknown = handler[name];
  return typeof answer === 'function' ? answer.bind(handler) : answer;
}
