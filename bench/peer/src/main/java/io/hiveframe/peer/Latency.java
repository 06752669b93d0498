package io.hiveframe.peer;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Writes readings at a fixed rate and reads what becomes of them, read_committed: from the moment when a reading was due to be
 * sent, which is its event time and so that of its result, to the moment when the result is in hand. A generator that is late
 * makes latency worse, not better; how late it was at most is said too. What was due in the first --warmup-seconds (5) does
 * not count. Prints one line of JSON; milliseconds. Options: --rate (10000), --seconds (15), --sensors.
 */
public final class Latency {
  private static final Duration POLL = Duration.ofMillis(5);
  private static final long IDLE_NANOS = Duration.ofSeconds(3).toNanos();

  private final String brokers;
  private final String input;
  private final String output;
  private final long rate;
  private final long count;
  private final long warmup;
  private final String sensors;
  private long startMs;
  private long startNs;
  private long maxBehindMs;
  private volatile boolean isSent;
  private final AtomicReference<Exception> failure = new AtomicReference<>();
  private int[] latencies = new int[1 << 20];
  private int measured;

  private Latency(Arguments arguments) {
    brokers = arguments.word(0);
    input = arguments.word(1);
    output = arguments.word(2);
    rate = arguments.number("rate", 10_000);
    warmup = arguments.number("warmup-seconds", 5);
    count = rate * (warmup + arguments.number("seconds", 15));
    sensors = arguments.text("sensors", "1000");
  }

  public static void main(String[] args) throws Exception {
    new Latency(new Arguments(args, "BROKERS", "INPUT_TOPIC", "OUTPUT_TOPIC")).run();
  }

  private void run() throws Exception {
    try (KafkaConsumer<byte[], byte[]> consumer = Clients.consumer(brokers)) {
      List<TopicPartition> partitions = Clients.partitions(consumer, output);
      consumer.assign(partitions);
      consumer.seekToEnd(partitions);
      for (TopicPartition at : partitions) consumer.position(at);
      startMs = System.currentTimeMillis();
      startNs = System.nanoTime();
      Thread generator = new Thread(this::generate, "generator");
      generator.start();
      read(consumer);
      generator.join();
    }
    if (failure.get() != null) throw failure.get();
    report();
  }

  private void generate() {
    String stepMs = Double.toString(1_000.0 / rate);
    Readings readings = new Readings(
        new Arguments(new String[] {"--step-ms", stepMs, "--out-of-order", "0", "--late", "0", "--sensors", sensors}),
        startMs, "sensor-");
    try (KafkaProducer<byte[], byte[]> producer = Clients.producer(brokers, Map.of("linger.ms", "0"))) {
      for (long sent = 0; sent < count && failure.get() == null; sent++) {
        waitUntil(startNs + (long) (sent * 1e9 / rate));
        Readings.Reading reading = readings.next();
        if (sent >= warmup * rate) maxBehindMs = Math.max(maxBehindMs, System.currentTimeMillis() - reading.timestampMs());
        producer.send(new ProducerRecord<>(input, null, reading.timestampMs(), reading.key(), reading.value()),
            (metadata, error) -> failure.compareAndSet(null, error));
      }
    } catch (RuntimeException error) {
      failure.compareAndSet(null, error);
    }
    isSent = true;
  }

  private static void waitUntil(long nanos) {
    for (long ahead; (ahead = nanos - System.nanoTime()) > 0;) LockSupport.parkNanos(ahead);
  }

  /** Until all was sent and nothing came for a while. */
  private void read(KafkaConsumer<byte[], byte[]> consumer) {
    long lastNs = System.nanoTime();
    while (!isSent || System.nanoTime() - lastNs < IDLE_NANOS) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        lastNs = System.nanoTime();
        if (record.timestamp() >= startMs + warmup * 1_000) add((int) (System.currentTimeMillis() - record.timestamp()));
      }
    }
  }

  private void add(int latencyMs) {
    if (measured == latencies.length) latencies = Arrays.copyOf(latencies, 2 * measured);
    latencies[measured++] = latencyMs;
  }

  private void report() {
    int[] sorted = Arrays.copyOf(latencies, measured);
    Arrays.sort(sorted);
    System.out.printf(Locale.ROOT, "{\"results\":%d,\"p50Ms\":%d,\"p99Ms\":%d,\"p999Ms\":%d,\"maxMs\":%d,\"behindMs\":%d}%n",
        measured, at(sorted, 0.5), at(sorted, 0.99), at(sorted, 0.999), at(sorted, 1), maxBehindMs);
  }

  private static int at(int[] sorted, double fraction) {
    return sorted.length == 0 ? -1 : sorted[(int) ((sorted.length - 1) * fraction)];
  }
}
