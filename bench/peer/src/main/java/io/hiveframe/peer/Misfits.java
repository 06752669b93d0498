package io.hiveframe.peer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Readings with records between them that are no readings: each kind comes first in a batch, last in a batch, and as a
 * batch of its own. A misfit carries the header {@link Windows#MISFIT_HEADER} with what is wrong, so that a test knows
 * what must be refused. Also good readings that are hard: {@code --big-bytes} long, and with an absurd record timestamp.
 * The topic must take records of that size and age. Prints how many of each were written.
 */
public final class Misfits {
  private static final int GOOD_PER_BATCH = 50;
  private static final long YEAR_9999_MS = 253_370_764_800_000L;

  private final String topic;
  private final int partitions;
  private final KafkaProducer<byte[], byte[]> producer;
  private final Readings readings;
  private long good;
  private long bad;

  private Misfits(Arguments arguments) {
    topic = arguments.word(1);
    partitions = (int) arguments.number("partitions", 4);
    producer = Clients.producer(arguments.word(0),
        Map.of("batch.size", "1048576", "linger.ms", "60000", "max.request.size", "16777216"));
    readings = new Readings(arguments, System.currentTimeMillis() / 30_000 * 30_000, "sensor-");
  }

  public static void main(String[] args) {
    Arguments arguments = new Arguments(args, "BROKERS", "TOPIC");
    Misfits misfits = new Misfits(arguments);
    int bigBytes = (int) arguments.number("big-bytes", 5_000_000);
    int partition = 0;
    for (Map.Entry<String, byte[]> misfit : values(bigBytes).entrySet()) {
      misfits.batches(partition++ % misfits.partitions, misfit.getKey(), misfit.getValue());
    }
    misfits.nullKeys();
    misfits.hardButGood(bigBytes);
    misfits.producer.close();
    System.out.printf("{\"good\":%d,\"bad\":%d}%n", misfits.good, misfits.bad);
  }

  /** What is wrong, and the value that is. */
  private static Map<String, byte[]> values(int bigBytes) {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("empty", "");
    texts.put("broken JSON", "{\"sensor_id\":\"sensor-1\",\"temperature\":2");
    texts.put("no JSON", "temperature=20");
    texts.put("JSON null", "null");
    texts.put("array", "[1,2,3]");
    texts.put("string", "\"sensor-1\"");
    texts.put("two values", reading("\"sensor-1\"", "20.5", "50.1", "1") + reading("\"sensor-1\"", "20.5", "50.1", "1"));
    texts.put("no sensor", "{\"temperature\":20.5,\"humidity\":50.1,\"timestamp\":1}");
    texts.put("no temperature", "{\"sensor_id\":\"sensor-1\",\"humidity\":50.1,\"timestamp\":1}");
    texts.put("no humidity", "{\"sensor_id\":\"sensor-1\",\"temperature\":20.5,\"timestamp\":1}");
    texts.put("no timestamp", "{\"sensor_id\":\"sensor-1\",\"temperature\":20.5,\"humidity\":50.1}");
    texts.put("numeric sensor", reading("7", "20.5", "50.1", "1"));
    texts.put("temperature as text", reading("\"sensor-1\"", "\"hot\"", "50.1", "1"));
    texts.put("temperature null", reading("\"sensor-1\"", "null", "50.1", "1"));
    texts.put("temperature beyond numbers", reading("\"sensor-1\"", "1e999", "50.1", "1"));
    texts.put("humidity as boolean", reading("\"sensor-1\"", "20.5", "true", "1"));
    texts.put("timestamp as words", reading("\"sensor-1\"", "20.5", "50.1", "\"yesterday\""));
    texts.put("negative timestamp", reading("\"sensor-1\"", "20.5", "50.1", "-5"));
    texts.put("absurd timestamp", reading("\"sensor-1\"", "20.5", "50.1", "1e18"));
    texts.put("big and broken", "{\"sensor_id\":\"" + "x".repeat(bigBytes));
    Map<String, byte[]> values = new LinkedHashMap<>();
    texts.forEach((what, text) -> values.put(what, text.getBytes(StandardCharsets.UTF_8)));
    values.put("null value", null);
    values.put("no UTF-8", new byte[] {'{', '"', (byte) 0xC3, (byte) 0x28, '"', ':', '1', '}'});
    return values;
  }

  private static String reading(String sensor, String temperature, String humidity, String timestamp) {
    return "{\"sensor_id\":" + sensor + ",\"temperature\":" + temperature + ",\"humidity\":" + humidity
        + ",\"timestamp\":" + timestamp + "}";
  }

  /** Three batches of one partition; a flush ends a batch. */
  private void batches(int partition, String what, byte[] value) {
    bad(partition, what, value);
    goodOnes(partition);
    producer.flush();
    goodOnes(partition);
    bad(partition, what, value);
    producer.flush();
    for (int i = 0; i < 3; i++) bad(partition, what, value);
    producer.flush();
  }

  private void bad(int partition, String what, byte[] value) {
    send(partition, "sensor-1".getBytes(StandardCharsets.UTF_8), value, what);
  }

  private void goodOnes(int partition) {
    for (int i = 0; i < GOOD_PER_BATCH; i++) good(partition, readings.next().in(partition));
  }

  private void good(int partition, Readings.Reading reading) {
    producer.send(new ProducerRecord<>(topic, partition, reading.timestampMs(), reading.key(), reading.value()));
    good++;
  }

  /** A reading is grouped by its key: without one it belongs nowhere. */
  private void nullKeys() {
    for (int partition = 0; partition < partitions; partition++) {
      send(partition, null, readings.next().in(partition).value(), "null key");
      send(partition, null, null, "null key and value");
    }
    producer.flush();
  }

  private void send(int partition, byte[] key, byte[] value, String what) {
    ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, partition, key, value);
    record.headers().add(Windows.MISFIT_HEADER, what.getBytes(StandardCharsets.UTF_8));
    producer.send(record);
    bad++;
  }

  private void hardButGood(int bigBytes) {
    List<Readings.Reading> some = new ArrayList<>();
    for (int partition = 0; partition < partitions; partition++) some.add(readings.next().in(partition));
    for (int partition = 0; partition < partitions; partition++) {
      Readings.Reading reading = some.get(partition);
      byte[] padded = reading.padded(bigBytes);
      producer.send(new ProducerRecord<>(topic, partition, reading.timestampMs(), reading.key(), padded));
      producer.send(new ProducerRecord<>(topic, partition, YEAR_9999_MS, reading.key(), reading.value()));
      good += 2;
    }
    producer.flush();
  }
}
