package io.hiveframe.peer.differential;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.BuiltInDslStoreSuppliers;
import org.apache.kafka.streams.test.TestRecord;

/**
 * Runs cases through Kafka Streams' own TopologyTestDriver: a case a line on stdin, its output a line on stdout.
 * A case: {topology, steps: [[[topic, key, value, timestampMs], ...], ...]}; its output: {outputs: [[[key, value, timestampMs], ...], ...]},
 * one list for each step; or {error}. Keys, values: strings or null.
 */
public final class Cases {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Cases() {}

  public static void main(String[] args) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    Properties settings = settings();
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      ObjectNode answer = JSON.createObjectNode();
      try {
        answer.set("outputs", run(JSON.readTree(line), settings));
      } catch (RuntimeException error) {
        answer.put("error", error + (error.getCause() == null ? "" : ": " + error.getCause()));
      }
      out.println(JSON.writeValueAsString(answer));
    }
  }

  /** Each update is passed on, each window that closes is given at once, windows are kept exactly as long as they must be. */
  private static Properties settings() throws IOException {
    Properties settings = new Properties();
    settings.put("application.id", "differential");
    settings.put("bootstrap.servers", "none:9092");
    settings.put("state.dir", directory().toString());
    settings.put("default.key.serde", Serdes.StringSerde.class.getName());
    settings.put("default.value.serde", Serdes.StringSerde.class.getName());
    settings.put("statestore.cache.max.bytes", "0");
    settings.put("dsl.store.suppliers.class", BuiltInDslStoreSuppliers.InMemoryDslStoreSuppliers.class.getName());
    settings.put("__emit.interval.ms.kstreams.windowed.aggregation__", 0L);
    settings.put("__emit.interval.ms.kstreams.outer.join.spurious.results.fix__", 0L);
    return settings;
  }

  /** In memory where that can be: tables that keep versions lie on RocksDB, opened anew for each case. */
  private static Path directory() throws IOException {
    Path inMemory = Path.of("/dev/shm");
    Path directory = Files.isWritable(inMemory)
        ? Files.createTempDirectory(inMemory, "differential")
        : Files.createTempDirectory("differential");
    directory.toFile().deleteOnExit();
    return directory;
  }

  private static ArrayNode run(JsonNode testCase, Properties settings) {
    Topology topology = new CaseTopology(testCase.get("topology")).build();
    ArrayNode outputs = JSON.createArrayNode();
    try (TopologyTestDriver driver = new TopologyTestDriver(topology, settings, Instant.EPOCH)) {
      Map<String, TestInputTopic<String, String>> inputs = new HashMap<>();
      TestOutputTopic<String, String> output =
          driver.createOutputTopic(CaseTopology.OUTPUT, new StringDeserializer(), new StringDeserializer());
      for (JsonNode step : testCase.get("steps")) {
        for (JsonNode record : step) {
          inputs.computeIfAbsent(record.get(0).asText(),
              topic -> driver.createInputTopic(topic, new StringSerializer(), new StringSerializer()))
              .pipeInput(text(record.get(1)), text(record.get(2)), record.get(3).asLong());
        }
        outputs.add(read(output));
      }
    }
    return outputs;
  }

  private static ArrayNode read(TestOutputTopic<String, String> output) {
    ArrayNode records = JSON.createArrayNode();
    for (TestRecord<String, String> record : output.readRecordsToList()) {
      records.addArray().add(record.key()).add(record.value()).add(record.timestamp());
    }
    return records;
  }

  private static String text(JsonNode node) {
    return node.isNull() ? null : node.asText();
  }
}
