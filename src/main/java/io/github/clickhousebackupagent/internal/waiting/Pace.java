package io.github.clickhousebackupagent.internal.waiting;

import java.time.Duration;

/**
 * How far apart questions are: a share of the time that the operation has taken so far, so that the
 * wait adds at most that share to any operation, long or short, and few questions are asked.
 *
 * @param shortest pause at the beginning
 * @param share of the time so far, such as 0.05
 * @param longest pause, however long it takes, unless the shortest is longer
 */
public record Pace(Duration shortest, double share, Duration longest) {

    private static final Duration SHORTEST = Duration.ofMillis(100);

    private static final Duration LONGEST = Duration.ofSeconds(30);

    /**
     * All runs together ask 250 times a second at most: a machine of one core has time for more.
     */
    private static final Duration EACH = Duration.ofMillis(4);

    /** A lost call of what is over in a moment, as most increments are, is noticed so soon. */
    private static final Duration FIRST = Duration.ofSeconds(90);

    private static final double RARELY = 20.0;

    /**
     * Where only questions tell that an operation is over.
     *
     * @param runs how many wait at the same time, this one included
     */
    public static Pace asking(int runs) {
        Duration together = EACH.multipliedBy(runs);
        return new Pace(together.compareTo(SHORTEST) > 0 ? together : SHORTEST, 0.05, LONGEST);
    }

    /**
     * Where the server has shown that it calls back: questions are for the case that it fails.
     *
     * @param silence for how long it may say nothing
     */
    public static Pace calledBack(Duration silence) {
        return new Pace(silence.compareTo(FIRST) < 0 ? silence : FIRST, RARELY, silence);
    }

    /** Returns how long to wait when an operation has taken so long already. */
    public Duration pause(Duration elapsed) {
        Duration part = Duration.ofNanos((long) (elapsed.toNanos() * share));
        Duration bound = part.compareTo(longest) > 0 ? longest : part;
        return bound.compareTo(shortest) < 0 ? shortest : bound;
    }
}
