/** The application within its thread: made by the user's module, run until the host asks for its end or it cannot go on.
 *  T1 The first outcome is the only one that is told: `failed` or `stopped`; then the thread ends itself.
 *  T2 What was told or printed before the end arrives before it. */
import { setTimeout as delay } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';
import { ConfigError } from '../errors/streams.error.ts';
import type { Telemetry } from '../ports/runtime.ts';
import type { RestoreCallbacks } from '../runtime/restore-monitor.ts';
import { StreamsApp } from '../runtime/streams-app.ts';
import { resolveStreamsConfig, type StreamsConfig } from '../runtime/streams-config.ts';
import { carryError } from './carried-error.ts';
import { HostTelemetry, hostLogger, post } from './host-ports.ts';
import type { RestoreEvent, RestoreProgress } from '../state/restore/restore-progress.ts';
import type { StreamThread, ThreadStreams, ThreadStreamsFactory } from './stream-thread.ts';
import type { StopOrder, ThreadMessage, ThreadOrder } from './thread-messages.ts';

const CLOSE_TIMEOUT_MS = 2_000;

export class ThreadApplication {
  readonly #order: ThreadOrder;
  readonly #port: MessagePort;
  readonly #thread: StreamThread;
  readonly #telemetry: Telemetry & { flush(): void };
  #streams: ThreadStreams | null = null;
  #app: StreamsApp | null = null;
  #stop: StopOrder | null = null;
  #isOver = false;

  constructor(order: ThreadOrder, port: MessagePort) {
    this.#order = order;
    this.#port = port;
    this.#telemetry = HostTelemetry.of(port, order.isMeasured);
    const { name, numStreamThreads, data } = order;
    this.#thread = { name, numStreamThreads, data, logger: hostLogger(port) };
    port.on('message', (stop: StopOrder) => void this.#stopWith(stop));
  }

  async run(): Promise<void> {
    try {
      this.#streams = await this.#load();
      if (this.#stop !== null) return await this.#end({ kind: 'stopped', error: null });
      this.#app = this.#createApp(this.#streams);
      await this.#app.start();
      if (this.#stop === null) this.#tell({ kind: 'started' });
    } catch (error) {
      await this.#failed(error);
    }
  }

  async #load(): Promise<ThreadStreams> {
    const { moduleUrl } = this.#order;
    const module = (await import(moduleUrl)) as { readonly default?: unknown };
    if (typeof module.default !== 'function') {
      throw new ConfigError(
        `Cannot run ${moduleUrl} in stream threads: it has no default export that is a function. Export one that gives topology and config: \`export default ((thread) => ({ topology, config })) satisfies ThreadStreamsFactory\`.`,
      );
    }
    return (module.default as ThreadStreamsFactory)(this.#thread);
  }

  #createApp({ topology, config }: ThreadStreams): StreamsApp {
    const app = new StreamsApp(topology, this.#ownConfig(config));
    this.#tell({ kind: 'named', applicationId: app.applicationId });
    app.listen({
      onStateChange: ({ to, error }) => {
        if (to === 'error') void this.#failed(error);
        else this.#tell({ kind: 'state', state: to });
      },
      ...this.#restoreCallbacks(),
    });
    return app;
  }

  /** @throws ConfigError */
  #ownConfig(config: StreamsConfig): StreamsConfig {
    const { number, numStreamThreads } = this.#order;
    if (numStreamThreads > 1 && config.log.isThreadLocal === true) {
      throw new ConfigError(
        `Cannot run ${config.applicationId} in ${numStreamThreads} threads: the ${config.log.name} log belongs to one thread, each would have its own. Use a log that threads can share, kafkajs(...), or one thread.`,
      );
    }
    const { instanceId } = config;
    const ported = {
      ...config,
      logger: config.logger ?? this.#thread.logger,
      telemetry: config.telemetry ?? this.#telemetry,
      ...(instanceId !== undefined && { instanceId: `${instanceId}-${number}` }),
    };
    return {
      ...ported,
      maxBufferedBytes: resolveStreamsConfig(ported).maxBufferedBytes / numStreamThreads,
    };
  }

  #restoreCallbacks(): RestoreCallbacks {
    const tell =
      (kind: RestoreEvent['kind']) =>
      (progress: RestoreProgress, records = 0) =>
        this.#tell({ kind: 'restore', event: { kind, progress, records } });
    return {
      onRestoreStart: tell('started'),
      onBatchRestored: tell('batch'),
      onRestoreEnd: tell('ended'),
      onRestoreSuspended: tell('suspended'),
    };
  }

  async #stopWith(stop: StopOrder): Promise<void> {
    this.#stop = stop;
    if (this.#app === null) return; // `run` sees it
    const error = await this.#app.stop(stop).then(() => null, carryError);
    if (this.#app.state !== 'error') await this.#end({ kind: 'stopped', error });
  }

  #failed(error: unknown): Promise<void> {
    return this.#end({ kind: 'failed', error: carryError(error) });
  }

  async #end(outcome: ThreadMessage): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#telemetry.flush();
    this.#tell(outcome);
    await Promise.race([this.#close(), delay(CLOSE_TIMEOUT_MS)]);
    await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
    process.exit();
  }

  async #close(): Promise<void> {
    try {
      await this.#streams?.close?.();
    } catch (error) {
      this.#thread.logger.log('error', `What ${this.#order.name} used was not closed: ${String(error)}`);
    }
  }

  #tell(message: ThreadMessage): void {
    post(this.#port, message);
  }
}

/** What is written in a thread is on its way to the main one. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}
