package io.hiveframe.peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.StateRestoreListener;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Counts every key of a topic, exactly_once_v2, until the group has committed all that the topic holds at the start; then
 * says in one line of JSON what came in which time: milliseconds from the first restored store on.
 * PHASE fill counts without output. PHASE restore removes the local state first, as if another machine took over.
 * Options: --application-id, --threads, --state-dir.
 */
public final class Restore {
  private static final long POLL_MS = 20;
  private static final long TIMEOUT_NANOS = Duration.ofMinutes(15).toNanos();

  private final Arguments arguments;
  private final String applicationId;
  private final String input;
  private final boolean restores;
  /** Of System.nanoTime(); 0: not yet. */
  private final AtomicLong restoreStart = new AtomicLong();
  private final AtomicLong restoreEnd = new AtomicLong();
  private final AtomicLong firstRecord = new AtomicLong();
  private final AtomicLong restored = new AtomicLong();

  private Restore(Arguments arguments) {
    this.arguments = arguments;
    this.applicationId = arguments.text("application-id", "restore-peer");
    this.input = arguments.word(1);
    this.restores = arguments.word(3).equals("restore");
  }

  public static void main(String[] args) throws Exception {
    new Restore(new Arguments(args, "BROKERS", "INPUT_TOPIC", "OUTPUT_TOPIC", "PHASE")).run();
    System.exit(0);
  }

  private void run() throws Exception {
    Path stateDir = Path.of(arguments.text("state-dir", System.getProperty("java.io.tmpdir") + "/restore-peer"));
    if (restores) remove(stateDir.resolve(applicationId));
    Properties adminSettings = new Properties();
    adminSettings.put("bootstrap.servers", arguments.word(0));
    try (Admin admin = Admin.create(adminSettings)) {
      Map<TopicPartition, Long> ends = ends(admin);
      KafkaStreams streams = new KafkaStreams(topology(), settings(stateDir));
      streams.setGlobalStateRestoreListener(new Listener());
      streams.start();
      waitUntilCommitted(admin, ends);
      report();
      streams.close(CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
          .withTimeout(Duration.ofSeconds(30)));
    }
  }

  private Topology topology() {
    StreamsBuilder builder = new StreamsBuilder();
    builder.stream(input, Consumed.with(Serdes.Bytes(), Serdes.ByteArray()))
        .peek((key, value) -> firstRecord.compareAndSet(0, System.nanoTime()))
        .groupByKey()
        .count(Materialized.<Bytes, Long, KeyValueStore<Bytes, byte[]>>as("counts")
            .withKeySerde(Serdes.Bytes()).withValueSerde(Serdes.Long()))
        .toStream()
        .filter((key, count) -> restores)
        .to(arguments.word(2), Produced.with(Serdes.Bytes(), Serdes.Long()));
    return builder.build();
  }

  private Properties settings(Path stateDir) {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", arguments.word(0));
    settings.put("application.id", applicationId);
    settings.put("processing.guarantee", "exactly_once_v2");
    settings.put("num.stream.threads", arguments.number("threads", 1) + "");
    settings.put("state.dir", stateDir.toString());
    settings.put("auto.offset.reset", "earliest");
    settings.put("replication.factor", "1");
    return settings;
  }

  /** From the first store that begins to the last one that is done. */
  private final class Listener implements StateRestoreListener {
    @Override
    public void onRestoreStart(TopicPartition at, String store, long from, long to) {
      restoreStart.compareAndSet(0, System.nanoTime());
    }

    @Override
    public void onBatchRestored(TopicPartition at, String store, long to, long count) {
      restored.addAndGet(count);
    }

    @Override
    public void onRestoreEnd(TopicPartition at, String store, long count) {
      restoreEnd.set(System.nanoTime());
    }
  }

  private Map<TopicPartition, Long> ends(Admin admin) throws Exception {
    int partitions = admin.describeTopics(List.of(input)).allTopicNames().get().get(input).partitions().size();
    Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
    for (int i = 0; i < partitions; i++) latest.put(new TopicPartition(input, i), OffsetSpec.latest());
    Map<TopicPartition, Long> ends = new HashMap<>();
    admin.listOffsets(latest).all().get().forEach((at, found) -> ends.put(at, found.offset()));
    return ends;
  }

  private void waitUntilCommitted(Admin admin, Map<TopicPartition, Long> ends) throws Exception {
    long deadline = System.nanoTime() + TIMEOUT_NANOS;
    while (!isCommitted(admin, ends)) {
      if (System.nanoTime() > deadline) throw new IllegalStateException("not everything was committed in time");
      Thread.sleep(POLL_MS);
    }
  }

  private boolean isCommitted(Admin admin, Map<TopicPartition, Long> ends) throws Exception {
    Map<TopicPartition, OffsetAndMetadata> committed =
        admin.listConsumerGroupOffsets(applicationId).partitionsToOffsetAndMetadata().get();
    return ends.entrySet().stream().allMatch(end -> {
      OffsetAndMetadata found = committed.get(end.getKey());
      return found != null && found.offset() >= end.getValue();
    });
  }

  private void report() {
    System.out.printf(Locale.ROOT, "{\"restored\":%d,\"restoreMs\":%.1f,\"firstRecordMs\":%.1f}%n",
        restored.get(), millis(restoreEnd.get()), millis(firstRecord.get()));
  }

  /** Since the restore began; 0 when nothing was restored. */
  private double millis(long nanos) {
    return restoreStart.get() == 0 ? 0 : (nanos - restoreStart.get()) / 1e6;
  }

  private static void remove(Path directory) throws IOException {
    if (!Files.exists(directory)) return;
    List<Path> paths = new ArrayList<>();
    try (Stream<Path> found = Files.walk(directory)) {
      found.sorted(Comparator.reverseOrder()).forEach(paths::add);
    }
    for (Path path : paths) Files.delete(path);
  }
}
