package io.github.clickhousebackupagent.internal.status;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.ScheduleConfig;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalException;
import io.github.clickhousebackupagent.internal.marker.MarkerException;
import io.github.clickhousebackupagent.internal.marker.Markers;
import io.github.clickhousebackupagent.internal.run.BackupAllowance;
import io.github.clickhousebackupagent.internal.run.RunHistory;
import io.github.clickhousebackupagent.internal.run.Standing;
import io.github.clickhousebackupagent.internal.run.StateDirectory;
import io.github.clickhousebackupagent.internal.schedule.CronSchedule;
import io.github.clickhousebackupagent.internal.schedule.LongestGap;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Tells how the backups of targets stand, by their journals, and whether they are safe. What is
 * told of that anywhere else is told by this. Thread-safe.
 */
public final class Statuses {

    /**
     * A run that is at work for longer may as well hang, and is named as the reason where a target
     * is not safe. The alert RunTakesLong has the same figure.
     */
    static final Duration AT_WORK = Duration.ofHours(24);

    /** How much later than promised a backup may be proven, as the alerts have it. */
    private static final Duration LEAST_SLACK = Duration.ofMinutes(30);

    private static final Duration MOST_SLACK = Duration.ofHours(12);

    /** More moments at which a backup was due are not counted: it is late then. */
    private static final int ENOUGH = 2;

    /**
     * What is known of a target.
     *
     * @param standing what its journal says
     * @param cutOff whether nobody works on what is not over: it goes on at the next start
     */
    private record Known(Standing standing, boolean cutOff) {}

    private final AgentConfig config;
    private final Clock clock;
    private final Function<String, Known> looks;
    private final Map<String, CronSchedule> schedules = new ConcurrentHashMap<>();
    private final Map<Set<String>, Duration> gaps = new ConcurrentHashMap<>();

    private Statuses(AgentConfig config, Clock clock, Function<String, Known> looks) {
        this.config = config;
        this.clock = clock;
        this.looks = looks;
    }

    /**
     * Returns what tells it from files alone. Not for the process that an agent with schedules
     * lives in: see {@link StateDirectory#isAtWork}.
     *
     * @param config targets, schedules, folders
     * @param clock what time it is
     */
    public static Statuses ofFiles(AgentConfig config, Clock clock) {
        return new Statuses(config, clock, target -> read(config.stateDirectory(target), target));
    }

    /**
     * Returns what tells it in an agent with schedules, which works on all that is not over.
     *
     * @param standings what the journal of a target says
     */
    public static Statuses ofAgent(
            AgentConfig config, Clock clock, Function<String, Standing> standings) {
        return new Statuses(config, clock, target -> new Known(standings.apply(target), false));
    }

    /** Returns how a target stands; what cannot be read is told in it. */
    public TargetStatus of(String target) {
        try {
            return status(target);
        } catch (JournalException | MarkerException | UncheckedIOException e) {
            return TargetStatus.unreadable(target, e.getMessage());
        }
    }

    /**
     * Returns whether an agent with schedules runs on the state folder.
     *
     * @throws UncheckedIOException if it cannot be found out
     */
    public boolean agentRuns() {
        return StateDirectory.isTaken(config.stateDirectory());
    }

    private static Known read(Path directory, String target) {
        Journal journal = new Journal(directory.resolve(Journal.FILE_NAME));
        Standing standing = RunHistory.standing(journal, target);
        if (standing.unfinished().isEmpty() || StateDirectory.isAtWork(directory)) {
            return new Known(standing, false);
        }
        // Read again: it may have ended between the two looks.
        Standing again = RunHistory.standing(journal, target);
        return new Known(again, oldest(again).equals(oldest(standing)));
    }

    private TargetStatus status(String target) {
        Known known = looks.apply(target);
        Standing standing = known.standing();
        boolean alone = known.cutOff();
        Instant now = clock.instant();
        List<Promise> promises = promises(target, standing, now);
        Optional<Standing.Proven> proven = standing.lastProven();
        Instant until = until(standing, alone, now);
        int due = due(standing, promises, until, now);
        TargetStatus.Now atWork = atWork(standing, alone);
        return new TargetStatus(
                target,
                verdict(promises, proven.isPresent(), due),
                null,
                unsafe(proven, promises, due, atWork, until, now).orElse(null),
                atWork,
                standing.last(),
                new Markers(config).read(target).orElse(null),
                proven.map(Standing.Proven::backup).orElse(null),
                proven.map(Standing.Proven::asOf).orElse(null),
                proven.map(Standing.Proven::asOf)
                        // By a clock that was put back since: its age is not known.
                        .filter(asOf -> !asOf.isAfter(now))
                        .map(asOf -> Duration.between(asOf, now))
                        .orElse(null),
                due,
                promises.stream()
                        .filter(Promise::inForce)
                        .map(Promise::next)
                        .filter(Objects::nonNull)
                        .min(Comparator.naturalOrder())
                        .orElse(null),
                promises);
    }

    private static Optional<String> oldest(Standing standing) {
        return standing.unfinished().stream().findFirst().map(Standing.AtWork::run);
    }

    private static TargetStatus.Now atWork(Standing standing, boolean cutOff) {
        return standing.unfinished().stream()
                .findFirst()
                .map(
                        run ->
                                new TargetStatus.Now(
                                        run.run(),
                                        run.kind(),
                                        run.stage(),
                                        run.backup(),
                                        run.since(),
                                        cutOff))
                .orElse(null);
    }

    private List<Promise> promises(String target, Standing standing, Instant now) {
        List<Promise> promises = new ArrayList<>();
        config.schedules()
                .forEach(
                        (name, schedule) -> {
                            if (config.isFor(schedule, target)) {
                                CronSchedule cron =
                                        schedules.computeIfAbsent(name, any -> cron(schedule));
                                promises.add(
                                        new Promise(
                                                name,
                                                schedule.kind(),
                                                cron.text(),
                                                zone(schedule).getId(),
                                                cron.next(now).orElse(null),
                                                standing.pause(name).orElse(null),
                                                cron,
                                                standing.armed().get(name)));
                            }
                        });
        return promises;
    }

    private CronSchedule cron(ScheduleConfig schedule) {
        return CronSchedule.parse(schedule.cron(), zone(schedule));
    }

    private ZoneId zone(ScheduleConfig schedule) {
        return schedule.zone() == null ? config.zone() : schedule.zone();
    }

    /**
     * Returns up to when it counts that no backup is proven: now, less the time that one is at work
     * within its {@link BackupAllowance}, as what falls due meanwhile is in its way, and not late
     * by it. The alerts add the same to the age that a backup may have.
     */
    private static Instant until(Standing standing, boolean cutOff, Instant now) {
        return standing.unfinished().stream()
                .filter(run -> !cutOff && run.kind() != null && run.kind().makesBackup())
                .findFirst()
                .map(Standing.AtWork::since)
                // By a clock that was put back since.
                .filter(since -> since.isBefore(now))
                .map(since -> latest(since, now.minus(BackupAllowance.atWork(standing))))
                .orElse(now);
    }

    private static boolean hangs(Instant since, Instant now) {
        return Duration.between(since, now).compareTo(AT_WORK) > 0;
    }

    /** Counts the moments since the end of the last proven backup at which one was due. */
    private static int due(Standing standing, List<Promise> promises, Instant until, Instant now) {
        Optional<Standing.Proven> proven = standing.lastProven();
        if (proven.isEmpty()) {
            return 0;
        }
        Instant since = since(proven.get());
        if (since.isAfter(now)) {
            return ENOUGH; // By a clock that was put back since; how old it is nobody knows.
        }
        Set<Instant> moments = new TreeSet<>();
        for (Promise promise : promises) {
            if (promise.inForce()) {
                Instant from = latest(since, promise.armed());
                Optional<Instant> next = promise.times().next(from);
                int found = 0;
                while (found < ENOUGH && next.isPresent() && !next.get().isAfter(until)) {
                    Instant moment = next.get();
                    Optional<Instant> paused = standing.pausedUntil(promise.schedule(), moment);
                    if (paused.isEmpty()) {
                        moments.add(moment);
                        found++;
                    }
                    next = promise.times().next(paused.orElse(moment));
                }
            }
        }
        return Math.min(ENOUGH, moments.size());
    }

    /**
     * Returns why a target is not safe; empty: it is. A pause, a schedule that is new and a cron
     * that was changed excuse that no run was made, but make no data younger: what counts here is
     * the age, against what all schedules promise, in force or not.
     */
    private Optional<Unsafe> unsafe(
            Optional<Standing.Proven> proven,
            List<Promise> promises,
            int due,
            TargetStatus.Now atWork,
            Instant until,
            Instant now) {
        if (proven.isEmpty()) {
            return Optional.of(new Unsafe(Unsafe.Why.NEVER, null));
        }
        Instant asOf = proven.get().asOf();
        Instant since = since(proven.get());
        if (asOf == null || asOf.isAfter(now) || since.isAfter(now)) {
            return Optional.of(new Unsafe(Unsafe.Why.UNKNOWN_AGE, null));
        }
        if (promises.isEmpty()) {
            return Optional.of(new Unsafe(Unsafe.Why.UNSCHEDULED, null));
        }
        if (due < ENOUGH && !isOld(Duration.between(since, until), promises, now)) {
            return Optional.empty();
        }
        if (atWork != null && !atWork.cutOff() && hangs(atWork.since(), now)) {
            return Optional.of(new Unsafe(Unsafe.Why.HANGS, atWork.since()));
        }
        Optional<Instant> paused =
                promises.stream()
                        .filter(promise -> !promise.inForce())
                        .map(promise -> promise.pause().since())
                        .min(Comparator.naturalOrder())
                        .map(begun -> begun.isAfter(now) ? now : begun);
        if (paused.isPresent() && due < ENOUGH) {
            return Optional.of(new Unsafe(Unsafe.Why.PAUSED, paused.get()));
        }
        return Optional.of(
                new Unsafe(
                        Unsafe.Why.LATE,
                        promises.stream()
                                .flatMap(promise -> promise.times().next(since).stream())
                                .min(Comparator.naturalOrder())
                                .filter(moment -> !moment.isAfter(now))
                                .orElse(null)));
    }

    private boolean isOld(Duration age, List<Promise> promises, Instant now) {
        if (age.compareTo(LEAST_SLACK) <= 0) {
            return false; // Whatever is promised, which takes a while to find out.
        }
        Set<String> names =
                promises.stream().map(Promise::schedule).collect(Collectors.toUnmodifiableSet());
        Duration promised =
                gaps.computeIfAbsent(
                        names,
                        any -> LongestGap.of(promises.stream().map(Promise::times).toList(), now));
        // What fires once at most promises no age.
        return !promised.isZero() && age.compareTo(promised.plus(slack(promised))) > 0;
    }

    private static Duration slack(Duration promised) {
        Duration half = promised.dividedBy(2);
        if (half.compareTo(LEAST_SLACK) < 0) {
            return LEAST_SLACK;
        }
        return half.compareTo(MOST_SLACK) > 0 ? MOST_SLACK : half;
    }

    /** Returns from when on another one is due; what was adopted is as old as it is. */
    private static Instant since(Standing.Proven proven) {
        if (proven.kind().makesBackup()) {
            return proven.ended();
        }
        return proven.asOf() == null ? Instant.EPOCH : proven.asOf();
    }

    private static Instant latest(Instant one, Instant other) {
        return other != null && other.isAfter(one) ? other : one;
    }

    private static Verdict verdict(List<Promise> promises, boolean proven, int due) {
        if (promises.isEmpty()) {
            return Verdict.UNSCHEDULED;
        }
        if (promises.stream().noneMatch(Promise::inForce)) {
            return Verdict.PAUSED;
        }
        if (!proven) {
            return Verdict.NEVER;
        }
        return due == 0 ? Verdict.OK : due == 1 ? Verdict.BEHIND : Verdict.LATE;
    }
}
