package io.hiveframe.peer;

import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Writes readings to a topic, as fast as possible or at {@code --rate} records a second.
 * Options: those of {@link Readings}, --base-ms, --compression, --rate.
 */
public final class Generate {
  private Generate() {}

  public static void main(String[] args) throws Exception {
    Arguments arguments = new Arguments(args, "BROKERS", "TOPIC", "COUNT");
    String topic = arguments.word(1);
    long count = Long.parseLong(arguments.word(2));
    long rate = arguments.number("rate", Long.MAX_VALUE);
    long spanMs = (long) (count * arguments.fraction("step-ms", 1));
    long baseMs = arguments.number("base-ms", (System.currentTimeMillis() - spanMs) / 30_000 * 30_000);
    Readings readings = new Readings(arguments, baseMs, "sensor-");
    AtomicReference<Exception> failure = new AtomicReference<>();
    Map<String, String> settings = Map.of("compression.type", arguments.text("compression", "none"));
    long startNs = System.nanoTime();
    try (KafkaProducer<byte[], byte[]> producer = Clients.producer(arguments.word(0), settings)) {
      for (long sent = 0; sent < count && failure.get() == null; sent++) {
        if (rate != Long.MAX_VALUE) waitForTurn(startNs, sent, rate);
        Readings.Reading reading = readings.next();
        producer.send(new ProducerRecord<>(topic, null, reading.timestampMs(), reading.key(), reading.value()),
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
