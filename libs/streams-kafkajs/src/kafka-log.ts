import type {
  GroupListener,
  GroupMember,
  GroupMemberOptions,
  LogAdmin,
  LogError,
  LogPort,
  LogReader,
  LogWriter,
  ReaderOptions,
  TransactionalWriter,
} from '@hiveframe/streams';
import { KafkaAdmin } from './admin/kafka-admin.ts';
import { atMost, Backoff, delay } from './cluster/backoff.ts';
import type { ConnectionLane } from './cluster/connection-lane.ts';
import { AuthenticationFailure, ConnectionFailure, messageOf } from './cluster/failures.ts';
import { KafkaCluster } from './cluster/kafka-cluster.ts';
import { CODECS } from './compression/codec.ts';
import { KafkaReader } from './fetch/kafka-reader.ts';
import { KafkaGroupMember } from './group/kafka-group-member.ts';
import { kafkajsTransport } from './kafkajs.ts';
import { toLogError } from './log-failure.ts';
import { resolveKafkaJsOptions, type KafkaJsOptions, type ResolvedKafkaJsOptions } from './options.ts';
import { KafkaTransactionalWriter } from './produce/kafka-transactional-writer.ts';
import { KafkaWriter } from './produce/kafka-writer.ts';

/** A broker works off one request of a connection at a time; four connections carry as many transactions as one broker takes. */
const TRANSACTION_LANES = 4;

/** The log on Apache Kafka (2.8 or newer), over the connections of kafkajs.
 *  @throws ConfigError that names all faults of the options together */
export function kafkajs(options: KafkaJsOptions): LogPort {
  return new KafkaLog(resolveKafkaJsOptions(options));
}

class KafkaLog implements LogPort {
  readonly name = 'kafka';
  readonly admin: LogAdmin;
  readonly #options: ResolvedKafkaJsOptions;
  readonly #cluster: KafkaCluster;
  readonly #transactionLanes: ConnectionLane[];
  readonly #members = new Set<KafkaGroupMember>();
  #nextLane = 0;

  constructor(options: ResolvedKafkaJsOptions) {
    this.#options = options;
    this.#cluster = new KafkaCluster(kafkajsTransport(options), {
      bootstrap: options.brokers,
      logger: options.logger,
      requestTimeoutMs: options.requestTimeoutMs,
    });
    this.admin = new KafkaAdmin(this.#cluster);
    this.#transactionLanes = Array.from({ length: TRANSACTION_LANES }, () => this.#cluster.lane());
  }

  async connect(signal?: AbortSignal): Promise<void> {
    const backoff = new Backoff(200, 5_000);
    let suspiciousSinceMs: number | null = null;
    for (;;) {
      try {
        await this.#cluster.fetchMetadata([]);
        return;
      } catch (error) {
        if (!(error instanceof ConnectionFailure)) throw toLogError(error, this.#cannotReach());
        if (signal?.aborted) throw toLogError(error, this.#cannotReach());
        suspiciousSinceMs = error.suspicious ? (suspiciousSinceMs ?? performance.now()) : null;
        if (suspiciousSinceMs !== null && performance.now() - suspiciousSinceMs > this.#patienceMs)
          throw this.#misconfigured(error);
        const pauseMs = backoff.next();
        const again = `trying again in ${(pauseMs / 1000).toFixed(1)} s`;
        this.#options.logger.log('warn', `${this.#cannotReach()}: ${messageOf(error)}; ${again}.`);
        await delay(pauseMs, signal);
        if (signal?.aborted) throw toLogError(error, this.#cannotReach());
      }
    }
  }

  reader({ isolation, maxBufferedBytes }: ReaderOptions): LogReader {
    const readCommitted = isolation === 'read_committed';
    const bound = maxBufferedBytes === undefined ? {} : { maxBufferedBytes };
    return new KafkaReader(this.#cluster, { readCommitted, ...bound, fetch: this.#options.fetch });
  }

  writer(): LogWriter {
    return new KafkaWriter(this.#cluster, {
      codec: CODECS[this.#options.compression],
      deliveryTimeoutMs: this.#options.deliveryTimeoutMs,
    });
  }

  transactionalWriter(options: {
    readonly transactionalId: string;
    readonly transactionTimeoutMs: number;
  }): TransactionalWriter {
    const lane = this.#transactionLanes[this.#nextLane++ % TRANSACTION_LANES]!;
    const { compression, transactionsV2: allowsImplicit } = this.#options;
    const codec = CODECS[compression];
    return new KafkaTransactionalWriter(this.#cluster, lane, { ...options, codec, allowsImplicit });
  }

  group(options: GroupMemberOptions, listener: GroupListener): GroupMember {
    const member = new KafkaGroupMember(this.#cluster, options, listener);
    this.#members.add(member);
    return member; // one per application: kept to the end
  }

  async close(timeoutMs: number): Promise<void> {
    const orderly = (async () => {
      await Promise.allSettled([...this.#members].map((member) => member.leave(timeoutMs)));
      await this.#cluster.closeParts();
    })();
    await atMost(timeoutMs, orderly);
    this.#cluster.close();
  }

  /** How long a broker may do at start what only a wrong setting makes a healthy one do. */
  get #patienceMs(): number {
    return 3 * this.#options.connectionTimeoutMs;
  }

  #misconfigured(error: ConnectionFailure): LogError {
    const refusal = new AuthenticationFailure(
      `${messageOf(error)}; so it has done for ${this.#patienceMs} ms`,
    );
    return toLogError(refusal, this.#cannotReach());
  }

  #cannotReach(): string {
    const brokers = this.#options.brokers.map(({ host, port }) => `${host}:${port}`);
    return `Cannot reach Kafka at ${brokers.join(', ')}`;
  }
}
