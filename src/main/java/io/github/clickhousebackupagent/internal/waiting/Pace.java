package io.github.clickhousebackupagent.internal.waiting;

import java.time.Duration;

/**
 * How far apart questions are: a share of the time that the operation has taken so far, so that the
 * wait adds at most that share to any operation, long or short, and few questions are asked.
 *
 * @param shortest pause at the beginning
 * @param share of the time so far, such as 0.05
 * @param longest pause, however long it takes
 */
public record Pace(Duration shortest, double share, Duration longest) {

    /** Where only questions tell that an operation is over. */
    public static final Pace ASKING =
            new Pace(Duration.ofMillis(100), 0.05, Duration.ofSeconds(10));

    /** Where the server has shown that it calls back: questions are for the case that it fails. */
    public static final Pace CALLED_BACK =
            new Pace(Duration.ofSeconds(1), 1.0, Duration.ofMinutes(5));

    /** Returns how long to wait when an operation has taken so long already. */
    public Duration pause(Duration elapsed) {
        Duration part = Duration.ofNanos((long) (elapsed.toNanos() * share));
        if (part.compareTo(shortest) < 0) {
            return shortest;
        }
        return part.compareTo(longest) > 0 ? longest : part;
    }
}
