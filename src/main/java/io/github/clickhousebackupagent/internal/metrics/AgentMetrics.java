package io.github.clickhousebackupagent.internal.metrics;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.ScheduleConfig;
import io.github.clickhousebackupagent.internal.control.EditState;
import io.github.clickhousebackupagent.internal.hook.HookPoint;
import io.github.clickhousebackupagent.internal.journal.JournalException;
import io.github.clickhousebackupagent.internal.run.BackupAllowance;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.Pause;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.StageTimes;
import io.github.clickhousebackupagent.internal.run.Standing;
import io.github.clickhousebackupagent.internal.run.Tally;
import io.github.clickhousebackupagent.internal.run.TargetFigures;
import io.github.clickhousebackupagent.internal.schedule.CronSchedule;
import io.github.clickhousebackupagent.internal.schedule.LongestGap;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * What there is to measure of an agent, as docs/reference/metrics.md has it. Thread-safe; asks no
 * server.
 *
 * <p>A journal that cannot be read is that of a target without any backup: this is what is to be
 * told aloud, and what the alerts listen for.
 */
public final class AgentMetrics implements MultiCollector {

    private static final Logger LOG = LogManager.getLogger(AgentMetrics.class);

    /** Those that each run that makes a backup goes through. */
    private static final List<String> STAGES = List.of("queue", "create", "upload", "proof", "run");

    /** Clocks are set right by less all the time. */
    private static final Duration CLOCKS_DIFFER = Duration.ofMinutes(5);

    private static final List<Outcome> OUTCOMES =
            List.of(Outcome.SUCCESS, Outcome.FAILED, Outcome.SKIPPED, Outcome.INTERRUPTED);

    /**
     * What is built in.
     *
     * @param version of the agent
     * @param camel version of Apache Camel
     */
    public record Build(String version, String camel) {}

    /**
     * A schedule of a target.
     *
     * @param labels target, schedule, kind
     */
    private record Promised(
            String target, String name, RunKind kind, CronSchedule cron, Labels labels) {}

    private record Target(TargetFigures figures, List<Promised> schedules, Labels labels) {}

    private final AgentConfig config;
    private final Clock clock;
    private final Function<String, TargetFigures> figures;
    private final Seen seen;
    private final Supplier<EditState> edits;
    private final Build build;
    private final Map<String, List<Promised>> schedules;
    private final Map<Set<String>, Duration> gaps = new ConcurrentHashMap<>();
    private final Map<String, CronSchedule> crons;

    /**
     * @param config targets, schedules, limits
     * @param clock what time it is
     * @param figures what the journal of a target tells; may fail with {@link JournalException}
     * @param seen what this process has seen
     * @param edits which routes and configuration are in force
     * @param build what is built in
     */
    public AgentMetrics(
            AgentConfig config,
            Clock clock,
            Function<String, TargetFigures> figures,
            Seen seen,
            Supplier<EditState> edits,
            Build build) {
        this.config = config;
        this.clock = clock;
        this.figures = figures;
        this.seen = seen;
        this.edits = edits;
        this.build = build;
        this.crons =
                config.schedules().entrySet().stream()
                        .collect(Collectors.toMap(Map.Entry::getKey, one -> cron(one.getValue())));
        this.schedules = schedules();
    }

    private CronSchedule cron(ScheduleConfig schedule) {
        ZoneId zone = schedule.zone() == null ? config.zone() : schedule.zone();
        return CronSchedule.parse(schedule.cron(), zone);
    }

    private Map<String, List<Promised>> schedules() {
        Map<String, List<Promised>> all = new LinkedHashMap<>();
        config.targets().keySet().forEach(target -> all.put(target, new ArrayList<>()));
        config.schedules()
                .forEach(
                        (name, schedule) ->
                                config.targetsOf(schedule)
                                        .forEach(
                                                target ->
                                                        all.get(target)
                                                                .add(
                                                                        promised(
                                                                                target, name,
                                                                                schedule))));
        return all;
    }

    private Promised promised(String target, String name, ScheduleConfig schedule) {
        RunKind kind = RunKind.of(schedule.kind());
        return new Promised(
                target,
                name,
                kind,
                crons.get(name),
                Labels.of("target", target, "schedule", name, "kind", kind.word()));
    }

    @Override
    public MetricSnapshots collect() {
        Instant now = clock.instant();
        List<Target> targets =
                config.targets().keySet().stream()
                        .map(
                                name ->
                                        new Target(
                                                figures(name),
                                                schedules.get(name),
                                                Labels.of("target", name)))
                        .toList();
        List<MetricSnapshot> all = new ArrayList<>();
        addSchedules(all, targets, now);
        addRuns(all, targets);
        addBackups(all, targets, now);
        addWork(all, targets);
        addCalls(all, targets);
        all.add(times(targets));
        addAgent(all);
        return MetricSnapshots.of(all.toArray(MetricSnapshot[]::new));
    }

    private TargetFigures figures(String target) {
        try {
            return figures.apply(target);
        } catch (JournalException | UncheckedIOException e) {
            LOG.warn("{}: the journal cannot be read for metrics: {}", target, e.getMessage());
            return TargetFigures.nothing();
        }
    }

    private void addSchedules(List<MetricSnapshot> to, List<Target> targets, Instant now) {
        Series success =
                Series.gauge(
                        "schedule_last_success_timestamp_seconds",
                        "End of the last run that succeeded; 0 never.");
        Series attempt =
                Series.gauge(
                        "schedule_last_attempt_timestamp_seconds",
                        "Begin of the last run; 0 never.");
        Series failures =
                Series.gauge(
                        "schedule_failed_runs_in_a_row",
                        "Runs that failed or were interrupted since the last that succeeded.");
        Series force =
                Series.gauge(
                        "schedule_in_force_since_timestamp_seconds",
                        "Since when it promises backups, over restarts and pauses; 0 not known.");
        Series paused =
                Series.gauge(
                        "schedule_paused_since_timestamp_seconds",
                        "Since when it is paused; 0 it is not.");
        Series missed =
                Series.counter(
                        "schedule_missed_runs", "Firings that were missed and not made up for.");
        for (Target target : targets) {
            Standing standing = target.figures().standing();
            for (Promised schedule : target.schedules()) {
                Labels labels = schedule.labels();
                Optional<Tally> tally = tally(target, schedule);
                success.add(labels, tally.map(Tally::lastSuccess).orElse(null));
                attempt.add(labels, tally.map(Tally::lastAttempt).orElse(null));
                failures.add(labels, target.figures().failures().getOrDefault(schedule.name(), 0));
                force.add(labels, inForce(standing, schedule.name()));
                paused.add(labels, standing.pause(schedule.name()).map(Pause::since).orElse(null));
                missed.add(
                        labels,
                        tally.map(one -> one.ended().getOrDefault(Outcome.MISSED, 0L)).orElse(0L));
            }
        }
        for (Series one : List.of(success, attempt, failures, force, paused, missed)) {
            to.add(one.build());
        }
        addCrons(to, now);
    }

    /** One that was added while its target was paused comes into force with the end of that. */
    private static Instant inForce(Standing standing, String schedule) {
        Instant armed = standing.armed().get(schedule);
        return armed != null ? armed : standing.lastPaused(schedule).orElse(null);
    }

    /** What a schedule promises is the same for each of its targets, of which there are many. */
    private void addCrons(List<MetricSnapshot> to, Instant now) {
        Series interval =
                Series.gauge(
                        "schedule_promised_interval_seconds", "Longest time between two firings.");
        Series next =
                Series.gauge("schedule_next_run_timestamp_seconds", "Next firing; 0 never again.");
        crons.forEach(
                (name, cron) -> {
                    RunKind kind = RunKind.of(config.schedules().get(name).kind());
                    Labels labels = Labels.of("schedule", name, "kind", kind.word());
                    interval.add(labels, gap(Set.of(name), now));
                    next.add(labels, cron.next(now).orElse(null));
                });
        to.add(interval.build());
        to.add(next.build());
    }

    /** Puts all kinds together: a run of a DIFF's schedule may become a FULL. */
    private static Optional<Tally> tally(Target target, Promised schedule) {
        return target.figures().tallies().stream()
                .filter(one -> schedule.name().equals(one.schedule()))
                .reduce(Tally::with);
    }

    /** Found out once for the same schedules: their firings are many, and what is far counts. */
    private Duration gap(Set<String> names, Instant now) {
        return gaps.computeIfAbsent(
                names, some -> LongestGap.of(some.stream().map(crons::get).toList(), now));
    }

    /**
     * By target and outcome alone: with each schedule and kind that a run may have, and by hand,
     * there would be more of these than of all else. What a schedule came to has series of its own.
     */
    private static void addRuns(List<MetricSnapshot> to, List<Target> targets) {
        Series runs = Series.counter("runs", "Runs that ended, by schedules and by hand.");
        for (Target target : targets) {
            for (Outcome outcome : OUTCOMES) {
                runs.add(
                        target.labels().add("outcome", outcome.word()),
                        target.figures().tallies().stream()
                                .mapToLong(tally -> tally.ended().getOrDefault(outcome, 0L))
                                .sum());
            }
        }
        to.add(runs.build());
    }

    private void addBackups(List<MetricSnapshot> to, List<Target> targets, Instant now) {
        Series proven =
                Series.gauge(
                        "last_proven_backup_timestamp_seconds",
                        "Moment of the data in the backup that was proven last; 0 never, NaN not known.");
        Series allowance =
                Series.gauge(
                        "backup_allowance_seconds",
                        "How long backups take on top of what is promised: the last proven one, and one at work.");
        Series interval =
                Series.gauge(
                        "promised_interval_seconds",
                        "Longest time between two firings of any schedule that is not paused; 0 none.");
        Series proof =
                Series.gauge(
                        "last_proof_timestamp_seconds",
                        "When a backup was proven last that counts; 0 never.");
        Series held =
                Series.gauge(
                        "last_proof_success",
                        "Whether the last backup that was uploaded was proven; NaN none was.");
        Series size =
                Series.gauge(
                        "last_backup_size_bytes",
                        "Size of the last proven backup of that kind; NaN none.");
        Series chain =
                Series.gauge(
                        "last_backup_chain_length",
                        "How many backups a restore of the last proven one needs; 0 none.");
        Series broken =
                Series.gauge(
                        "broken_backups",
                        "Backups on remote storage that the server calls broken, as listed last; NaN no list yet.");
        Series orphaned =
                Series.gauge(
                        "orphaned_backups",
                        "Backups on remote storage whose base is missing, as listed last; NaN no list yet.");
        for (Target target : targets) {
            TargetFigures figures = target.figures();
            Labels labels = target.labels();
            proven.add(labels, asOf(figures.standing(), now));
            allowance.add(labels, BackupAllowance.of(figures.standing()));
            interval.add(labels, promised(target));
            proof.add(labels, figures.lastProof());
            held.add(labels, figures.lastProofHeld());
            for (RunKind kind : List.of(RunKind.FULL, RunKind.DIFF)) {
                size.add(labels.add("kind", kind.word()), figures.lastSizes().get(kind));
            }
            chain.add(labels, Objects.requireNonNullElse(figures.chainLength(), 0));
            broken.add(labels, figures.broken());
            orphaned.add(labels, figures.orphaned());
        }
        for (Series one :
                List.of(proven, allowance, interval, proof, held, size, chain, broken, orphaned)) {
            to.add(one.build());
        }
    }

    /**
     * Returns the moment of the data in the last proven backup, in seconds; 0: there is none. What
     * is later than now is not known: a clock was put back since, and the backup would pass for
     * young until that time has come.
     */
    private static double asOf(Standing standing, Instant now) {
        Optional<Standing.Proven> last = standing.lastProven();
        if (last.isEmpty()) {
            return 0;
        }
        Instant asOf = last.get().asOf();
        return asOf == null || asOf.isAfter(now.plus(CLOCKS_DIFFER))
                ? Double.NaN
                : asOf.toEpochMilli() / 1e3;
    }

    private Duration promised(Target target) {
        Set<String> inForce =
                target.schedules().stream()
                        .map(Promised::name)
                        .filter(name -> target.figures().standing().pause(name).isEmpty())
                        .collect(Collectors.toUnmodifiableSet());
        return inForce.isEmpty() ? Duration.ZERO : gap(inForce, clock.instant());
    }

    private static void addWork(List<MetricSnapshot> to, List<Target> targets) {
        Series started =
                Series.gauge(
                        "run_started_timestamp_seconds",
                        "Begin of the run that is at work; 0 none.");
        Series queued = Series.gauge("queued_runs", "Requests that wait for their turn.");
        for (Target target : targets) {
            started.add(
                    target.labels(),
                    target.figures().standing().unfinished().stream()
                            .findFirst()
                            .map(Standing.AtWork::since)
                            .orElse(null));
            queued.add(target.labels(), target.figures().waiting());
        }
        to.add(started.build());
        to.add(queued.build());
    }

    private void addCalls(List<MetricSnapshot> to, List<Target> targets) {
        Series up =
                Series.gauge(
                        "api_up",
                        "Whether the last call to the clickhouse-backup API was answered as it should; NaN none was made.");
        Series took =
                Series.gauge(
                        "api_last_call_duration_seconds",
                        "How long the last answered call took; NaN none.");
        for (Target target : targets) {
            Optional<ApiCalls.Last> last = seen.calls().last(target.labels().get("target"));
            up.add(target.labels(), last.map(ApiCalls.Last::up).orElse(null));
            took.add(target.labels(), last.map(ApiCalls.Last::took).orElse(null));
        }
        to.add(up.build());
        to.add(took.build());
    }

    /** Puts the targets together: of a thousand each with buckets of its own nobody could read. */
    private static MetricSnapshot times(Collection<Target> targets) {
        Map<List<String>, long[]> counts = new LinkedHashMap<>();
        Map<List<String>, Double> seconds = new LinkedHashMap<>();
        Set<RunKind> kinds = new LinkedHashSet<>();
        targets.forEach(target -> target.schedules().forEach(one -> kinds.add(one.kind())));
        int buckets = StageTimes.BOUNDS.size() + 1;
        for (RunKind kind : kinds) {
            STAGES.forEach(stage -> counts.put(List.of(kind.word(), stage), new long[buckets]));
        }
        for (Target target : targets) {
            for (StageTimes times : target.figures().times()) {
                List<String> which = List.of(times.kind().word(), times.stage());
                long[] sum = counts.computeIfAbsent(which, any -> new long[buckets]);
                Arrays.setAll(sum, i -> sum[i] + times.counts().get(i));
                seconds.merge(which, times.seconds(), Double::sum);
            }
        }
        List<Double> bounds = new ArrayList<>(StageTimes.BOUNDS);
        bounds.add(Double.POSITIVE_INFINITY);
        HistogramSnapshot.Builder histogram =
                HistogramSnapshot.builder()
                        .name(Series.named("stage_duration_seconds"))
                        .help("How long stages took; run is all of it.");
        counts.forEach(
                (which, sum) ->
                        histogram.dataPoint(
                                HistogramSnapshot.HistogramDataPointSnapshot.builder()
                                        .labels(
                                                Labels.of(
                                                        "kind",
                                                        which.get(0),
                                                        "stage",
                                                        which.get(1)))
                                        .classicHistogramBuckets(
                                                ClassicHistogramBuckets.of(
                                                        bounds,
                                                        Arrays.stream(sum).boxed().toList()))
                                        .sum(seconds.getOrDefault(which, 0.0))
                                        .build()));
        return histogram.build();
    }

    private void addAgent(List<MetricSnapshot> to) {
        Series longest =
                Series.gauge("max_chain_length", "The configured limit of chains; 0 none is set.");
        longest.add(Labels.EMPTY, config.backup().maxChainLength());
        to.add(longest.build());
        Series hooks =
                Series.counter("hook_failures", "Routes hooked in at that point that failed.");
        HookPoint.words()
                .forEach(point -> hooks.add(Labels.of("point", point), seen.hooks().at(point)));
        to.add(hooks.build());
        Series notices = Series.counter("notifications", "Messages to receivers of notices.");
        seen.notices()
                .all()
                .forEach(
                        (receiver, count) -> {
                            Labels labels = Labels.of("receiver", receiver);
                            notices.add(labels.add("outcome", "sent"), count.sent());
                            notices.add(labels.add("outcome", "failed"), count.failed());
                        });
        to.add(notices.build());
        Series failed =
                Series.gauge(
                        "notifications_failed_in_a_row",
                        "Messages that were given up since the receiver took the last one.");
        seen.notices()
                .failedInARow()
                .forEach((receiver, many) -> failed.add(Labels.of("receiver", receiver), many));
        to.add(failed.build());
        Series spans = Series.counter("trace_spans", "Spans for the collector of traces.");
        spans.add(Labels.of("outcome", "sent"), seen.traces().sent());
        spans.add(Labels.of("outcome", "lost"), seen.traces().lost());
        to.add(spans.build());
        Series standBy = Series.gauge("stand_by", "Whether it waits for the end of another agent.");
        standBy.add(Labels.EMPTY, false);
        to.add(standBy.build());
        EditState edit = edits.get();
        Series refused =
                Series.gauge(
                        "edit_refused_since_timestamp_seconds",
                        "Since when an edit of routes or configuration is refused; 0 none is.");
        refused.add(
                Labels.EMPTY, edit == null || edit.refused() == null ? null : edit.refused().at());
        to.add(refused.build());
        to.add(
                InfoSnapshot.builder()
                        .name(Series.named("build"))
                        .help("What runs.")
                        .dataPoint(
                                InfoSnapshot.InfoDataPointSnapshot.builder()
                                        .labels(
                                                Labels.of(
                                                        "version",
                                                        build.version(),
                                                        "java",
                                                        Runtime.version().toString(),
                                                        "camel",
                                                        build.camel()))
                                        .build())
                        .build());
    }
}
