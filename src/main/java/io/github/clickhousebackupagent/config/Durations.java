package io.github.clickhousebackupagent.config;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Durations as people write them: a whole number and a unit, such as {@code 30s} or {@code 12h}.
 */
public final class Durations {

    /** What {@link #parse} reads. */
    public static final String PATTERN = "^([1-9][0-9]{0,8})(ms|s|m|h|d)$";

    private static final Pattern COMPILED = Pattern.compile(PATTERN);

    private Durations() {}

    /**
     * Reads a duration.
     *
     * @throws IllegalArgumentException if the text does not match {@link #PATTERN}
     */
    public static Duration parse(String text) {
        Matcher matcher = COMPILED.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a duration: " + text);
        }
        long amount = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
        };
    }

    /** Returns the duration in its largest whole unit, as {@link #parse} reads it. */
    public static String format(Duration duration) {
        long millis = duration.toMillis();
        if (millis % 1000 != 0) {
            return millis + "ms";
        }
        long seconds = millis / 1000;
        if (seconds % 86_400 == 0) {
            return seconds / 86_400 + "d";
        }
        if (seconds % 3_600 == 0) {
            return seconds / 3_600 + "h";
        }
        return seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
    }

    /** Returns how long something took, for people: {@code 0.2 s}, {@code 3 min 5 s}. */
    public static String spoken(Duration duration) {
        if (duration.compareTo(Duration.ofMinutes(1)) < 0) {
            return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
        }
        if (duration.compareTo(Duration.ofHours(1)) < 0) {
            return duration.toMinutes() + " min " + duration.toSecondsPart() + " s";
        }
        return duration.toHours() + " h " + duration.toMinutesPart() + " min";
    }
}
