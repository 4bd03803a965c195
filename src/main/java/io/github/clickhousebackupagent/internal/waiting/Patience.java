package io.github.clickhousebackupagent.internal.waiting;

import java.time.Duration;
import java.time.Instant;

/**
 * How long something has been waited for, and how many times it was tried in vain.
 *
 * @param since when it was tried first
 * @param tries how many times, at least 1
 */
public record Patience(Instant since, int tries) {

    /**
     * Returns that of one more try.
     *
     * @param before that of the tries until now; null: this is the first
     */
    public static Patience after(Patience before, Instant now) {
        return before == null ? new Patience(now, 1) : new Patience(before.since, before.tries + 1);
    }

    /** Returns how long it has been. */
    public Duration waited(Instant now) {
        return Duration.between(since, now);
    }

    /** Returns whether it has been that long. */
    public boolean isOver(Duration limit, Instant now) {
        return waited(now).compareTo(limit) >= 0;
    }
}
