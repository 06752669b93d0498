package io.hiveframe.peer.differential;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KGroupedTable;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** Tables made of tables: {op, of | left and right | topic, ...}. */
final class TableExpressions {
  private final StreamsBuilder builder;

  TableExpressions(StreamsBuilder builder) {
    this.builder = builder;
  }

  private static <S extends StateStore> Materialized<String, String, S> strings() {
    return Materialized.with(Serdes.String(), Serdes.String());
  }

  KTable<String, String> table(JsonNode expression) {
    Consumed<String, String> consumed = Consumed.with(Serdes.String(), Serdes.String());
    return switch (expression.get("op").asText()) {
      case "source" -> builder.table(expression.get("topic").asText(), consumed, rows(expression));
      case "toTable" -> CaseTopology.withoutNulls(builder.stream(expression.get("topic").asText(), consumed))
          .mapValues(Functions::map).toTable(strings());
      case "filter" -> filter(expression);
      case "mapValues" -> mapValues(expression);
      case "group" -> group(expression);
      case "join" -> join(expression);
      default -> throw new IllegalArgumentException("unknown table: " + expression);
    };
  }

  private static Materialized<String, String, KeyValueStore<Bytes, byte[]>> rows(JsonNode source) {
    JsonNode retention = source.path("historyRetentionMs");
    return retention.isMissingNode() ? strings() : versioned("versions-of-" + source.get("topic").asText(), retention.asLong());
  }

  static Materialized<String, String, KeyValueStore<Bytes, byte[]>> versioned(String name, long historyRetentionMs) {
    return Materialized.<String, String>as(Stores.persistentVersionedKeyValueStore(name, Duration.ofMillis(historyRetentionMs)))
        .withKeySerde(Serdes.String()).withValueSerde(Serdes.String());
  }

  private boolean isStored(JsonNode expression) {
    return expression.get("stored").asBoolean();
  }

  private KTable<String, String> filter(JsonNode expression) {
    KTable<String, String> of = table(expression.get("of"));
    return isStored(expression)
        ? of.filter((key, value) -> Functions.keeps(value), strings())
        : of.filter((key, value) -> Functions.keeps(value));
  }

  private KTable<String, String> mapValues(JsonNode expression) {
    KTable<String, String> of = table(expression.get("of"));
    return isStored(expression) ? of.mapValues(Functions::map, strings()) : of.mapValues(Functions::map);
  }

  private KTable<String, String> group(JsonNode expression) {
    KGroupedTable<String, String> grouped = table(expression.get("of")).groupBy(
        (key, value) -> KeyValue.pair(Functions.groupOf(value), value), Grouped.with(Serdes.String(), Serdes.String()));
    return switch (expression.get("aggregation").asText()) {
      case "count" -> grouped.count().mapValues(count -> count.toString());
      case "reduce" -> grouped.reduce(Functions::append, Functions::remove, strings());
      case "bag" -> grouped.aggregate(() -> Bag.EMPTY, (key, value, bag) -> Bag.changed(bag, value, 1),
          (key, value, bag) -> Bag.changed(bag, value, -1), strings());
      default -> grouped.aggregate(() -> "", (key, value, text) -> Functions.append(text, value),
          (key, value, text) -> Functions.remove(text, value), strings());
    };
  }

  KTable<String, String> foreignKeyJoin(JsonNode join) {
    KTable<String, String> left = table(join.get("left"));
    KTable<String, String> right = table(join.get("right"));
    boolean isStored = isStored(join);
    if (join.get("join").asText().equals("inner")) {
      return isStored
          ? left.join(right, Functions::groupOf, Functions::pair, strings())
          : left.join(right, Functions::groupOf, Functions::pair);
    }
    return isStored
        ? left.leftJoin(right, Functions::groupOf, Functions::pair, strings())
        : left.leftJoin(right, Functions::groupOf, Functions::pair);
  }

  private KTable<String, String> join(JsonNode expression) {
    KTable<String, String> left = table(expression.get("left"));
    KTable<String, String> right = table(expression.get("right"));
    boolean isStored = isStored(expression);
    return switch (expression.get("join").asText()) {
      case "inner" -> isStored ? left.join(right, Functions::pair, strings()) : left.join(right, Functions::pair);
      case "left" -> isStored ? left.leftJoin(right, Functions::pair, strings()) : left.leftJoin(right, Functions::pair);
      default -> isStored ? left.outerJoin(right, Functions::pair, strings()) : left.outerJoin(right, Functions::pair);
    };
  }
}
