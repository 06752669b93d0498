package io.hiveframe.peer;

import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;

/**
 * Runs a topology on Kafka Streams until SIGTERM. Caching, changelog and RocksDB as Kafka Streams sets them; the commit
 * interval is 100 ms, its own default under exactly_once_v2. The first argument is the brokers' address.
 * Options: --application-id, --threads, --guarantee, --commit-interval-ms, --state-dir, --store rocksdb|memory.
 */
final class PeerRunner {
  private static final String IN_MEMORY =
      "org.apache.kafka.streams.state.BuiltInDslStoreSuppliers$InMemoryDslStoreSuppliers";
  /**
   * How often Kafka Streams looks for closed windows under emit-on-close: 0 is always, instead of once a second. Else those
   * that close in the last second of the input stay unwritten until more comes, and no run would be exact.
   */
  private static final String EMIT_INTERVAL = "__emit.interval.ms.kstreams.windowed.aggregation__";
  private static final AtomicBoolean FIRST = new AtomicBoolean(true);

  private PeerRunner() {}

  static void run(Topology topology, Arguments arguments) throws InterruptedException {
    KafkaStreams streams = new KafkaStreams(topology, settings(arguments));
    CountDownLatch stopped = new CountDownLatch(1);
    streams.setUncaughtExceptionHandler(error -> {
      error.printStackTrace();
      return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    });
    streams.setStateListener((state, before) -> {
      if (state == KafkaStreams.State.RUNNING) System.out.println("running");
      if (state.hasCompletedShutdown()) stopped.countDown();
    });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(30))));
    streams.start();
    stopped.await();
  }

  /** To be called for each record; prints "first record" for the first one. */
  static void sawRecord() {
    if (FIRST.get() && FIRST.compareAndSet(true, false)) System.out.println("first record");
  }

  private static Properties settings(Arguments arguments) {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", arguments.word(0));
    settings.put("application.id", arguments.text("application-id", "streams-peer"));
    settings.put("processing.guarantee", arguments.text("guarantee", "exactly_once_v2"));
    settings.put("num.stream.threads", arguments.number("threads", 1) + "");
    settings.put("state.dir", arguments.text("state-dir", System.getProperty("java.io.tmpdir") + "/streams-peer"));
    settings.put("commit.interval.ms", arguments.number("commit-interval-ms", 100) + "");
    settings.put("auto.offset.reset", "earliest");
    settings.put("replication.factor", "1");
    settings.put(EMIT_INTERVAL, 0L);
    if (arguments.text("store", "rocksdb").equals("memory")) settings.put("dsl.store.suppliers.class", IN_MEMORY);
    return settings;
  }
}
