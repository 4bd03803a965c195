package io.github.clickhousebackupagent.cli;

import io.github.clickhousebackupagent.api.ActionRow;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.route.Agent;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
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
                agent.kill(at, row.command());
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
