package io.hiveframe.peer;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.Map;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * The smaller topologies of the benchmark on Kafka Streams. SCENARIO is
 * stateless: readings above 20 °C in Fahrenheit; count: readings by sensor, which are not read; repartition: readings and
 * highest temperature by room, which no key names. Prints "first record" when the first one arrives.
 * Options: those of {@link PeerRunner}.
 */
public final class ScenarioPeer {
  /** A reading in other units. */
  @JsonPropertyOrder({"sensor_id", "fahrenheit", "timestamp"})
  public static final class Converted {
    public final String sensor_id;
    public final double fahrenheit;
    public final long timestamp;

    Converted(StreamsPeer.Reading reading) {
      sensor_id = reading.sensor_id;
      fahrenheit = reading.temperature * 1.8 + 32;
      timestamp = reading.timestamp;
    }
  }

  /** What is known of a room. */
  public static final class Room {
    public long readings;
    public double max_temperature = Double.NEGATIVE_INFINITY;

    Room add(StreamsPeer.Reading reading) {
      readings++;
      max_temperature = Math.max(max_temperature, reading.temperature);
      return this;
    }
  }

  private static final double ABOVE = 20;
  private static final int ROOMS = 200;
  private static final Map<String, ScenarioPeer.Build> SCENARIOS =
      Map.of("stateless", ScenarioPeer::stateless, "count", ScenarioPeer::count, "repartition", ScenarioPeer::repartition);

  private interface Build {
    void from(StreamsBuilder builder, String input, String output);
  }

  private ScenarioPeer() {}

  public static void main(String[] args) throws Exception {
    Arguments arguments = new Arguments(args, "BROKERS", "INPUT_TOPIC", "OUTPUT_TOPIC", "SCENARIO");
    StreamsBuilder builder = new StreamsBuilder();
    SCENARIOS.get(arguments.word(3)).from(builder, arguments.word(1), arguments.word(2));
    Topology topology = builder.build();
    PeerRunner.run(topology, arguments);
  }

  private static void stateless(StreamsBuilder builder, String input, String output) {
    source(builder, input, JsonSerde.of(StreamsPeer.Reading.class))
        .filter((id, reading) -> reading.temperature > ABOVE)
        .mapValues(Converted::new)
        .to(output, Produced.with(Serdes.String(), JsonSerde.of(Converted.class)));
  }

  private static void count(StreamsBuilder builder, String input, String output) {
    source(builder, input, Serdes.ByteArray())
        .groupByKey()
        .count(Materialized.<String, Long, KeyValueStore<Bytes, byte[]>>as("counts"))
        .toStream()
        .to(output, Produced.with(Serdes.String(), Serdes.Long()));
  }

  private static void repartition(StreamsBuilder builder, String input, String output) {
    Serde<StreamsPeer.Reading> reading = JsonSerde.of(StreamsPeer.Reading.class);
    source(builder, input, reading)
        .groupBy((id, value) -> roomOf(id), Grouped.with("rooms", Serdes.String(), reading))
        .aggregate(Room::new, (room, value, known) -> known.add(value),
            Materialized.<String, Room, KeyValueStore<Bytes, byte[]>>as("rooms")
                .withKeySerde(Serdes.String()).withValueSerde(JsonSerde.of(Room.class)))
        .toStream()
        .to(output, Produced.with(Serdes.String(), JsonSerde.of(Room.class)));
  }

  private static <V> KStream<String, V> source(StreamsBuilder builder, String input, Serde<V> values) {
    return builder.stream(input, Consumed.with(Serdes.String(), values)).peek((id, value) -> PeerRunner.sawRecord());
  }

  private static String roomOf(String sensorId) {
    return "room-" + Integer.parseInt(sensorId.substring("sensor-".length())) % ROOMS;
  }
}
