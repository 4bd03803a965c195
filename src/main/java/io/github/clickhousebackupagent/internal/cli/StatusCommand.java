package io.github.clickhousebackupagent.internal.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.config.Durations;
import io.github.clickhousebackupagent.internal.control.EditState;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.status.NagiosLine;
import io.github.clickhousebackupagent.internal.status.Promise;
import io.github.clickhousebackupagent.internal.status.Statuses;
import io.github.clickhousebackupagent.internal.status.TargetStatus;
import io.github.clickhousebackupagent.internal.status.Verdict;
import io.github.clickhousebackupagent.internal.text.Ages;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Tells whether backups happen, from files alone. */
@Command(name = "status", description = "Shows whether backups happen as promised; asks no server.")
final class StatusCommand implements Callable<Integer> {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ssXXX");

    @Mixin private ConfigOption configuration;

    @Mixin private TargetsArgument named;

    @Option(
            names = "--max-age",
            paramLabel = "DURATION",
            description = "Ends with 7 if a last proven backup is older (26h), or there is none.")
    private String maxAge;

    @Option(
            names = "--nagios",
            description = "Prints one line, and ends with 0 to 3, as plugins of Nagios do.")
    private boolean nagios;

    @Option(names = "--json", description = "Prints the result as JSON.")
    private boolean json;

    @Spec private CommandSpec spec;

    /**
     * All that is told.
     *
     * @param stateDirectory where it was read
     * @param agentRuns whether an agent with schedules runs there; null: that cannot be read
     * @param edits which routes and configuration it runs with; null: no agent runs there
     * @param targets how each stands
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Report(
            String stateDirectory,
            Boolean agentRuns,
            EditState edits,
            List<TargetStatus> targets) {}

    @Override
    public Integer call() {
        Console console = Console.of(spec);
        if (!nagios) {
            return tell(console);
        }
        if (json) {
            throw new UsageException("found --json beside --nagios; allowed: one of them");
        }
        NagiosLine line;
        try {
            Duration limit = limit();
            AgentConfig config = configuration.load();
            line = NagiosLine.of(statuses(config, named.in(config)), limit);
            Optional<EditState.Refused> refused = edits(config).map(EditState::refused);
            if (refused.isPresent()) {
                line = line.withRefusedEdit(refused.get().problems().get(0));
            }
        } catch (ConfigException | UsageException e) {
            line = NagiosLine.unknown(e.getMessage());
        }
        console.line(line.text());
        return line.level().exitCode();
    }

    private int tell(Console console) {
        Duration limit = limit();
        AgentConfig config = configuration.load();
        List<TargetStatus> statuses = statuses(config, named.in(config));
        Boolean agentRuns = agentRuns(config, console);
        if (json) {
            console.json(
                    new Report(
                            config.stateDirectory().toString(),
                            agentRuns,
                            edits(config).orElse(null),
                            statuses));
        } else {
            print(console, config, statuses);
            if (agentRuns != null) {
                console.line(
                        (agentRuns
                                        ? "An agent with schedules runs on "
                                        : "No agent with schedules runs on ")
                                + config.stateDirectory());
            }
            edits(config).ifPresent(edits -> print(console, config, edits));
        }
        statuses.stream()
                .filter(status -> !status.readable())
                .forEach(s -> console.message("[ERROR] " + s.target() + ": " + s.error()));
        if (agentRuns == null || !statuses.stream().allMatch(TargetStatus::readable)) {
            return ExitCode.FAILED;
        }
        boolean tooOld = limit != null && statuses.stream().anyMatch(s -> s.isOlderThan(limit));
        return tooOld ? ExitCode.TOO_OLD : ExitCode.DONE;
    }

    /** Returns what an agent that runs says; one that was killed says nothing that holds. */
    private static Optional<EditState> edits(AgentConfig config) {
        try {
            return Statuses.ofFiles(config, Clock.systemUTC()).agentRuns()
                    ? EditState.read(config.stateDirectory())
                    : Optional.empty();
        } catch (UncheckedIOException e) {
            return Optional.empty(); // That it cannot be read is told with agentRuns.
        }
    }

    private static void print(Console console, AgentConfig config, EditState edits) {
        if (edits.refused() != null) {
            console.line(
                    "It goes on as since %s, as the edit of %s is refused:"
                            .formatted(
                                    time(config, edits.inForceSince()),
                                    time(config, edits.refused().at())));
            edits.refused().problems().forEach(problem -> console.line("  " + problem));
        } else if (edits.taken() > 0) {
            console.line(
                    "Routes and configuration are in force as of %s, after %d edit(s)."
                            .formatted(time(config, edits.inForceSince()), edits.taken()));
        }
    }

    private static List<TargetStatus> statuses(AgentConfig config, List<String> targets) {
        Statuses statuses = Statuses.ofFiles(config, Clock.systemUTC());
        return targets.stream().map(statuses::of).toList();
    }

    private static Boolean agentRuns(AgentConfig config, Console console) {
        try {
            return Statuses.ofFiles(config, Clock.systemUTC()).agentRuns();
        } catch (UncheckedIOException e) {
            console.message("[ERROR] " + e.getMessage());
            return null;
        }
    }

    private Duration limit() {
        try {
            return maxAge == null ? null : Durations.parse(maxAge);
        } catch (IllegalArgumentException e) {
            throw new UsageException(
                    "--max-age: found '%s'; allowed: a number and ms, s, m, h or d, such as 26h"
                            .formatted(maxAge));
        }
    }

    private static void print(Console console, AgentConfig config, List<TargetStatus> statuses) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("TARGET", "STATUS", "AGE", "LAST PROVEN", "LAST RUN", "NOW", "NEXT"));
        for (TargetStatus status : statuses) {
            rows.add(
                    List.of(
                            status.target(),
                            status.readable() ? status.verdict().word() : "unreadable",
                            status.proven() != null && status.age() == null
                                    ? "unknown"
                                    : Ages.format(status.age()),
                            status.proven() == null ? "-" : status.proven(),
                            last(config, status.last()),
                            now(status.now()),
                            time(config, status.next())));
        }
        console.table(rows);
        statuses.forEach(status -> notes(config, status).forEach(console::line));
    }

    private static String last(AgentConfig config, RunResult last) {
        return last == null
                ? "-"
                : kind(last.kind() == null ? null : last.kind().word())
                        + " "
                        + last.outcome().word()
                        + " "
                        + time(config, last.finishedAt());
    }

    private static String now(TargetStatus.Now now) {
        return now == null
                ? "-"
                : kind(now.kind() == null ? null : now.kind().word())
                        + (now.cutOff() ? " cut off in " : " in ")
                        + now.stage().word();
    }

    private static String kind(String word) {
        return word == null ? "run" : word;
    }

    /** What does not fit into a column, or needs a reason. */
    private static List<String> notes(AgentConfig config, TargetStatus status) {
        List<String> notes = new ArrayList<>();
        if (status.verdict() == Verdict.NEVER) {
            notes.add("no backup of it was ever proven by an agent with this state folder");
        }
        if (status.verdict() != null && status.unsafe() != null && status.proven() != null) {
            status.why(moment -> time(config, moment))
                    .map("not safe: "::concat)
                    .ifPresent(notes::add);
        }
        if (status.proven() != null && status.age() == null) {
            notes.add(
                    status.asOf() == null
                            ? status.proven() + " was adopted; how old it is is not known"
                            : "%s is of %s by a clock that was ahead; how old it is is not known"
                                    .formatted(status.proven(), time(config, status.asOf())));
        }
        TargetStatus.Now now = status.now();
        if (now != null) {
            String what = now.backup() == null ? "a run" : now.backup();
            notes.add(
                    now.cutOff()
                            ? "%s, begun %s, is cut off; it goes on at the next start"
                                    .formatted(what, time(config, now.since()))
                            : "%s is at work since %s".formatted(what, time(config, now.since())));
        }
        RunResult last = status.last();
        if (last != null && last.outcome() != Outcome.SUCCESS) {
            notes.add("last run %s: %s".formatted(last.outcome().word(), last.reason()));
        }
        if (status.proven() != null && !status.proven().equals(status.marker())) {
            notes.add(
                    status.marker() == null
                            ? "there is no marker"
                            : "the marker names " + status.marker());
        }
        if (!status.promises().isEmpty()) {
            notes.add(
                    "promised: "
                            + status.promises().stream()
                                    .map(StatusCommand::promise)
                                    .collect(Collectors.joining("; ")));
        }
        status.promises().stream()
                .filter(promise -> !promise.inForce())
                .map(
                        promise ->
                                "%s is paused since %s %s"
                                        .formatted(
                                                promise.pause().schedule() == null
                                                        ? "all of it"
                                                        : promise.schedule(),
                                                time(config, promise.pause().since()),
                                                promise.pause().told()))
                .distinct()
                .forEach(notes::add);
        return notes.stream().map(note -> status.target() + ": " + note).toList();
    }

    private static String promise(Promise promise) {
        return "%s (%s at '%s' %s)"
                .formatted(
                        promise.schedule(), promise.kind().word(), promise.cron(), promise.zone());
    }

    private static String time(AgentConfig config, Instant time) {
        return time == null ? "-" : TIME.format(time.atZone(config.zone()));
    }
}
