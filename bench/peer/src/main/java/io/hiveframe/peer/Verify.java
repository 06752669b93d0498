package io.hiveframe.peer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Says whether an output topic is exactly what its input demands, as a read_committed reader sees both.
 * {@code final}: one record per closed window, none for an open one.
 * {@code updates}: the last record of each window is right, and its count grew from record to record.
 * Prints one JSON line; exit code 0 means exact. Options: --window-ms, --delay-ms, --alerts TOPIC.
 */
public final class Verify {
  private static final ObjectReader JSON = new ObjectMapper().readerFor(JsonNode.class);

  /** What was written for one window: the last record, and how often. */
  private static final class Written {
    int records;
    JsonNode last;
  }

  private final Windows expected;
  private final boolean onlyFinal;
  private final Map<Windows.Key, Written> written = new HashMap<>();
  private final Map<String, Long> faults = new TreeMap<>();
  private String example;
  private long outputs;

  private Verify(Windows expected, boolean onlyFinal) {
    this.expected = expected;
    this.onlyFinal = onlyFinal;
  }

  public static void main(String[] args) throws Exception {
    Arguments arguments = new Arguments(args, "BROKERS", "INPUT_TOPIC", "OUTPUT_TOPIC", "final|updates");
    String brokers = arguments.word(0);
    Windows expected = new Windows(arguments.number("window-ms", 30_000), arguments.number("delay-ms", 10_000));
    Clients.readAll(brokers, arguments.word(1), expected::add);
    Verify verify = new Verify(expected, arguments.word(3).equals("final"));
    Clients.readAll(brokers, arguments.word(2), verify::read);
    expected.all().forEach(verify::check);
    String alertTopic = arguments.text("alerts", "");
    if (!alertTopic.isEmpty()) verify.checkAlerts(brokers, alertTopic);
    System.exit(verify.report() ? 0 : 1);
  }

  private void read(ConsumerRecord<byte[], byte[]> record) throws IOException {
    outputs++;
    JsonNode output = JSON.readValue(record.value());
    Windows.Key key = new Windows.Key(output.get("sensor_id").asText(), output.get("window_start").asLong());
    if (!expected.all().containsKey(key)) fault("unknown window", key);
    Written before = written.computeIfAbsent(key, absent -> new Written());
    if (before.last != null && count(before.last) >= count(output)) fault("repeated or gone back", key);
    before.records++;
    before.last = output;
  }

  private void check(Windows.Key key, Windows.Window window) {
    Written output = written.get(key);
    boolean closed = expected.closed(key, window);
    if (output == null) {
      if (closed || !onlyFinal) fault("missing", key);
    } else {
      if (onlyFinal && !closed) fault("written before it closed", key);
      if (onlyFinal && output.records > 1) fault("written more than once", key);
      if (!equal(window, output.last)) fault(difference(window, output.last), key);
    }
  }

  /** Too few is a loss, too many a repetition. */
  private static String difference(Windows.Window window, JsonNode output) {
    if (count(output) == window.readings) return "wrong";
    return count(output) < window.readings ? "too few readings" : "too many readings";
  }

  private static boolean equal(Windows.Window window, JsonNode output) {
    return count(output) == window.readings
        && output.get("alert_count").asLong() == window.alerts
        && sum(output, "avg_temp") == window.temperatureSum
        && sum(output, "avg_humidity") == window.humiditySum
        && Windows.hundredths(output, "min_temp") == window.minTemperature
        && Windows.hundredths(output, "max_temp") == window.maxTemperature;
  }

  private static long count(JsonNode output) {
    return output.get("reading_count").asLong();
  }

  private static long sum(JsonNode output, String average) {
    return Math.round(output.get(average).asDouble() * count(output) * 100);
  }

  /** Every alert that is due, as often as it is due, and no other. */
  private void checkAlerts(String brokers, String topic) throws Exception {
    Map<String, Integer> due = new HashMap<>(expected.alerts());
    Clients.readAll(brokers, topic, record -> {
      String alert = Windows.alertOf(JSON.readValue(record.value()));
      if (due.merge(alert, -1, Integer::sum) < 0) fault("alert not due", alert);
    });
    due.forEach((alert, left) -> {
      if (left > 0) fault("alert missing", alert);
    });
  }

  private void fault(String what, Object where) {
    faults.merge(what, 1L, Long::sum);
    if (example == null) example = what + ": " + where;
  }

  private boolean report() throws IOException {
    Map<String, Object> report = new TreeMap<>();
    report.put("exact", faults.isEmpty());
    report.put("readings", expected.readings());
    report.put("late", expected.late());
    report.put("misfits", expected.misfits());
    report.put("alerts", expected.alerts().values().stream().mapToLong(Integer::longValue).sum());
    report.put("windows", expected.all().size());
    report.put("outputs", outputs);
    report.put("faults", faults);
    if (example != null) report.put("example", example);
    System.out.println(new ObjectMapper().writeValueAsString(report));
    return faults.isEmpty();
  }
}
