package io.github.clickhousebackupagent.waiting;

import java.time.Duration;
import java.time.Instant;

/**
 * How long something has been waited for, and how many times it was tried in vain.
 *
 * @param since when it was tried first
 * @param tries how many times, at least 1
 */
public record Patience(Instant since, int tries) {

    /** Returns that of a first try. */
    public static Patience from(Instant now) {
        return new Patience(now, 1);
    }

    /** Returns that of one more try. */
    public Patience again() {
        return new Patience(since, tries + 1);
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
