package io.hiveframe.peer;

import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Writes readings to a topic, or to several in turn, as fast as possible or at {@code --rate} records a second.
 * Options: those of {@link Readings}, --base-ms, --compression, --rate, --padding BYTES in a field that nobody asked for.
 */
public final class Generate {
  private Generate() {}

  public static void main(String[] args) throws Exception {
    Arguments arguments = new Arguments(args, "BROKERS", "TOPIC[,...]", "COUNT");
    String[] topics = arguments.word(1).split(",");
    long count = Long.parseLong(arguments.word(2));
    long rate = arguments.number("rate", Long.MAX_VALUE);
    long spanMs = (long) (count * arguments.fraction("step-ms", 1));
    long baseMs = arguments.number("base-ms", (System.currentTimeMillis() - spanMs) / 30_000 * 30_000);
    Readings readings = new Readings(arguments, baseMs, "sensor-");
    int padding = (int) arguments.number("padding", 0);
    AtomicReference<Exception> failure = new AtomicReference<>();
    Map<String, String> settings = Map.of("compression.type", arguments.text("compression", "none"));
    long startNs = System.nanoTime();
    try (KafkaProducer<byte[], byte[]> producer = Clients.producer(arguments.word(0), settings)) {
      for (long sent = 0; sent < count && failure.get() == null; sent++) {
        if (rate != Long.MAX_VALUE) waitForTurn(startNs, sent, rate);
        Readings.Reading reading = readings.next();
        byte[] value = padding == 0 ? reading.value() : reading.padded(padding);
        producer.send(new ProducerRecord<>(topics[(int) (sent % topics.length)], null, reading.timestampMs(), reading.key(), value),
            (metadata, error) -> failure.compareAndSet(null, error));
      }
    }
    if (failure.get() != null) throw failure.get();
    System.out.printf("{\"generated\":%d,\"seconds\":%.2f}%n", count, (System.nanoTime() - startNs) / 1e9);
  }

  private static void waitForTurn(long startNs, long sent, long rate) {
    long aheadNs = startNs + (long) (sent * 1e9 / rate) - System.nanoTime();
    if (aheadNs > 1_000_000) LockSupport.parkNanos(aheadNs);
  }
}
