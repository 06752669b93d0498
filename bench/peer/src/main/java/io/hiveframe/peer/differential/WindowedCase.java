package io.hiveframe.peer.differential;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.EmitStrategy;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.SessionWindowedKStream;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.SlidingWindows;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.Suppressed.BufferConfig;
import org.apache.kafka.streams.kstream.TimeWindowedKStream;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.WindowStore;

import static java.time.Duration.ofMillis;

/**
 * Aggregations in windows; emit: updates, final (EmitStrategy.onWindowClose) or suppressed (untilWindowCloses). How long windows are
 * kept: long, for onWindowClose does not find those that a jump in time has made expire; sessions with updates until they have closed,
 * not shorter by the millisecond at which they are still open, nor longer, for then closed ones come back.
 */
final class WindowedCase {
  private static final Duration LONG = Duration.ofDays(1);

  private final JsonNode topology;
  private final JsonNode window;
  private final long graceMs;

  private WindowedCase(JsonNode topology) {
    this.topology = topology;
    this.window = topology.get("window");
    this.graceMs = topology.get("graceMs").asLong();
  }

  static KStream<String, String> results(KGroupedStream<String, String> grouped, JsonNode topology) {
    return new WindowedCase(topology).results(grouped);
  }

  private KStream<String, String> results(KGroupedStream<String, String> grouped) {
    KStream<Windowed<String>, String> results = switch (window.get("kind").asText()) {
      case "session" -> session(grouped.windowedBy(
          SessionWindows.ofInactivityGapAndGrace(ofMillis(ms("gapMs")), ofMillis(graceMs))).emitStrategy(emitStrategy()));
      case "sliding" -> time(grouped.windowedBy(
          SlidingWindows.ofTimeDifferenceAndGrace(ofMillis(ms("differenceMs")), ofMillis(graceMs))));
      case "hopping" -> time(grouped.windowedBy(
          TimeWindows.ofSizeAndGrace(ofMillis(ms("sizeMs")), ofMillis(graceMs)).advanceBy(ofMillis(ms("advanceMs")))));
      default -> time(grouped.windowedBy(TimeWindows.ofSizeAndGrace(ofMillis(ms("sizeMs")), ofMillis(graceMs))));
    };
    return results.selectKey((key, value) -> key.key() + "@" + key.window().start() + "-" + key.window().end());
  }

  private long ms(String name) {
    return window.get(name).asLong();
  }

  private EmitStrategy emitStrategy() {
    return topology.get("emit").asText().equals("final") ? EmitStrategy.onWindowClose() : EmitStrategy.onWindowUpdate();
  }

  private KStream<Windowed<String>, String> time(TimeWindowedKStream<String, String> windows) {
    TimeWindowedKStream<String, String> emitting = windows.emitStrategy(emitStrategy());
    return switch (topology.get("aggregation").asText()) {
      case "count" -> Functions.texts(suppressed(
          emitting.count(Materialized.<String, Long, WindowStore<Bytes, byte[]>>with(Serdes.String(), Serdes.Long())
              .withRetention(LONG))));
      case "reduce" -> suppressed(emitting.reduce(Functions::append, this.<WindowStore<Bytes, byte[]>>texts(LONG))).toStream();
      default -> suppressed(emitting.aggregate(() -> "", (key, value, text) -> Functions.append(text, value), texts(LONG)))
          .toStream();
    };
  }

  private KStream<Windowed<String>, String> session(SessionWindowedKStream<String, String> sessions) {
    Duration retention = topology.get("emit").asText().equals("final") ? LONG : ofMillis(ms("gapMs") + graceMs + 1);
    return switch (topology.get("aggregation").asText()) {
      case "count" -> Functions.texts(suppressed(
          sessions.count(Materialized.<String, Long, SessionStore<Bytes, byte[]>>with(Serdes.String(), Serdes.Long())
              .withRetention(retention))));
      case "reduce" -> suppressed(sessions.reduce(Functions::append, this.<SessionStore<Bytes, byte[]>>texts(retention)))
          .toStream();
      default -> suppressed(sessions.aggregate(() -> "", (key, value, text) -> Functions.append(text, value),
          (key, left, right) -> left + right, texts(retention))).toStream();
    };
  }

  private <S extends StateStore> Materialized<String, String, S> texts(Duration retention) {
    return Materialized.<String, String, S>with(Serdes.String(), Serdes.String()).withRetention(retention);
  }

  private <V> KTable<Windowed<String>, V> suppressed(KTable<Windowed<String>, V> results) {
    return topology.get("emit").asText().equals("suppressed")
        ? results.suppress(Suppressed.untilWindowCloses(BufferConfig.unbounded()))
        : results;
  }
}
