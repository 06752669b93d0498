package io.hiveframe.peer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A command line: words by position, then {@code --name value} options. */
final class Arguments {
  private final List<String> words = new ArrayList<>();
  private final Map<String, String> options = new HashMap<>();

  /** Ends the program with the usage when a word is missing. */
  Arguments(String[] args, String... wordNames) {
    for (int i = 0; i < args.length; i++) {
      if (!args[i].startsWith("--")) words.add(args[i]);
      else if (i + 1 < args.length) options.put(args[i].substring(2), args[++i]);
    }
    if (words.size() == wordNames.length) return;
    System.err.println("arguments: " + String.join(" ", wordNames) + " [--option value]...");
    System.exit(2);
  }

  String word(int position) {
    return words.get(position);
  }

  String text(String option, String otherwise) {
    return options.getOrDefault(option, otherwise);
  }

  long number(String option, long otherwise) {
    return options.containsKey(option) ? Long.parseLong(options.get(option)) : otherwise;
  }

  double fraction(String option, double otherwise) {
    return options.containsKey(option) ? Double.parseDouble(options.get(option)) : otherwise;
  }
}
