package io.github.clickhousebackupagent.internal.run;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * How long a stage took in runs of a kind, as a histogram.
 *
 * @param kind what the runs did
 * @param stage {@code queue}, {@code create}, {@code upload}, {@code download}, {@code restore},
 *     {@code delete}, {@code proof}, or {@code run} for all of it
 * @param counts how many were not longer than each of {@link #BOUNDS} but longer than the one
 *     before; the last of them counts those that were longer than all
 * @param seconds all of them together
 */
public record StageTimes(RunKind kind, String stage, List<Long> counts, double seconds) {

    /** In seconds: from what is over in a moment to what takes half a day. */
    public static final List<Double> BOUNDS =
            List.of(1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14400.0, 43200.0);

    /** Copies the counts. */
    public StageTimes {
        counts = List.copyOf(counts);
    }

    /** The same while it is counted. */
    static final class Counter {
        private final long[] counts = new long[BOUNDS.size() + 1];
        private double seconds;

        void add(Duration time) {
            double took = Math.max(0, time.toNanos() / 1e9);
            int at = 0;
            while (at < BOUNDS.size() && took > BOUNDS.get(at)) {
                at++;
            }
            counts[at]++;
            seconds += took;
        }

        StageTimes of(RunKind kind, String stage) {
            return new StageTimes(kind, stage, Arrays.stream(counts).boxed().toList(), seconds);
        }
    }
}
