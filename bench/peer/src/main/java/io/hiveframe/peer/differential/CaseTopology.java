package io.hiveframe.peer.differential;

import com.fasterxml.jackson.databind.JsonNode;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.GlobalKTable;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.Suppressed.BufferConfig;

import static java.time.Duration.ofMillis;

/**
 * The topology of a case; test/differential/topologies builds the same in TypeScript. Topics a, b and c in, OUTPUT out; what the
 * functions do is in {@link Functions}.
 */
final class CaseTopology {
  static final String OUTPUT = "out";

  private final JsonNode topology;
  private final StreamsBuilder builder = new StreamsBuilder();

  CaseTopology(JsonNode topology) {
    this.topology = topology;
  }

  Topology build() {
    results().to(OUTPUT, Produced.with(Serdes.String(), Serdes.String()));
    return builder.build();
  }

  private KStream<String, String> results() {
    return switch (topology.get("kind").asText()) {
      case "window" -> WindowedCase.results(grouped(), topology);
      case "aggregate" -> aggregate();
      case "streamJoin" -> streamJoin();
      case "streamTable" -> streamTable();
      case "streamVersionedTable" -> streamVersionedTable();
      case "streamGlobalTable" -> streamGlobalTable();
      case "table" -> new TableExpressions(builder).table(topology.get("table")).toStream();
      case "foreignKey" -> new TableExpressions(builder).foreignKeyJoin(topology).toStream();
      case "suppress" -> suppress();
      case "merge" -> stream("a").merge(stream("b")).mapValues(Functions::map);
      default -> throw new IllegalArgumentException("unknown topology: " + topology);
    };
  }

  private KStream<String, String> stream(String topic) {
    Consumed<String, String> consumed = Consumed.with(Serdes.String(), Serdes.String());
    if (topology.path("timeFromValue").asBoolean()) {
      consumed = consumed.withTimestampExtractor((record, time) -> Long.parseLong((String) record.value()));
    }
    return withoutNulls(builder.stream(topic, consumed));
  }

  /** A stream there has no null values: they are dead letters. docs/differences.md */
  static KStream<String, String> withoutNulls(KStream<String, String> stream) {
    return stream.filter((key, value) -> value != null);
  }

  private KGroupedStream<String, String> grouped() {
    Grouped<String, String> grouped = Grouped.with(Serdes.String(), Serdes.String());
    KStream<String, String> stream = stream("a");
    return topology.path("regroup").asBoolean()
        ? stream.groupBy((key, value) -> Functions.groupOf(value), grouped)
        : stream.groupByKey(grouped);
  }

  private KStream<String, String> aggregate() {
    KGroupedStream<String, String> grouped = grouped();
    return switch (topology.get("aggregation").asText()) {
      case "count" -> Functions.texts(grouped.count());
      case "reduce" -> grouped.reduce(Functions::append).toStream();
      default -> grouped.aggregate(() -> "", (key, value, text) -> Functions.append(text, value),
          Materialized.with(Serdes.String(), Serdes.String()))
          .toStream();
    };
  }

  private KStream<String, String> streamJoin() {
    JoinWindows windows = JoinWindows.ofTimeDifferenceAndGrace(ofMillis(100), ofMillis(topology.get("graceMs").asLong()))
        .before(ofMillis(topology.get("beforeMs").asLong())).after(ofMillis(topology.get("afterMs").asLong()));
    StreamJoined<String, String, String> joined = StreamJoined.with(Serdes.String(), Serdes.String(), Serdes.String())
        .withThisStoreSupplier(new JoinStore("left", windows)).withOtherStoreSupplier(new JoinStore("right", windows));
    KStream<String, String> left = stream("a");
    KStream<String, String> right = stream("b");
    return switch (topology.get("join").asText()) {
      case "inner" -> left.join(right, Functions::pair, windows, joined);
      case "left" -> left.leftJoin(right, Functions::pair, windows, joined);
      default -> left.outerJoin(right, Functions::pair, windows, joined);
    };
  }

  private KStream<String, String> streamTable() {
    KTable<String, String> table = new TableExpressions(builder).table(topology.get("table"));
    return topology.get("join").asText().equals("inner")
        ? stream("a").join(table, Functions::pair)
        : stream("a").leftJoin(table, Functions::pair);
  }

  private KStream<String, String> streamVersionedTable() {
    KTable<String, String> table = builder.table("b", Consumed.with(Serdes.String(), Serdes.String()),
        TableExpressions.versioned("rows", topology.get("historyRetentionMs").asLong()));
    for (JsonNode op : topology.get("made")) {
      table = op.asText().equals("filter")
          ? table.filter((key, value) -> Functions.keeps(value))
          : table.mapValues(Functions::map);
    }
    JsonNode grace = topology.get("graceMs");
    Joined<String, String, String> joined = Joined.with(Serdes.String(), Serdes.String(), Serdes.String());
    if (!grace.isNull()) {
      joined = joined.withGracePeriod(ofMillis(grace.asLong()));
    }
    return topology.get("join").asText().equals("inner")
        ? stream("a").join(table, Functions::pair, joined)
        : stream("a").leftJoin(table, Functions::pair, joined);
  }

  private KStream<String, String> suppress() {
    JsonNode maxRecords = topology.get("maxRecords");
    return builder.table("a", Consumed.with(Serdes.String(), Serdes.String()))
        .suppress(Suppressed.untilTimeLimit(ofMillis(topology.get("limitMs").asLong()),
            maxRecords.isNull() ? BufferConfig.unbounded() : BufferConfig.maxRecords(maxRecords.asLong()).emitEarlyWhenFull()))
        .toStream();
  }

  private KStream<String, String> streamGlobalTable() {
    GlobalKTable<String, String> table = builder.globalTable("b", Consumed.with(Serdes.String(), Serdes.String()));
    return topology.get("join").asText().equals("inner")
        ? stream("a").join(table, (key, value) -> Functions.groupOf(value), Functions::pair)
        : stream("a").leftJoin(table, (key, value) -> Functions.groupOf(value), Functions::pair);
  }
}
