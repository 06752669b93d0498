package io.hiveframe.peer;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.time.Duration;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.EmitStrategy;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindowedKStream;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.state.WindowStore;

/**
 * The reference application on Kafka Streams, to be measured beside it: same input, same windows, same output, alerts
 * included. Prints "first record" when the first one arrives.
 * Options: those of {@link PeerRunner}, --alerts TOPIC, --emit updates|final.
 */
public final class StreamsPeer {
  /** A reading as it arrives. */
  public static final class Reading {
    public String sensor_id;
    public double temperature;
    public double humidity;
    public long timestamp;
  }

  /** What a window holds between records. */
  public static final class Aggregate {
    public long readings;
    public long alerts;
    public double temperatureSum;
    public double humiditySum;
    public double minTemperature = Double.POSITIVE_INFINITY;
    public double maxTemperature = Double.NEGATIVE_INFINITY;

    Aggregate add(Reading reading) {
      readings++;
      if (reading.temperature > ALERT_ABOVE) alerts++;
      temperatureSum += reading.temperature;
      humiditySum += reading.humidity;
      minTemperature = Math.min(minTemperature, reading.temperature);
      maxTemperature = Math.max(maxTemperature, reading.temperature);
      return this;
    }
  }

  /** A window as it is written. */
  @JsonPropertyOrder({"sensor_id", "window_start", "window_end", "avg_temp", "max_temp", "min_temp", "avg_humidity",
      "alert_count", "reading_count"})
  public static final class Result {
    public final String sensor_id;
    public final long window_start;
    public final long window_end;
    public final double avg_temp;
    public final double max_temp;
    public final double min_temp;
    public final double avg_humidity;
    public final long alert_count;
    public final long reading_count;

    Result(Windowed<String> window, Aggregate aggregate) {
      sensor_id = window.key();
      window_start = window.window().start();
      window_end = window.window().end();
      avg_temp = aggregate.temperatureSum / aggregate.readings;
      max_temp = aggregate.maxTemperature;
      min_temp = aggregate.minTemperature;
      avg_humidity = aggregate.humiditySum / aggregate.readings;
      alert_count = aggregate.alerts;
      reading_count = aggregate.readings;
    }
  }

  private static final double ALERT_ABOVE = 28;

  private StreamsPeer() {}

  public static void main(String[] args) throws Exception {
    Arguments arguments = new Arguments(args, "BROKERS", "INPUT_TOPIC", "OUTPUT_TOPIC");
    PeerRunner.run(topology(arguments), arguments);
  }

  private static Topology topology(Arguments arguments) {
    StreamsBuilder builder = new StreamsBuilder();
    Serde<Reading> readingSerde = JsonSerde.of(Reading.class);
    KStream<String, Reading> readings = builder.stream(arguments.word(1),
        Consumed.with(Serdes.String(), readingSerde).withTimestampExtractor((record, time) -> eventTime(record.value())));
    String alertTopic = arguments.text("alerts", "");
    if (!alertTopic.isEmpty()) {
      readings.filter((id, reading) -> reading.temperature > ALERT_ABOVE)
          .to(alertTopic, Produced.with(Serdes.String(), readingSerde));
    }
    windows(readings, readingSerde, arguments.text("emit", "updates"))
        .aggregate(Aggregate::new, (id, reading, aggregate) -> aggregate.add(reading),
            Materialized.<String, Aggregate, WindowStore<Bytes, byte[]>>as("windows")
                .withKeySerde(Serdes.String()).withValueSerde(JsonSerde.of(Aggregate.class)))
        .toStream()
        .mapValues(Result::new)
        .selectKey((window, result) -> window.key())
        .to(arguments.word(2), Produced.with(Serdes.String(), JsonSerde.of(Result.class)));
    return builder.build();
  }

  private static TimeWindowedKStream<String, Reading> windows(
      KStream<String, Reading> readings, Serde<Reading> serde, String emit) {
    TimeWindowedKStream<String, Reading> windows = readings.groupByKey(Grouped.with(Serdes.String(), serde))
        .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofSeconds(30), Duration.ofSeconds(10)));
    return emit.equals("final") ? windows.emitStrategy(EmitStrategy.onWindowClose()) : windows;
  }

  private static long eventTime(Object reading) {
    PeerRunner.sawRecord();
    return ((Reading) reading).timestamp;
  }
}
