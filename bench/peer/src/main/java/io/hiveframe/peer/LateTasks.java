package io.hiveframe.peer;

import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.state.WindowStore;

/**
 * Counts texts by their last word in windows of 10 s without grace, behind a repartition topic. A text that begins with
 * "slow" takes 2 ms, so the task that has them lags behind the other one. Writes the count of each window to
 * "word@window start in ms" whenever it has grown. Runs until SIGTERM.
 */
public final class LateTasks {
  private LateTasks() {}

  public static void main(String[] args) throws Exception {
    Arguments arguments = new Arguments(args, "BROKERS", "INPUT_TOPIC", "OUTPUT_TOPIC");
    KafkaStreams streams = new KafkaStreams(topology(arguments), settings(arguments));
    CountDownLatch stopped = new CountDownLatch(1);
    streams.setUncaughtExceptionHandler(error -> {
      error.printStackTrace();
      return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    });
    streams.setStateListener((state, before) -> {
      if (state.hasCompletedShutdown()) stopped.countDown();
    });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(30))));
    streams.start();
    stopped.await();
  }

  private static Properties settings(Arguments arguments) {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", arguments.word(0));
    settings.put("application.id", arguments.text("application-id", "late-tasks"));
    settings.put("processing.guarantee", "exactly_once_v2");
    settings.put("num.stream.threads", arguments.number("threads", 2) + "");
    settings.put("state.dir", arguments.text("state-dir", System.getProperty("java.io.tmpdir") + "/late-tasks"));
    settings.put("commit.interval.ms", "100");
    settings.put("auto.offset.reset", "earliest");
    settings.put("replication.factor", "1");
    return settings;
  }

  private static Topology topology(Arguments arguments) {
    StreamsBuilder builder = new StreamsBuilder();
    builder.stream(arguments.word(1), Consumed.with(Serdes.String(), Serdes.String()))
        .mapValues(LateTasks::slowly)
        .groupBy((key, text) -> text.substring(text.indexOf(' ') + 1),
            Grouped.<String, String>as("by-word").withKeySerde(Serdes.String()).withValueSerde(Serdes.String()))
        .windowedBy(TimeWindows.ofSizeWithNoGrace(Duration.ofSeconds(10)))
        .count(Materialized.<String, Long, WindowStore<Bytes, byte[]>>as("counts").withKeySerde(Serdes.String()))
        .toStream()
        .map((window, count) -> KeyValue.pair(
            window.key() + "@" + window.window().start(), Long.toString(count)))
        .to(arguments.word(2), Produced.with(Serdes.String(), Serdes.String()));
    return builder.build();
  }

  private static String slowly(String text) {
    if (!text.startsWith("slow")) return text;
    try {
      Thread.sleep(2);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    return text;
  }
}
