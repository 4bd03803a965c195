package io.github.clickhousebackupagent.internal.status;

import io.github.clickhousebackupagent.internal.text.Ages;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.stream.Collectors;

/**
 * What a plugin of Nagios, Icinga and their kin prints: one line, and an exit code that says the
 * same.
 *
 * @param level how bad the worst target is
 * @param text the line
 */
public record NagiosLine(Level level, String text) {

    /** How bad it is, in the order of the exit codes of plugins. */
    public enum Level {
        /** All is well. */
        OK(0),
        /** Worth a look. */
        WARNING(2),
        /** Worth a call. */
        CRITICAL(4),
        /** Nobody knows. */
        UNKNOWN(3);

        private final int weight;

        Level(int weight) {
            this.weight = weight;
        }

        /** Returns the exit code of a plugin. */
        public int exitCode() {
            return ordinal();
        }
    }

    /**
     * Returns the line about some targets.
     *
     * @param statuses how they stand, at least one
     * @param maxAge how old the last proven backup may be; null: any age will do
     */
    public static NagiosLine of(List<TargetStatus> statuses, Duration maxAge) {
        Level worst =
                statuses.stream()
                        .map(status -> level(status, maxAge))
                        .max(Comparator.comparingInt(level -> level.weight))
                        .orElse(Level.UNKNOWN);
        String bad =
                statuses.stream()
                        .filter(status -> level(status, maxAge) != Level.OK)
                        .map(status -> told(status, maxAge))
                        .collect(Collectors.joining("; "));
        long well = statuses.stream().filter(s -> level(s, maxAge) == Level.OK).count();
        String all = "%d of %d target(s) well".formatted(well, statuses.size());
        Duration oldest =
                statuses.stream()
                        .map(TargetStatus::age)
                        .filter(Objects::nonNull)
                        .max(Comparator.naturalOrder())
                        .orElse(null);
        String text =
                (bad.isEmpty() ? "" : bad + "; ")
                        + all
                        + (oldest == null ? "" : ", oldest last backup " + Ages.format(oldest))
                        + named(", paused: ", statuses, Verdict.PAUSED)
                        + named(", without schedules: ", statuses, Verdict.UNSCHEDULED);
        return line(worst, text, oldest == null ? "" : perfdata(oldest, maxAge));
    }

    /**
     * Returns the same where an edit of the routes or of the configuration is refused: what was
     * wanted is not what runs, which is worth a look at least.
     *
     * @param problem why it is refused
     */
    public NagiosLine withRefusedEdit(String problem) {
        String told = "an edit is refused: " + problem;
        if (level != Level.OK) {
            int bar = text.indexOf(" |");
            int end = bar < 0 ? text.length() : bar;
            return new NagiosLine(
                    level, text.substring(0, end) + "; " + plain(told) + text.substring(end));
        }
        return new NagiosLine(
                Level.WARNING,
                text.replaceFirst(
                        "BACKUP OK - ",
                        Matcher.quoteReplacement("BACKUP WARNING - " + plain(told) + "; ")));
    }

    /** Returns the line that says that nothing could be found out. */
    public static NagiosLine unknown(String why) {
        return line(Level.UNKNOWN, why, "");
    }

    private static NagiosLine line(Level level, String text, String perfdata) {
        return new NagiosLine(level, "BACKUP " + level + " - " + plain(text) + perfdata);
    }

    /** A bar begins the figures, and a second line would be cut off. */
    private static String plain(String text) {
        return text.replace('|', '/').replaceAll("\\s+", " ");
    }

    private static String perfdata(Duration oldest, Duration maxAge) {
        return " | age=%ds;;%s;0"
                .formatted(oldest.toSeconds(), maxAge == null ? "" : maxAge.toSeconds());
    }

    private static String named(String what, List<TargetStatus> statuses, Verdict verdict) {
        String names =
                statuses.stream()
                        .filter(status -> status.verdict() == verdict)
                        .map(TargetStatus::target)
                        .collect(Collectors.joining(", "));
        return names.isEmpty() ? "" : what + names;
    }

    private static Level level(TargetStatus status, Duration maxAge) {
        if (!status.readable()) {
            return Level.UNKNOWN;
        }
        if (maxAge != null && status.isOlderThan(maxAge)) {
            return Level.CRITICAL;
        }
        return switch (status.verdict()) {
            case OK, PAUSED -> status.isSafe() ? Level.OK : Level.WARNING;
            // Who makes backups by hand, or by another's schedule, has the age to go by.
            case UNSCHEDULED -> status.proven() == null ? Level.WARNING : Level.OK;
            case BEHIND -> Level.WARNING;
            case LATE, NEVER -> Level.CRITICAL;
        };
    }

    private static String told(TargetStatus status, Duration maxAge) {
        if (!status.readable()) {
            return status.target() + " cannot be read: " + status.error();
        }
        String age =
                status.proven() == null
                        ? "no proven backup"
                        : status.age() == null
                                ? "how old the last proven backup is is not known"
                                : "last proven backup is " + Ages.format(status.age()) + " old";
        boolean tooOld = maxAge != null && status.isOlderThan(maxAge);
        return "%s %s: %s%s%s"
                .formatted(
                        status.target(),
                        status.verdict().word(),
                        age,
                        tooOld && status.age() != null ? ", more than " + Ages.format(maxAge) : "",
                        since(status));
    }

    /** What age and verdict do not say. */
    private static String since(TargetStatus status) {
        if (status.isSafe() || status.unsafe().since() == null) {
            return "";
        }
        String what =
                switch (status.unsafe().why()) {
                    case HANGS -> ", a run is at work since ";
                    case PAUSED -> ", paused since ";
                    default -> "";
                };
        return what.isEmpty() ? "" : what + status.unsafe().since().truncatedTo(ChronoUnit.SECONDS);
    }
}
