package io.hiveframe.peer;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/**
 * The readings of a seed: the same seed gives the same readings, so that a run can be repeated.
 * Most advance in time; some come out of order but in time, some too late for their window.
 */
final class Readings {
  /** One reading as it is written to the topic. */
  record Reading(String sensorId, long timestampMs, int hundredthsOfDegree, int tenthsOfPercent) {
    byte[] key() {
      return sensorId.getBytes(StandardCharsets.UTF_8);
    }

    byte[] value() {
      String json = "{\"sensor_id\":\"" + sensorId + "\",\"temperature\":" + decimal(hundredthsOfDegree, 100)
          + ",\"humidity\":" + decimal(tenthsOfPercent, 10) + ",\"timestamp\":" + timestampMs + "}";
      return json.getBytes(StandardCharsets.UTF_8);
    }

    Reading withTemperature(int hundredths) {
      return new Reading(sensorId, timestampMs, hundredths, tenthsOfPercent);
    }

    /** The same of another sensor, one that lives in this partition alone. */
    Reading in(int partition) {
      return new Reading(sensorId + "@" + partition, timestampMs, hundredthsOfDegree, tenthsOfPercent);
    }

    /** The value with a field nobody asked for, so that it is this long. */
    byte[] padded(int bytes) {
      String json = new String(value(), StandardCharsets.UTF_8);
      String padding = ",\"padding\":\"" + "x".repeat(bytes) + "\"}";
      return (json.substring(0, json.length() - 1) + padding).getBytes(StandardCharsets.UTF_8);
    }

    private static String decimal(int value, int unit) {
      String fraction = Integer.toString(unit + value % unit).substring(1);
      return value / unit + "." + fraction;
    }
  }

  private static final int MAX_OUT_OF_ORDER_MS = 8_000;
  private static final int MIN_LATE_MS = 60_000;

  private final SplittableRandom random;
  private final String prefix;
  private final int sensors;
  private final double stepMs;
  private final double outOfOrder;
  private final double late;
  private final long baseMs;
  private long made;

  Readings(Arguments arguments, long baseMs, String prefix) {
    this.random = new SplittableRandom(arguments.number("seed", 42));
    this.prefix = prefix;
    this.sensors = (int) arguments.number("sensors", 1000);
    this.stepMs = arguments.fraction("step-ms", 1);
    this.outOfOrder = arguments.fraction("out-of-order", 0.01);
    this.late = arguments.fraction("late", 0.002);
    this.baseMs = baseMs;
  }

  Reading next() {
    String sensorId = prefix + random.nextInt(sensors);
    long timestampMs = baseMs + (long) (made++ * stepMs) - delayMs();
    int temperature = 1_000 + random.nextInt(2_500);
    int humidity = 300 + random.nextInt(600);
    return new Reading(sensorId, Math.max(timestampMs, baseMs), temperature, humidity);
  }

  private long delayMs() {
    double chance = random.nextDouble();
    if (chance < outOfOrder) return 1 + random.nextInt(MAX_OUT_OF_ORDER_MS);
    if (chance < outOfOrder + late) return MIN_LATE_MS + random.nextInt(MIN_LATE_MS);
    return 0;
  }
}
