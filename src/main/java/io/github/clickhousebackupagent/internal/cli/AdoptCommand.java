package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.internal.order.AdoptOrder;
import io.github.clickhousebackupagent.internal.route.Agent;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunRequest;
import io.github.clickhousebackupagent.internal.run.RunResult;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Puts the marker on a backup that is there. */
@Command(
        name = "adopt",
        description = {
            "Proves a remote backup, and makes it the last one.",
            "The next DIFF is based on it."
        })
final class AdoptCommand implements Callable<Integer> {

    @Mixin private ConfigOption configuration;

    @Mixin private RoutesOption routes;

    @Mixin private TargetOption target;

    @Parameters(paramLabel = "BACKUP", description = "Name of the backup.")
    private String name;

    @Option(names = "--json", description = "Prints the outcome as JSON.")
    private boolean json;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        Arguments.requireName(name);
        AgentConfig config = configuration.load();
        String at = target.in(config);
        Console console = Console.of(spec);
        Clock clock = Clock.systemUTC();
        try (Agent agent = routes.foreground(config, clock, List.of()).start()) {
            RunResult result =
                    new Ordered(config, agent, console)
                            .carryOut(
                                    RunRequest.byOrder(
                                            at,
                                            RunKind.ADOPT,
                                            new AdoptOrder(name),
                                            clock.instant()));
            Ordered.print(console, result, json);
            return ExitCode.of(List.of(result));
        }
    }
}
