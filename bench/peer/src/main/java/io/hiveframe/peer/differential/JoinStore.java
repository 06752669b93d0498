package io.hiveframe.peer.differential;

import java.time.Duration;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowBytesStoreSupplier;
import org.apache.kafka.streams.state.WindowStore;

/**
 * The store of one side of a join, which keeps a record a millisecond longer than it says. At the limit of its retention a store has
 * lost a record that another one may still join which is not late: without grace, before and after, it keeps none at all.
 */
record JoinStore(String name, JoinWindows windows) implements WindowBytesStoreSupplier {
  @Override
  public WindowStore<Bytes, byte[]> get() {
    return Stores.inMemoryWindowStore(name, Duration.ofMillis(retentionPeriod() + 1), Duration.ofMillis(windowSize()), true).get();
  }

  @Override
  public String metricsScope() {
    return "in-memory";
  }

  @Override
  public long segmentIntervalMs() {
    return 1;
  }

  @Override
  public long windowSize() {
    return windows.size();
  }

  @Override
  public boolean retainDuplicates() {
    return true;
  }

  @Override
  public long retentionPeriod() {
    return windows.size() + windows.gracePeriodMs();
  }
}
