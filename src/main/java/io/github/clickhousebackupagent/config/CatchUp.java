package io.github.clickhousebackupagent.config;

import java.time.Duration;

/**
 * How late a missed run is still made.
 *
 * @param within no later than this after it was due; zero: never
 */
public record CatchUp(Duration within) {

    /** What {@link #parse} reads. */
    public static final String PATTERN = "^never$|" + Durations.PATTERN;

    private static final String NEVER = "never";

    /** A day. */
    public static final CatchUp DEFAULT = new CatchUp(Duration.ofDays(1));

    /**
     * Reads {@code never} or a duration.
     *
     * @throws IllegalArgumentException if the text does not match {@link #PATTERN}
     */
    public static CatchUp parse(String text) {
        return new CatchUp(text.equals(NEVER) ? Duration.ZERO : Durations.parse(text));
    }

    /** Returns the text that {@link #parse} reads. */
    @Override
    public String toString() {
        return within.isZero() ? NEVER : Durations.format(within);
    }
}
