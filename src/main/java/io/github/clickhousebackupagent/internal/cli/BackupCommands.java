package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.route.Agent;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunListener;
import io.github.clickhousebackupagent.internal.run.RunResult;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The commands that make a backup now. */
final class BackupCommands {

    private BackupCommands() {}

    /** A FULL now. */
    @Command(name = "full", description = "Makes a FULL backup now, and ends when it has ended.")
    static final class Full extends Now {
        Full() {
            super(BackupKind.FULL);
        }
    }

    /** A DIFF now. */
    @Command(name = "diff", description = "Makes a DIFF backup now, and ends when it has ended.")
    static final class Diff extends Now {
        Diff() {
            super(BackupKind.DIFF);
        }
    }

    /** What both have in common. */
    abstract static class Now implements Callable<Integer> {

        private final BackupKind kind;

        @Mixin private ConfigOption configuration;

        @Mixin private RoutesOption routes;

        @Mixin private TargetsArgument named;

        @Option(names = "--json", description = "Prints the outcome as JSON.")
        private boolean json;

        @Spec private CommandSpec spec;

        Now(BackupKind kind) {
            this.kind = kind;
        }

        @Override
        public Integer call() {
            AgentConfig config = configuration.load();
            List<String> targets = named.in(config);
            Console console = Console.of(spec);
            List<RunResult> results = run(routes, config, kind, targets, console);
            if (json) {
                console.json(results);
            }
            return ExitCode.of(results);
        }
    }

    /** Makes a backup of each target, side by side, and returns how they ended, in that order. */
    static List<RunResult> run(
            RoutesOption routes,
            AgentConfig config,
            BackupKind kind,
            List<String> targets,
            Console console) {
        Clock clock = Clock.systemUTC();
        Terminal terminal = Terminal.detect(System.getenv());
        List<RunListener> listeners =
                terminal.interactive() && !terminal.plain() && targets.size() == 1
                        ? List.of(new ProgressLine(console.err()))
                        : List.of();
        ExecutorService side = Executors.newFixedThreadPool(targets.size());
        try (Agent agent = routes.foreground(config, clock, listeners)) {
            agent.start();
            List<CompletableFuture<RunResult>> runs =
                    targets.stream()
                            .map(
                                    target ->
                                            CompletableFuture.supplyAsync(
                                                            () -> agent.run(target, kind), side)
                                                    .exceptionally(
                                                            e ->
                                                                    notBegun(
                                                                            target,
                                                                            RunKind.of(kind),
                                                                            e,
                                                                            clock)))
                            .toList();
            return runs.stream().map(CompletableFuture::join).toList();
        } finally {
            side.shutdown();
        }
    }

    /** The outcome of a run that could not even begin: the others go on all the same. */
    private static RunResult notBegun(String target, RunKind kind, Throwable reason, Clock clock) {
        return RunResult.notBegun(target, kind, StartProblems.explain(reason), clock.instant());
    }
}
