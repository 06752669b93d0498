package io.hiveframe.peer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Says whether the output of one of the smaller scenarios is exactly what its input demands, as a read_committed reader
 * sees both. stateless: each partition of the output is what the same partition of the input becomes, record by record.
 * count and repartition: the last result of each key is right, and its count grew from record to record.
 * Prints one JSON line for each output; exit code 0 means that all are exact.
 */
public final class VerifyScenario {
  private static final ObjectReader JSON = new ObjectMapper().readerFor(JsonNode.class);
  private static final long ABOVE_HUNDREDTHS = 2_000;
  private static final int ROOMS = 200;

  private final Map<String, Long> faults = new TreeMap<>();
  private String example;
  private long inputs;
  private long outputs;

  private VerifyScenario() {}

  public static void main(String[] args) throws Exception {
    Arguments arguments = new Arguments(args, "BROKERS", "INPUT_TOPIC[,...]", "OUTPUT_TOPIC[,...]", "SCENARIO");
    boolean exact = true;
    String[] inputs = arguments.word(1).split(",");
    String[] outputs = arguments.word(2).split(",");
    for (int i = 0; i < inputs.length; i++) {
      exact &= new VerifyScenario().verify(arguments.word(0), inputs[i], outputs[i], arguments.word(3));
    }
    System.exit(exact ? 0 : 1);
  }

  private boolean verify(String brokers, String input, String output, String scenario) throws Exception {
    Check check = switch (scenario) {
      case "stateless" -> new Sequences();
      case "count" -> new Groups(false);
      case "repartition" -> new Groups(true);
      default -> throw new IllegalArgumentException("unknown scenario: " + scenario);
    };
    Clients.readAll(brokers, input, record -> {
      inputs++;
      check.input(record);
    });
    Clients.readAll(brokers, output, record -> {
      outputs++;
      check.output(record);
    });
    check.end();
    return report();
  }

  private interface Check {
    void input(ConsumerRecord<byte[], byte[]> record) throws IOException;

    void output(ConsumerRecord<byte[], byte[]> record) throws IOException;

    void end();
  }

  /** What is still due in each partition, in order. Temperatures in hundredths; Fahrenheit in thousandths is a whole number. */
  private final class Sequences implements Check {
    private record Due(String sensorId, long thousandths, long timestampMs) {}

    private final Map<Integer, Queue<Due>> due = new HashMap<>();

    @Override
    public void input(ConsumerRecord<byte[], byte[]> record) throws IOException {
      JsonNode reading = JSON.readValue(record.value());
      long temperature = Windows.hundredths(reading, "temperature");
      if (temperature <= ABOVE_HUNDREDTHS) return;
      due.computeIfAbsent(record.partition(), absent -> new ArrayDeque<>())
          .add(new Due(text(record.key()), temperature * 18 + 32_000, reading.get("timestamp").asLong()));
    }

    @Override
    public void output(ConsumerRecord<byte[], byte[]> record) throws IOException {
      JsonNode converted = JSON.readValue(record.value());
      Due found = new Due(converted.get("sensor_id").asText(),
          Math.round(converted.get("fahrenheit").asDouble() * 1_000), converted.get("timestamp").asLong());
      Queue<Due> partition = due.get(record.partition());
      Due next = partition == null ? null : partition.poll();
      if (next == null) fault("more than is due", found);
      else if (!next.equals(found) || !found.sensorId().equals(text(record.key()))) fault("other than is due", found);
    }

    @Override
    public void end() {
      due.values().forEach(partition -> partition.forEach(missing -> fault("missing", missing)));
    }
  }

  /** What each key must come to, and what it came to. */
  private final class Groups implements Check {
    private static final class Group {
      long readings;
      long maxHundredths = Long.MIN_VALUE;
      long written;
      long writtenMaxHundredths = Long.MIN_VALUE;
    }

    private final boolean byRoom;
    private final Map<String, Group> groups = new HashMap<>();

    private Groups(boolean byRoom) {
      this.byRoom = byRoom;
    }

    @Override
    public void input(ConsumerRecord<byte[], byte[]> record) throws IOException {
      String sensorId = text(record.key());
      if (!byRoom) {
        groups.computeIfAbsent(sensorId, absent -> new Group()).readings++;
        return;
      }
      int number = Integer.parseInt(sensorId.substring(sensorId.indexOf('-') + 1));
      Group room = groups.computeIfAbsent("room-" + number % ROOMS, absent -> new Group());
      room.readings++;
      room.maxHundredths = Math.max(room.maxHundredths, Windows.hundredths(JSON.readValue(record.value()), "temperature"));
    }

    @Override
    public void output(ConsumerRecord<byte[], byte[]> record) throws IOException {
      String key = text(record.key());
      Group group = groups.get(key);
      if (group == null) {
        fault("unknown key", key);
        return;
      }
      long before = group.written;
      if (byRoom) {
        JsonNode room = JSON.readValue(record.value());
        group.written = room.get("readings").asLong();
        group.writtenMaxHundredths = Windows.hundredths(room, "max_temperature");
      } else {
        group.written = ByteBuffer.wrap(record.value()).getLong();
      }
      if (group.written <= before) fault("repeated or gone back", key);
    }

    @Override
    public void end() {
      groups.forEach((key, group) -> {
        if (group.written < group.readings) fault("too few readings", key);
        else if (group.written > group.readings) fault("too many readings", key);
        else if (group.writtenMaxHundredths != group.maxHundredths) fault("wrong maximum", key);
      });
    }
  }

  private static String text(byte[] key) {
    return new String(key, StandardCharsets.UTF_8);
  }

  private void fault(String what, Object where) {
    faults.merge(what, 1L, Long::sum);
    if (example == null) example = what + ": " + where;
  }

  private boolean report() throws IOException {
    Map<String, Object> report = new TreeMap<>();
    report.put("exact", faults.isEmpty());
    report.put("inputs", inputs);
    report.put("outputs", outputs);
    report.put("faults", faults);
    if (example != null) report.put("example", example);
    System.out.println(new ObjectMapper().writeValueAsString(report));
    return faults.isEmpty();
  }
}
