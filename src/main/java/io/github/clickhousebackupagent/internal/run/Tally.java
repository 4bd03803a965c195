package io.github.clickhousebackupagent.internal.run;

import java.time.Instant;
import java.util.Map;

/**
 * What the runs of one schedule and one kind came to at a target.
 *
 * @param schedule name of the schedule; null: by hand
 * @param kind what they did
 * @param ended how many ended so; of those that were missed each counts
 * @param lastAttempt when the last began; null: none has
 * @param lastSuccess when the last ended that succeeded; null: none has
 * @param lastSucceeded whether the last that ended did, of those that were begun; null: none was
 */
public record Tally(
        String schedule,
        RunKind kind,
        Map<Outcome, Long> ended,
        Instant lastAttempt,
        Instant lastSuccess,
        Boolean lastSucceeded) {

    /** Copies the map. */
    public Tally {
        ended = Map.copyOf(ended);
    }
}
