package io.hiveframe.peer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Input as others write it: transactional producers side by side on the same partitions, one for each codec, their
 * transactions interleaved and every third aborted; sensor names in several scripts. An aborted reading is one that
 * would show: the hottest there is, in the same windows. Options: --records, --per-transaction, those of Readings.
 * Prints how many readings were committed and how many aborted.
 */
public final class Foreign {
  private static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");
  private static final List<String> PREFIXES = List.of("sensor-", "capteur-é-", "датчик-", "温度计-", "🌡️-");
  private static final int ABORTED_HUNDREDTHS = 9_999;

  private final String topic;
  private final List<KafkaProducer<byte[], byte[]>> producers = new ArrayList<>();
  private final List<Readings> readings = new ArrayList<>();
  private long committed;
  private long aborted;

  private Foreign(Arguments arguments) {
    topic = arguments.word(1);
    long baseMs = System.currentTimeMillis() / 30_000 * 30_000;
    for (int i = 0; i < CODECS.size(); i++) {
      KafkaProducer<byte[], byte[]> producer = Clients.producer(arguments.word(0),
          Map.of("compression.type", CODECS.get(i), "transactional.id", topic + "-" + CODECS.get(i)));
      producer.initTransactions();
      producers.add(producer);
      readings.add(new Readings(arguments, baseMs, PREFIXES.get(i)));
    }
  }

  public static void main(String[] args) {
    Arguments arguments = new Arguments(args, "BROKERS", "TOPIC");
    Foreign foreign = new Foreign(arguments);
    long records = arguments.number("records", 100_000);
    int perTransaction = (int) arguments.number("per-transaction", 500);
    for (int round = 0; foreign.committed < records; round++) foreign.round(round, perTransaction);
    foreign.producers.forEach(KafkaProducer::close);
    System.out.printf("{\"committed\":%d,\"aborted\":%d}%n", foreign.committed, foreign.aborted);
  }

  /** All producers have a transaction open at once; their batches lie between each other in every partition. */
  private void round(int round, int perTransaction) {
    producers.forEach(KafkaProducer::beginTransaction);
    for (int i = 0; i < producers.size(); i++) send(i, aborts(round, i), perTransaction);
    for (int i = producers.size() - 1; i >= 0; i--) end(producers.get(i), aborts(round, i), perTransaction);
  }

  private static boolean aborts(int round, int producer) {
    return (round + producer) % 3 == 0;
  }

  /** Flushes, so that aborted records really lie in the log: a client drops what it has not sent yet. */
  private void send(int index, boolean aborts, int count) {
    KafkaProducer<byte[], byte[]> producer = producers.get(index);
    for (int i = 0; i < count; i++) {
      Readings.Reading reading = readings.get(index).next();
      if (aborts) reading = reading.withTemperature(ABORTED_HUNDREDTHS);
      producer.send(new ProducerRecord<>(topic, null, reading.timestampMs(), reading.key(), reading.value()));
    }
    producer.flush();
  }

  private void end(KafkaProducer<byte[], byte[]> producer, boolean aborts, int count) {
    if (aborts) {
      producer.abortTransaction();
      aborted += count;
    } else {
      producer.commitTransaction();
      committed += count;
    }
  }
}
