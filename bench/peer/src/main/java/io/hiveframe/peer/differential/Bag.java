package io.hiveframe.peer.differential;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.TreeMap;

/** Each value in it with how often, as JSON: [[value, count], ...]; null when nothing is in it. */
final class Bag {
  static final String EMPTY = "[]";
  private static final ObjectMapper JSON = new ObjectMapper();

  private Bag() {}

  static String changed(String bag, String value, int by) {
    try {
      TreeMap<String, Integer> counts = new TreeMap<>();
      for (JsonNode entry : JSON.readTree(bag)) {
        counts.put(entry.get(0).asText(), entry.get(1).asInt());
      }
      counts.merge(value, by, Integer::sum);
      ArrayNode entries = JSON.createArrayNode();
      counts.forEach((one, count) -> {
        if (count != 0) {
          entries.addArray().add(one).add(count);
        }
      });
      return entries.isEmpty() ? null : JSON.writeValueAsString(entries);
    } catch (JsonProcessingException error) {
      throw new IllegalStateException(error);
    }
  }
}
