/** Shows and replays the dead letters of an application, on the log that it has. A shutdown ends a replay before its next transaction:
 *  what was replayed is in the audit, the same request does the rest. */
import {
  DeadLetters,
  renderDeadLetter,
  TimeoutError,
  type DeadLetterPlace,
  type Page,
  type RenderedDeadLetter,
  type ReplayAuditEntry,
  type ReplayReport,
} from '@hiveframe/streams';
import { BadRequestException, NotFoundException, ServiceUnavailableException } from '@nestjs/common';
import type { QueryParameters } from '../http/query-parameters.ts';
import type { StreamsModuleOptions } from '../interfaces/streams-module-options.interface.ts';
import type { ApplicationLog } from '../lifecycle/application-log.ts';
import type { StreamsLifecycle } from '../lifecycle/streams.lifecycle.ts';
import { within } from '../lifecycle/within.ts';
import { parseWhole } from '../queries/query-text.ts';
import type { ResolvedDeadLettersOptions } from './dead-letters-options.ts';
import type { ReplayRequest } from './replay-request.ts';

type Settings = Pick<StreamsModuleOptions, 'applicationId' | 'deadLetterTopic' | 'replicationFactor'>;

export class DeadLettersService {
  readonly #options: ResolvedDeadLettersOptions;
  readonly #log: ApplicationLog;
  readonly #settings: Settings;
  readonly #lifecycle: Pick<StreamsLifecycle, 'topology'>;
  readonly #shutdown = new AbortController();
  readonly #replays = new Set<Promise<unknown>>();

  constructor(
    options: ResolvedDeadLettersOptions,
    log: ApplicationLog,
    settings: Settings,
    lifecycle: Pick<StreamsLifecycle, 'topology'>,
  ) {
    this.#options = options;
    this.#log = log;
    this.#settings = settings;
    this.#lifecycle = lifecycle;
    log.onRelease((timeoutMs) => this.#release(timeoutMs));
  }

  async list(parameters: QueryParameters): Promise<Page<RenderedDeadLetter>> {
    const deadLetters = await this.#open();
    const { items, cursor } = await deadLetters.list(
      withNumbers(parameters, ['partition', 'sinceMs', 'untilMs', 'limit']),
    );
    return { items: items.map(renderDeadLetter), cursor };
  }

  /** @throws NotFoundException */
  async show(topic: string, partition: string, offset: string): Promise<RenderedDeadLetter> {
    const deadLetters = await this.#open();
    if (topic !== deadLetters.topic)
      throw new NotFoundException(
        `${topic} has no dead letters of this application: they are in ${deadLetters.topic}.`,
      );
    const letter = await deadLetters.get(placeOf(`${partition}:${offset}`));
    if (letter !== null) return renderDeadLetter(letter);
    throw new NotFoundException(
      `There is no dead letter in ${topic}-${partition} at offset ${offset}, or no longer.`,
    );
  }

  async audit({ letter, ...parameters }: QueryParameters): Promise<Page<ReplayAuditEntry>> {
    const known = ['sinceMs', 'limit', 'cursor'];
    const other = Object.keys(parameters).find((name) => !known.includes(name));
    if (other !== undefined) throw new BadRequestException(`Cannot read the audit: there is no ${other}.`);
    const deadLetters = await this.#open();
    return deadLetters.audit({
      ...withNumbers(parameters, ['sinceMs', 'limit']),
      ...(letter !== undefined && { letter: placeOf(letter) }),
    });
  }

  async replay({ selection, limit, ...options }: ReplayRequest, by: string): Promise<ReplayReport> {
    const deadLetters = await this.#open();
    const { maxLettersPerReplay } = this.#options;
    const most = Math.min(limit ?? maxLettersPerReplay, maxLettersPerReplay);
    if ('letters' in selection && Array.isArray(selection.letters) && selection.letters.length > most)
      throw new BadRequestException(
        `Cannot replay ${selection.letters.length} dead letters with one request: ${most} at most. Send several.`,
      );
    const replay = deadLetters.replay(selection, {
      ...options,
      by,
      limit: most,
      signal: this.#shutdown.signal,
    });
    this.#replays.add(replay);
    try {
      return await replay;
    } catch (error) {
      throw this.#shutdown.signal.aborted ? stopping() : error;
    } finally {
      this.#replays.delete(replay);
    }
  }

  async #open(): Promise<DeadLetters> {
    if (this.#shutdown.signal.aborted) throw stopping();
    const { timeoutMs, maxReplays } = this.#options;
    const late = () =>
      new ServiceUnavailableException('The log cannot be reached now. Ask again a little later.');
    const log = await within(timeoutMs, this.#log.connected(), late);
    const { applicationId, deadLetterTopic: topic, replicationFactor } = this.#settings;
    const { topology } = this.#lifecycle;
    return new DeadLetters({ applicationId, log, topic, topology, maxReplays, replicationFactor });
  }

  async #release(timeoutMs: number): Promise<void> {
    this.#shutdown.abort();
    const late = () => new TimeoutError(`a replay of dead letters has not ended in ${timeoutMs} ms`);
    await within(timeoutMs, Promise.allSettled(this.#replays), late);
  }
}

function stopping(): ServiceUnavailableException {
  return new ServiceUnavailableException(
    'The service stops. What was replayed until now is in the audit; send the same replay again for the rest.',
  );
}

/** @throws InvalidQueryError */
function withNumbers(parameters: QueryParameters, names: readonly string[]): Record<string, string | number> {
  const entries = Object.entries(parameters).map(([name, text]) => [
    name,
    names.includes(name) ? parseWhole(name, text, 0) : text,
  ]);
  return Object.fromEntries(entries) as Record<string, string | number>;
}

/** @throws BadRequestException */
function placeOf(text: string): DeadLetterPlace {
  const [, partition, offset] = /^(\d{1,10}):(\d{1,15})$/.exec(text) ?? [];
  if (partition !== undefined && offset !== undefined)
    return { partition: Number(partition), offset: Number(offset) };
  throw new BadRequestException(`Cannot find a dead letter at '${text}': it must be partition:offset.`);
}
