package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.Durations;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.run.RunHistory;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.text.Sizes;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Tells what was done, from the journals. */
@Command(name = "history", description = "Shows the runs that have ended, the latest last.")
final class HistoryCommand implements Callable<Integer> {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ssXXX");

    @Mixin private ConfigOption configuration;

    @Mixin private TargetsArgument named;

    @Option(
            names = "--last",
            paramLabel = "N",
            defaultValue = "20",
            description = "How many, over all targets (default: ${DEFAULT-VALUE}).")
    private int last;

    @Option(names = "--json", description = "Prints the result as JSON.")
    private boolean json;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        Console.requirePositive(spec, "--last", last);
        AgentConfig config = configuration.load();
        List<RunResult> all =
                named.in(config).stream()
                        .flatMap(
                                target ->
                                        RunHistory.results(
                                                new Journal(
                                                        config.stateDirectory(target)
                                                                .resolve(Journal.FILE_NAME)),
                                                target)
                                                .stream())
                        .sorted(Comparator.comparing(RunResult::startedAt))
                        .toList();
        List<RunResult> shown = all.subList(Math.max(0, all.size() - last), all.size());
        Console console = Console.of(spec);
        if (json) {
            console.json(shown);
        } else {
            print(console, shown, config);
        }
        return ExitCode.DONE;
    }

    static void print(Console console, List<RunResult> results, AgentConfig config) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("STARTED", "TARGET", "KIND", "BACKUP", "BASE", "SIZE", "TOOK", "OUTCOME"));
        for (RunResult result : results) {
            rows.add(
                    List.of(
                            TIME.format(result.startedAt().atZone(config.zone())),
                            result.target(),
                            result.kind() == null ? "-" : result.kind().name(),
                            text(result.backup()),
                            text(result.base()),
                            Sizes.format(result.size()),
                            Durations.spoken(result.duration()),
                            result.outcome().word() + said(result)));
        }
        console.table(rows);
    }

    private static String said(RunResult result) {
        String what = result.reason() == null ? result.summary() : result.reason();
        return what == null ? "" : ": " + what;
    }

    private static String text(String value) {
        return value == null ? "-" : value;
    }
}
