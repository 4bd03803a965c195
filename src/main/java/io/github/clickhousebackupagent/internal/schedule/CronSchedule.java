package io.github.clickhousebackupagent.internal.schedule;

import com.cronutils.mapper.CronMapper;
import com.cronutils.model.Cron;
import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.parser.CronParser;
import java.text.ParseException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Comparator;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TimeZone;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.quartz.CronExpression;

/**
 * A cron expression in its zone.
 *
 * @param text the expression as it was given
 * @param quartz the same for Quartz: one expression, or two that fire at either's times, as Quartz
 *     cannot say "on this day of the month or on this day of the week", which crontab means by
 *     naming both
 * @param zone the zone whose clock it is read by
 */
public record CronSchedule(String text, List<String> quartz, ZoneId zone) {

    private static final List<String> DAYS =
            List.of("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT");

    private static final String FIVE =
            "five fields: minute 0-59, hour 0-23, day of month 1-31, month 1-12, day of week 0-7"
                    + " (0 and 7 are Sunday)";
    private static final String SIX =
            "six or seven fields as in Quartz: second, minute, hour, day of month, month, day of"
                    + " week, year";

    /** Copies the list. */
    public CronSchedule {
        quartz = List.copyOf(quartz);
        // Quartz takes a zone such as UTC+02:00 for UTC without a word.
        zone = zone.normalized();
    }

    /** Returns the zone for Quartz, which knows fewer names than {@link ZoneId}. */
    public TimeZone timeZone() {
        return TimeZone.getTimeZone(zone);
    }

    /**
     * Reads an expression: five fields as in crontab, six or seven as in Quartz.
     *
     * @throws CronException if it is malformed
     */
    public static CronSchedule parse(String text, ZoneId zone) {
        String[] fields = text.strip().split("\\s+");
        return switch (fields.length) {
            case 5 -> new CronSchedule(text, fromCrontab(text, fields), zone);
            case 6, 7 -> {
                check(text, CronType.QUARTZ, SIX);
                yield new CronSchedule(text, List.of(text.strip()), zone);
            }
            default ->
                    throw new CronException(
                            "'" + text + "', which has " + fields.length + " fields",
                            FIVE + "; or " + SIX);
        };
    }

    private static List<String> fromCrontab(String text, String[] fields) {
        String dayOfMonth = fields[2];
        String dayOfWeek = fields[4];
        if (dayOfMonth.equals("*") || dayOfWeek.equals("*")) {
            return List.of(toQuartz(text, String.join(" ", fields)));
        }
        if (dayOfMonth.startsWith("*") || dayOfWeek.startsWith("*")) {
            // Here crontab means days that fit both fields, which Quartz cannot say at all.
            throw new CronException(
                    "'" + text + "', which restricts both days with a step of '*'",
                    "'*' as the day of month or as the day of week, or lists in both");
        }
        String rest = fields[0] + " " + fields[1] + " %s " + fields[3] + " %s";
        return List.of(
                toQuartz(text, rest.formatted(dayOfMonth, "*")),
                toQuartz(text, rest.formatted("*", dayOfWeek)));
    }

    private static String toQuartz(String text, String crontab) {
        check(text, CronType.UNIX, FIVE);
        String[] fields = crontab.split(" ");
        fields[4] = daysOfWeek(fields[4]);
        Cron cron = parser(CronType.UNIX).parse(String.join(" ", fields));
        return CronMapper.fromUnixToQuartz().map(cron).asString();
    }

    /**
     * Returns the days one by one. Ranges and steps that end with Sunday as 7 would otherwise lose
     * days, as the week of Quartz begins with Sunday.
     */
    private static String daysOfWeek(String field) {
        SortedSet<Integer> days = new TreeSet<>();
        for (String part : field.split(",")) {
            String[] rangeAndStep = part.split("/");
            String[] range =
                    rangeAndStep[0].equals("*")
                            ? new String[] {"0", "6"}
                            : rangeAndStep[0].split("-");
            boolean single = range.length == 1 && rangeAndStep.length == 1;
            int last = single ? day(range[0]) : range.length == 1 ? 7 : day(range[1]);
            int step = rangeAndStep.length == 1 ? 1 : Integer.parseInt(rangeAndStep[1]);
            for (int day = day(range[0]); day <= last; day += Math.max(1, step)) {
                days.add(day % 7);
            }
        }
        if (days.size() == 7) {
            return "*";
        }
        return days.stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    private static int day(String text) {
        int index = DAYS.indexOf(text.toUpperCase(Locale.ROOT));
        return index >= 0 ? index : Integer.parseInt(text);
    }

    private static void check(String text, CronType type, String allowed) {
        try {
            parser(type).parse(text.strip()).validate();
        } catch (IllegalArgumentException e) {
            throw new CronException("'" + text + "' (" + e.getMessage() + ")", allowed);
        }
    }

    private static CronParser parser(CronType type) {
        return new CronParser(CronDefinitionBuilder.instanceDefinitionFor(type));
    }

    /** Returns when it fires next after a moment; empty if never again. */
    public Optional<Instant> next(Instant after) {
        return quartz.stream()
                .flatMap(expression -> next(expression, after).stream())
                .min(Comparator.naturalOrder());
    }

    /**
     * Returns when it fires next after a moment.
     *
     * @throws CronException if never again
     */
    public Instant requireNext(Instant after) {
        return next(after)
                .orElseThrow(
                        () ->
                                new CronException(
                                        "'" + text + "', which never fires",
                                        "an expression that fits a day to come"));
    }

    /** Returns the next times it fires after a moment, at most {@code count}, the first first. */
    public List<Instant> upcoming(Instant after, int count) {
        return Stream.iterate(next(after).orElse(null), Objects::nonNull, i -> next(i).orElse(null))
                .limit(count)
                .toList();
    }

    private Optional<Instant> next(String expression, Instant after) {
        try {
            CronExpression cron = new CronExpression(expression);
            cron.setTimeZone(timeZone());
            return Optional.ofNullable(cron.getNextValidTimeAfter(Date.from(after)))
                    .map(Date::toInstant);
        } catch (ParseException | UnsupportedOperationException e) {
            throw new CronException("'" + text + "' (" + e.getMessage() + ")", SIX);
        }
    }
}
