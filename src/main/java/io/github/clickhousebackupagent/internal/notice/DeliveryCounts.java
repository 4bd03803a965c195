package io.github.clickhousebackupagent.internal.notice;

import java.util.Map;
import java.util.TreeMap;

/** How many messages receivers got, and did not get, since the start. Thread-safe. */
public final class DeliveryCounts {

    /**
     * Of one receiver.
     *
     * @param sent it took them
     * @param failed it did not, or they were dropped
     */
    public record Count(long sent, long failed) {}

    private final Map<String, Count> counts = new TreeMap<>();
    private final Map<String, Long> failedInARow = new TreeMap<>();

    /** There is such a receiver, so that a count of 0 is there to be watched. */
    public synchronized void known(String receiver) {
        counts.putIfAbsent(receiver, new Count(0, 0));
        failedInARow.putIfAbsent(receiver, 0L);
    }

    synchronized void sent(String receiver) {
        counts.merge(receiver, new Count(1, 0), DeliveryCounts::sum);
        failedInARow.put(receiver, 0L);
    }

    synchronized void failed(String receiver) {
        counts.merge(receiver, new Count(0, 1), DeliveryCounts::sum);
        failedInARow.merge(receiver, 1L, Long::sum);
    }

    private static Count sum(Count one, Count other) {
        return new Count(one.sent() + other.sent(), one.failed() + other.failed());
    }

    /** Returns the counts of each receiver that was to get a notice, a copy. */
    public synchronized Map<String, Count> all() {
        return new TreeMap<>(counts);
    }

    /** Returns how many each has not got since it took the last one, or since the start, a copy. */
    public synchronized Map<String, Long> failedInARow() {
        return new TreeMap<>(failedInARow);
    }
}
