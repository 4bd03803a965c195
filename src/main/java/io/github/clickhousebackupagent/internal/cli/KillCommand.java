package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.api.ActionRow;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.internal.route.Agent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Kills what a server works on. */
@Command(
        name = "kill",
        description = {
            "Kills what a server works on: a create, upload or download.",
            "A restore or a deletion is only marked as cancelled: it goes on to its end."
        })
final class KillCommand implements Callable<Integer> {

    private static final Duration PAUSE = Duration.ofMillis(250);

    @Mixin private ConfigOption configuration;

    @Mixin private RoutesOption routes;

    @Mixin private TargetOption target;

    @Mixin private AskOption ask;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        AgentConfig config = configuration.load();
        String at = target.in(config);
        Console console = Console.of(spec);
        try (Agent agent = routes.foreground(config, Clock.systemUTC(), List.of()).start()) {
            List<ActionRow> rows =
                    agent.activity(at).stream()
                            .filter(ActionRow::inProgress)
                            .filter(row -> !row.verb().equals("list"))
                            .toList();
            if (ask.json()) {
                console.json(rows);
            } else {
                show(console, at, rows);
            }
            if (rows.isEmpty() || ask.dryRun()) {
                return ExitCode.DONE;
            }
            if (!ask.agreed(console, "A run that waits for it fails.", "yes")) {
                return ExitCode.FAILED;
            }
            for (ActionRow row : rows) {
                console.message("Killing %s ...".formatted(row.command()));
                kill(agent, at, row);
                console.message(
                        "The server says that it is cancelled%s."
                                .formatted(
                                        List.of("restore", "restore_remote", "delete")
                                                        .contains(row.verb())
                                                ? ", and goes on with it to its end all the same"
                                                : ""));
            }
            return ExitCode.DONE;
        }
    }

    /** Newer servers answer only when the file in transfer is through; the row tells at once. */
    private static void kill(Agent agent, String target, ActionRow row) throws IOException {
        CompletableFuture<Void> told =
                CompletableFuture.runAsync(
                        () -> {
                            try {
                                agent.kill(target, row.command());
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        });
        while (!told.isDone() && agent.activity(target).contains(row)) {
            LockSupport.parkNanos(PAUSE.toNanos());
        }
        if (told.isDone()) {
            told.join();
        }
    }

    private static void show(Console console, String target, List<ActionRow> rows) {
        if (rows.isEmpty()) {
            console.line("The server of %s works on nothing.".formatted(target));
            return;
        }
        List<List<String>> table = new ArrayList<>();
        table.add(List.of("TARGET", "SINCE", "COMMAND"));
        rows.forEach(row -> table.add(List.of(target, row.start(), row.command())));
        console.table(table);
    }
}
