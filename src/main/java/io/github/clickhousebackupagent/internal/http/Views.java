package io.github.clickhousebackupagent.internal.http;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.config.ScheduleConfig;
import io.github.clickhousebackupagent.internal.control.EditState;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.journal.JournalException;
import io.github.clickhousebackupagent.internal.run.LatestRuns;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.run.Runs;
import io.github.clickhousebackupagent.internal.run.Stage;
import io.github.clickhousebackupagent.internal.run.Standing;
import io.github.clickhousebackupagent.internal.schedule.CronSchedule;
import io.github.clickhousebackupagent.internal.status.Safety;
import io.github.clickhousebackupagent.internal.status.Statuses;
import io.github.clickhousebackupagent.internal.status.TargetStatus;
import io.github.clickhousebackupagent.internal.text.Excerpt;
import io.github.clickhousebackupagent.internal.text.NearestName;
import java.net.URI;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * What the API answers of an agent. Thread-safe; asks no server.
 *
 * @param config targets and schedules
 * @param clock what time it is
 * @param runs what the journals say
 * @param statuses how targets stand
 * @param edits which routes and configuration are in force
 * @param reads lets through what reads more than what is in memory
 */
public record Views(
        AgentConfig config,
        Clock clock,
        Runs runs,
        Statuses statuses,
        Supplier<EditState> edits,
        CostlyReads reads) {

    private static final Logger LOG = LogManager.getLogger(Views.class);

    /** The header of an answer that names the targets whose journals are not in it. */
    static final String UNREADABLE = "Unreadable-Targets";

    /** More of them no proxy would let through; {@code GET /status} has all. */
    private static final int MOST_UNREADABLE = 20;

    /**
     * How all of it stands.
     *
     * @param safe whether each target has a proven backup that is as young as promised
     * @param sentence the same for people: all are safe, or which are not, and which are paused
     * @param time when that was so
     * @param edits which routes and configuration are in force
     * @param targets each of them
     */
    record Status(
            boolean safe,
            String sentence,
            @JsonFormat(shape = JsonFormat.Shape.STRING) Instant time,
            EditState edits,
            List<TargetStatus> targets) {}

    /**
     * A target.
     *
     * @param name its name
     * @param url where its API answers
     * @param groups the groups that it is in
     */
    record Target(String name, URI url, List<String> groups) {}

    /**
     * A schedule.
     *
     * @param name its name
     * @param kind what it makes
     * @param cron when it is due
     * @param zone the zone of that
     * @param targets names of the targets that it is for
     * @param next when it is due next; null: never
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Schedule(
            String name,
            BackupKind kind,
            String cron,
            String zone,
            List<String> targets,
            @JsonFormat(shape = JsonFormat.Shape.STRING) Instant next) {}

    /** How far a run is. */
    enum State {
        /** It has not had its turn. */
        WAITING,
        /** It has begun. */
        RUNNING,
        /** It is over. */
        ENDED;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A run, over or not.
     *
     * @param run its id
     * @param target name of the target
     * @param state waiting, running or ended
     * @param kind what it does; null: the journal does not say
     * @param schedule name of the schedule; null: by hand
     * @param backup the backup's name; null: that is not settled, or there are several
     * @param base what it is an increment on; null: nothing, or not settled
     * @param stage how far it is, or came
     * @param outcome how it ended; null: it has not
     * @param reason why it did not succeed, for people; null: it did, or has not ended
     * @param startedAt when it began, or was asked for
     * @param finishedAt when it ended; null: it has not
     * @param sizeBytes of the backup as the server lists it; null: not known
     * @param chainLength how many backups a restore needs; null: not known
     * @param summary what was done, for people; null: a backup, or nothing yet
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record RunView(
            String run,
            String target,
            String state,
            RunKind kind,
            String schedule,
            String backup,
            String base,
            Stage stage,
            Outcome outcome,
            String reason,
            @JsonFormat(shape = JsonFormat.Shape.STRING) Instant startedAt,
            @JsonFormat(shape = JsonFormat.Shape.STRING) Instant finishedAt,
            Long sizeBytes,
            Integer chainLength,
            String summary) {

        static RunView of(RunResult over) {
            return new RunView(
                    over.run(),
                    over.target(),
                    State.ENDED.word(),
                    over.kind(),
                    over.schedule(),
                    over.backup(),
                    over.base(),
                    over.stage(),
                    over.outcome(),
                    over.reason(),
                    over.startedAt(),
                    over.finishedAt(),
                    over.size(),
                    over.chainLength(),
                    over.summary());
        }

        static RunView of(String target, Standing.AtWork now) {
            return new RunView(
                    now.run(),
                    target,
                    State.RUNNING.word(),
                    now.kind(),
                    now.schedule(),
                    now.backup(),
                    null,
                    now.stage(),
                    null,
                    null,
                    now.since(),
                    null,
                    null,
                    null,
                    null);
        }

        static RunView of(String target, JournalEvent asked) {
            return new RunView(
                    asked.run(),
                    target,
                    State.WAITING.word(),
                    RunKind.of(asked.detail("kind")).orElse(null),
                    asked.detail("schedule"),
                    null,
                    null,
                    Stage.BEGIN,
                    null,
                    null,
                    asked.time(),
                    null,
                    null,
                    null,
                    null);
        }
    }

    /** Answers {@code GET /status}. */
    public Reply status(Call call) {
        EditState told = call.isOfAnybody() ? edits.get().withoutValues() : edits.get();
        List<TargetStatus> all =
                config.targets().keySet().stream().map(name -> status(call, name)).toList();
        Safety safety = Safety.of(all);
        return Reply.of(
                200, new Status(safety.safe(), safety.sentence(), clock.instant(), told, all));
    }

    private TargetStatus status(Call call, String target) {
        TargetStatus status = statuses.of(target);
        if (status.readable() || !call.isOfAnybody()) {
            return status;
        }
        LOG.error("{}: {}", target, status.error());
        return status.withError(HttpApi.FILE_OF_OURS);
    }

    /** Answers {@code GET /targets}. */
    public Reply targets() {
        Map<String, List<String>> groups = new HashMap<>();
        config.groups()
                .forEach(
                        (group, members) ->
                                Set.copyOf(members)
                                        .forEach(
                                                member ->
                                                        groups.computeIfAbsent(
                                                                        member,
                                                                        any -> new ArrayList<>())
                                                                .add(group)));
        return Reply.of(
                200,
                config.targets().entrySet().stream()
                        .map(
                                target ->
                                        new Target(
                                                target.getKey(),
                                                target.getValue().url(),
                                                groups.getOrDefault(target.getKey(), List.of())))
                        .toList());
    }

    /** Answers {@code GET /targets/{target}}. */
    public Reply target(Call call) {
        return Reply.of(200, status(call, target(call.target())));
    }

    /** Returns the name of a target, which is one. */
    String target(String name) {
        return target(config, name);
    }

    /**
     * Returns the name of a target, which is one.
     *
     * @throws ProblemException if there is none of that name
     */
    static String target(AgentConfig config, String name) {
        if (!config.targets().containsKey(name)) {
            throw ProblemException.of(
                    404,
                    "target: found '%s'; allowed: %s"
                            .formatted(
                                    Excerpt.of(name),
                                    NearestName.allowed(name, config.targets().keySet())));
        }
        return name;
    }

    /** Answers {@code GET /schedules}. */
    public Reply schedules(Call call) {
        Instant now = clock.instant();
        return Reply.of(
                200,
                config.schedules().entrySet().stream()
                        .map(one -> schedule(one.getKey(), one.getValue(), now))
                        .toList());
    }

    private Schedule schedule(String name, ScheduleConfig schedule, Instant now) {
        ZoneId zone = schedule.zone() == null ? config.zone() : schedule.zone();
        CronSchedule cron = CronSchedule.parse(schedule.cron(), zone);
        return new Schedule(
                name,
                schedule.kind(),
                cron.text(),
                zone.getId(),
                config.targetsOf(schedule),
                cron.next(now).orElse(null));
    }

    /** Answers {@code GET /runs}. */
    public Reply runs(Call call) {
        String target = call.query().get("target");
        int limit = Integer.parseInt(call.query().get("limit"));
        String before = call.query().get("before");
        String outcome = call.query().get("outcome");
        String kind = call.query().get("kind");
        Collection<String> targets =
                target == null ? config.targets().keySet() : List.of(target(target));
        Map<String, JournalException> unreadable = new LinkedHashMap<>();
        List<RunResult> found;
        if (before == null && outcome == null && kind == null && limit <= Runs.RECENT) {
            found =
                    readable(targets, unreadable, one -> runs.recent(one, limit).stream())
                            .sorted(Comparator.comparing(RunResult::finishedAt).reversed())
                            .limit(limit)
                            .toList();
        } else {
            Instant end = before == null ? Instant.MAX : time(before);
            found =
                    reads.read(
                            inTime -> {
                                LatestRuns latest =
                                        new LatestRuns(
                                                limit,
                                                end,
                                                outcome == null ? null : Outcome.of(outcome),
                                                kind == null
                                                        ? null
                                                        : RunKind.of(kind).orElseThrow(),
                                                inTime);
                                for (String one : targets) {
                                    look(one, unreadable, () -> runs.latest(one, latest));
                                }
                                return latest.found();
                            });
        }
        if (target != null && !unreadable.isEmpty()) {
            throw first(unreadable);
        }
        Reply reply = Reply.of(200, found.stream().map(RunView::of).toList());
        return unreadable.isEmpty()
                ? reply
                : reply.with(
                        UNREADABLE,
                        unreadable.keySet().stream()
                                .limit(MOST_UNREADABLE)
                                .collect(Collectors.joining(", ")));
    }

    /** Goes over targets; whoever cannot be read must not hide the others. */
    private static <T> Stream<T> readable(
            Collection<String> targets,
            Map<String, JournalException> unreadable,
            Function<String, Stream<T>> look) {
        List<T> all = new ArrayList<>();
        for (String target : targets) {
            look(target, unreadable, () -> look.apply(target).forEach(all::add));
        }
        return all.stream();
    }

    private static void look(
            String target, Map<String, JournalException> unreadable, Runnable look) {
        try {
            look.run();
        } catch (JournalException e) {
            unreadable.put(target, e); // Told in the answer, and by status.
        }
    }

    private static JournalException first(Map<String, JournalException> unreadable) {
        return unreadable.values().iterator().next();
    }

    private static Instant time(String text) {
        try {
            // The 31st of any month is its last day.
            return DateTimeFormatter.ISO_OFFSET_DATE_TIME
                    .withResolverStyle(ResolverStyle.SMART)
                    .parse(text, Instant::from);
        } catch (DateTimeException e) {
            throw ProblemException.of(
                    400,
                    "before: found '%s'; allowed: a time such as 2026-11-01T00:00:00Z"
                            .formatted(text));
        }
    }

    /** Answers {@code GET /runs/{run}}. */
    public Reply run(Call call) {
        return Reply.of(200, find(call.path().get("run")));
    }

    /** Answers {@code GET /runs/{run}/events}. */
    public Reply events(Call call) {
        RunView run = find(call.path().get("run"));
        // Put into words there, too: many answers that wait for that would fill the memory.
        return reads.read(inTime -> Reply.of(200, runs.events(run.target(), run.run(), inTime)));
    }

    /** Returns a run, wherever it is by now. */
    RunView find(String id) {
        Map<String, JournalException> unreadable = new LinkedHashMap<>();
        Optional<RunView> inMemory =
                readable(
                                config.targets().keySet(),
                                unreadable,
                                target -> inMemory(target, id).stream())
                        .findFirst();
        return inMemory.or(() -> over(id, unreadable))
                .orElseThrow(
                        () ->
                                unreadable.isEmpty()
                                        ? ProblemException.of(
                                                404,
                                                "found no run '%s'; allowed: one of GET /runs"
                                                        .formatted(id))
                                        : first(unreadable));
    }

    private Optional<RunView> inMemory(String target, String id) {
        // In the order in which a run goes on, so that it is found wherever it is by then.
        return runs.waiting(target).stream()
                .filter(asked -> asked.run().equals(id))
                .map(asked -> RunView.of(target, asked))
                .findFirst()
                .or(
                        () ->
                                runs.standing(target).unfinished().stream()
                                        .filter(run -> run.run().equals(id))
                                        .map(run -> RunView.of(target, run))
                                        .findFirst())
                .or(
                        () ->
                                runs.recent(target, Runs.RECENT).stream()
                                        .filter(run -> run.run().equals(id))
                                        .map(RunView::of)
                                        .findFirst());
    }

    private Optional<RunView> over(String id, Map<String, JournalException> unreadable) {
        return reads.read(
                inTime -> {
                    for (String target : config.targets().keySet()) {
                        List<RunView> found = new ArrayList<>();
                        look(
                                target,
                                unreadable,
                                () ->
                                        runs.over(target, id, inTime)
                                                .map(RunView::of)
                                                .ifPresent(found::add));
                        if (!found.isEmpty()) {
                            return Optional.of(found.get(0));
                        }
                    }
                    return Optional.empty();
                });
    }
}
