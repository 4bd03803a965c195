package io.github.clickhousebackupagent.internal.run;

import java.time.Instant;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the runs of one schedule and one kind came to at a target.
 *
 * @param schedule name of the schedule; null: by hand
 * @param kind what they did
 * @param ended how many ended so; of those that were missed each counts
 * @param lastAttempt when the last began; null: none has
 * @param lastSuccess when the last ended that succeeded; null: none has
 */
public record Tally(
        String schedule,
        RunKind kind,
        Map<Outcome, Long> ended,
        Instant lastAttempt,
        Instant lastSuccess) {

    /** Copies the map. */
    public Tally {
        ended = Map.copyOf(ended);
    }

    /**
     * Returns what this and another one of the same schedule came to together: a DIFF that becomes
     * a FULL is a run of its schedule all the same.
     *
     * @return of the kind of this one
     */
    public Tally with(Tally other) {
        Map<Outcome, Long> all = new EnumMap<>(Outcome.class);
        all.putAll(ended);
        other.ended.forEach((outcome, many) -> all.merge(outcome, many, Long::sum));
        return new Tally(
                schedule,
                kind,
                all,
                later(lastAttempt, other.lastAttempt),
                later(lastSuccess, other.lastSuccess));
    }

    private static Instant later(Instant one, Instant other) {
        return Stream.of(Optional.ofNullable(one), Optional.ofNullable(other))
                .flatMap(Optional::stream)
                .max(Comparator.naturalOrder())
                .orElse(null);
    }
}
