package io.hiveframe.peer.differential;

import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;

/** What the functions of all topologies do; test/differential/topologies/functions.ts does the same. */
final class Functions {
  private Functions() {}

  /** Keeps most. */
  static boolean keeps(String value) {
    return sum(value) % 4 != 0;
  }

  /** Nothing for some. */
  static String map(String value) {
    return value == null || sum(value) % 7 == 0 ? null : value + "'";
  }

  /** One of the keys that are used, or none. */
  static String groupOf(String value) {
    int remainder = sum(value) % 5;
    return remainder == 0 ? null : String.valueOf((char) ('a' + remainder % 3));
  }

  static String pair(String left, String right) {
    return "(" + left + "|" + right + ")";
  }

  static String append(String text, String value) {
    return text + "+" + value;
  }

  static String remove(String text, String value) {
    return text + "-" + value;
  }

  static <K> KStream<K, String> texts(KTable<K, Long> counts) {
    return counts.toStream().mapValues(count -> count == null ? null : count.toString());
  }

  static int sum(String value) {
    return value == null ? 0 : value.chars().sum();
  }
}
