package io.github.clickhousebackupagent.internal.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints what shells need to complete commands and options. */
@Command(
        name = "completion",
        description = {
            "Prints what bash and zsh need to complete commands.",
            "In bash: source <(clickhouse-backup-agent completion)"
        })
final class CompletionCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        CommandLine all = AgentCommand.commandLine();
        Console.of(spec).line(AutoComplete.bash(spec.root().name(), all).stripTrailing());
        return ExitCode.DONE;
    }
}
