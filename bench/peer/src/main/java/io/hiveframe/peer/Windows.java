package io.hiveframe.peer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What the windows of an input must hold, computed from the definition and from nothing of the application:
 * tumbling windows per sensor; a record is late, and dropped, when its window's end is not after the highest event time
 * of its partition (its own included) minus the delay. Integer hundredths, so that sums are exact in any order.
 */
final class Windows {
  /** Marks a record that the application must refuse: the value of this header says why. */
  static final String MISFIT_HEADER = "misfit";

  record Key(String sensorId, long startMs) {}

  /** The readings of one window; {@code closed} once the partition's event time has passed its end by the delay. */
  static final class Window {
    final int partition;
    long readings;
    long alerts;
    long temperatureSum;
    long humiditySum;
    long minTemperature = Long.MAX_VALUE;
    long maxTemperature = Long.MIN_VALUE;

    Window(int partition) {
      this.partition = partition;
    }

    void add(long temperature, long humidity) {
      readings++;
      if (temperature > ALERT_ABOVE) alerts++;
      temperatureSum += temperature;
      humiditySum += humidity;
      minTemperature = Math.min(minTemperature, temperature);
      maxTemperature = Math.max(maxTemperature, temperature);
    }
  }

  private static final long ALERT_ABOVE = 2_800;
  private static final ObjectReader JSON = new ObjectMapper().readerFor(JsonNode.class);

  private final long sizeMs;
  private final long delayMs;
  private final Map<Key, Window> windows = new HashMap<>();
  private final Map<Integer, Long> streamTimeMs = new HashMap<>();
  private long readings;
  private long late;
  private long misfits;
  private final Map<String, Integer> alerts = new HashMap<>();

  Windows(long sizeMs, long delayMs) {
    this.sizeMs = sizeMs;
    this.delayMs = delayMs;
  }

  void add(ConsumerRecord<byte[], byte[]> record) throws IOException {
    if (record.headers().lastHeader(MISFIT_HEADER) != null) {
      misfits++;
      return;
    }
    JsonNode reading = JSON.readValue(record.value());
    long timestampMs = reading.get("timestamp").asLong();
    long temperature = hundredths(reading, "temperature");
    readings++;
    if (temperature > ALERT_ABOVE) alerts.merge(alertOf(reading), 1, Integer::sum);
    long now = streamTimeMs.merge(record.partition(), timestampMs, Math::max);
    Key key = new Key(reading.get("sensor_id").asText(), Math.floorDiv(timestampMs, sizeMs) * sizeMs);
    if (key.startMs() + sizeMs <= now - delayMs) late++;
    else windows.computeIfAbsent(key, absent -> new Window(record.partition()))
        .add(temperature, hundredths(reading, "humidity"));
  }

  boolean closed(Key key, Window window) {
    return key.startMs() + sizeMs <= streamTimeMs.get(window.partition) - delayMs;
  }

  Map<Key, Window> all() {
    return windows;
  }

  long readings() {
    return readings;
  }

  long late() {
    return late;
  }

  /** How often each alert is due: readings above the limit, late ones included, as an alert waits for no window. */
  Map<String, Integer> alerts() {
    return alerts;
  }

  /** What makes an alert the same: sensor, time and temperature. */
  static String alertOf(JsonNode reading) {
    return reading.get("sensor_id").asText() + "@" + reading.get("timestamp").asLong() + "="
        + hundredths(reading, "temperature");
  }

  long misfits() {
    return misfits;
  }

  static long hundredths(JsonNode object, String field) {
    return Math.round(object.get(field).asDouble() * 100);
  }
}
