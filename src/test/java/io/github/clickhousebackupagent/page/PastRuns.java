package io.github.clickhousebackupagent.page;

import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * Journals as an agent leaves them that has made backups for days: a DIFF each hour, a FULL on
 * Saturdays.
 */
final class PastRuns {

    /** The last DIFF was due 20 minutes ago: it has ended, and none falls due in a test. */
    private static final ZonedDateTime LAST =
            ZonedDateTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.MINUTES).minusMinutes(20);

    private static final String HOURLY = "%d * * * *".formatted(LAST.getMinute());
    private static final String SATURDAYS =
            "%d 20 * * 6".formatted(LAST.plusMinutes(30).getMinute());

    static final String SCHEDULES =
            """
            schedules:
              diff-hourly: { do: diff, cron: "%s", zone: UTC }
              full-saturday: { do: full, cron: "%s", zone: UTC }
            """
                    .formatted(HOURLY, SATURDAYS);

    private static final DateTimeFormatter NAME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd_HH-mm-ss").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter ID =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z-'").withZone(ZoneOffset.UTC);
    private static final long GIB = 1L << 30;

    private final Random chance;
    private final List<JournalEvent> events = new ArrayList<>();
    private String last;
    private int chain;

    private PastRuns(long seed) {
        this.chance = new Random(seed);
    }

    /**
     * Writes the journal and the marker of a target.
     *
     * @param hours how long it has been going on
     * @param badHours in how many of the last hours backups have failed
     * @param reason why
     */
    static void write(Path directory, String target, int hours, int badHours, String reason) {
        PastRuns runs = new PastRuns(target.hashCode());
        ZonedDateTime from = LAST.minusHours(hours).minusMinutes(1);
        runs.armed(from, "diff-hourly", HOURLY);
        runs.armed(from, "full-saturday", SATURDAYS);
        for (int i = hours; i >= 0; i--) {
            ZonedDateTime due = LAST.minusHours(i);
            boolean bad = i < badHours;
            if (i == hours) {
                runs.run(due, "full", "full-saturday", null);
            } else {
                runs.run(due, "diff", "diff-hourly", bad ? reason : null);
            }
            ZonedDateTime full = due.plusMinutes(30);
            if (full.getDayOfWeek() == DayOfWeek.SATURDAY && full.getHour() == 20 && i > 0) {
                runs.run(full, "full", "full-saturday", bad ? reason : null);
            }
        }
        runs.write(directory, target);
    }

    /** Writes those of a target with one backup, of a moment. */
    static void write(Path directory, String target, Instant moment) {
        PastRuns runs = new PastRuns(target.hashCode());
        runs.run(moment.atZone(ZoneOffset.UTC), "full", "full-saturday", null);
        runs.write(directory, target);
    }

    /**
     * Writes those of a target with one backup, and a DIFF that began hours ago and has not ended.
     */
    static void hanging(Path directory, String target, int hours) {
        PastRuns runs = new PastRuns(target.hashCode());
        ZonedDateTime begun = LAST.minusHours(hours);
        runs.armed(begun.minusHours(1), "diff-hourly", HOURLY);
        runs.run(begun.minusHours(1), "full", "full-saturday", null);
        runs.add(
                begun.toInstant(),
                ID.format(begun) + "000000",
                JournalEvent.BEGUN,
                Map.of("kind", "diff", "schedule", "diff-hourly"));
        runs.write(directory, target);
    }

    private void write(Path directory, String target) {
        try {
            Path folder = Files.createDirectories(directory.resolve("state").resolve(target));
            Files.createDirectories(directory.resolve("log"));
            new Journal(folder.resolve(Journal.FILE_NAME))
                    .append(events.toArray(JournalEvent[]::new));
            Files.writeString(directory.resolve("log/." + target + "_last_backup"), last + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void armed(ZonedDateTime at, String schedule, String cron) {
        add(
                at.toInstant(),
                null,
                JournalEvent.ARMED,
                Map.of("schedule", schedule, "cron", cron, "zone", "Z"));
    }

    private void run(ZonedDateTime due, String kind, String schedule, String reason) {
        boolean full = kind.equals("full");
        Instant at = due.toInstant();
        String run = ID.format(at) + "%06x".formatted(chance.nextInt(1 << 24));
        String name = kind.toUpperCase(Locale.ROOT) + "_CH_BK_" + NAME.format(at);
        long size =
                full ? 412 * GIB + chance.nextLong(9 * GIB) : 2 * GIB + chance.nextLong(7 * GIB);
        Duration took =
                Duration.ofSeconds(full ? 1400 + chance.nextInt(200) : 90 + size / GIB * 30);
        add(
                at,
                run,
                JournalEvent.REQUESTED,
                Map.of("kind", kind, "schedule", schedule, "due", at.toString()));
        add(
                at,
                run,
                JournalEvent.BEGUN,
                Map.of("kind", kind, "schedule", schedule, "due", at.toString()));
        Map<String, Object> base = new LinkedHashMap<>();
        base.put("kind", kind);
        base.put("backup", name);
        base.put("base", full ? null : last);
        add(at.plusSeconds(1), run, JournalEvent.BASE_CHOSEN, base);
        if (reason != null) {
            add(
                    at.plusSeconds(41),
                    run,
                    JournalEvent.ENDED,
                    Map.of(
                            "outcome",
                            "failed",
                            "stage",
                            "upload",
                            "reason",
                            reason,
                            "failure",
                            "operation"));
            return;
        }
        chain = full ? 1 : chain + 1;
        Instant end = at.plus(took);
        add(
                end.minusSeconds(1),
                run,
                JournalEvent.PROVEN,
                Map.of("backup", name, "size", size, "chain-length", chain));
        add(end, run, JournalEvent.ENDED, Map.of("outcome", "success", "stage", "end"));
        last = name;
    }

    private void add(Instant at, String run, String event, Map<String, Object> details) {
        events.add(new JournalEvent(at, run, event, details));
    }
}
