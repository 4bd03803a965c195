package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.ConfigLoader;
import io.github.clickhousebackupagent.internal.route.Agent;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunListener;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.sandbox.ServerVersion;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows the agent at work on two simulated servers, with nothing else installed. */
@Command(name = "demo", description = "Shows backups of two simulated servers, in 40 s.")
final class DemoCommand implements Callable<Integer> {

    private static final Duration LIMIT = Duration.ofSeconds(38);
    private static final int PERIOD_SECONDS = 10;
    private static final List<String> TARGETS = List.of("shard1", "shard2");

    @Mixin private RoutesOption routes;

    @Option(names = "--keep", description = "Goes on until it is told to stop (Ctrl-C).")
    private boolean keep;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Console console = Console.of(spec);
        Path directory = Files.createTempDirectory("clickhouse-backup-agent-demo");
        try (SimulatedServer first = server(ServerVersion.V2_8);
                SimulatedServer second = server(ServerVersion.V2_4)) {
            AgentConfig config = config(directory, first, second);
            console.message(
                    """
                    Two simulated clickhouse-backup servers: %s at %s (as 2.8), %s at %s (as 2.4).
                    A FULL and a DIFF of each every %d s, by the routes in %s.
                    Logs, markers and journals: %s
                    """
                            .formatted(
                                    TARGETS.get(0),
                                    first.uri(),
                                    TARGETS.get(1),
                                    second.uri(),
                                    PERIOD_SECONDS,
                                    routes.folder() == null ? "the jar" : "routes/",
                                    directory));
            Ended ended = new Ended();
            try (Agent agent =
                    routes.background(config, Clock.systemUTC(), List.of(ended), null).start()) {
                boolean enough = ended.await();
                List<RunResult> results = ended.results();
                console.line("");
                HistoryCommand.print(console, results, config);
                for (String target : TARGETS) {
                    console.line(
                            "%s now says: %s"
                                    .formatted(
                                            config.markerFile(target).getFileName(),
                                            Files.readString(config.markerFile(target))));
                }
                if (keep) {
                    console.message(
                            "Goes on until Ctrl-C. The page: %s/"
                                    .formatted(agent.url().orElseThrow()));
                    new CountDownLatch(1).await();
                }
                boolean allWell =
                        results.stream().allMatch(run -> run.outcome() == Outcome.SUCCESS);
                return enough && allWell ? ExitCode.DONE : ExitCode.FAILED;
            }
        }
    }

    private static SimulatedServer server(ServerVersion version) throws IOException {
        return SimulatedServer.builder()
                .version(version)
                .credentials("demo", "demo")
                .createTime(Duration.ofMillis(500))
                .uploadTime(Duration.ofMillis(1500))
                .start();
    }

    private static AgentConfig config(
            Path directory, SimulatedServer first, SimulatedServer second) {
        // So that the first to fire is a FULL, soon, whatever the time is.
        int full = (LocalTime.now().getSecond() + 3) % PERIOD_SECONDS;
        int diff = (full + PERIOD_SECONDS / 2) % PERIOD_SECONDS;
        String yaml =
                """
                targets:
                  %s: { url: "%s", username: demo, password: demo }
                  %s: { url: "%s", username: demo, password: demo }
                schedules:
                  full: { do: full, cron: "%d/%d * * * * ?" }
                  diff: { do: diff, cron: "%d/%d * * * * ?" }
                log-directory: "%s"
                state-directory: "%s"
                http: { port: 0 }
                """
                        .formatted(
                                TARGETS.get(0),
                                first.uri(),
                                TARGETS.get(1),
                                second.uri(),
                                full,
                                PERIOD_SECONDS,
                                diff,
                                PERIOD_SECONDS,
                                directory.resolve("log"),
                                directory.resolve("state"));
        return new ConfigLoader(Map.<String, String>of()::get, Clock.systemDefaultZone())
                .parse("demo", yaml);
    }

    /** Counts the runs that have ended: two of each kind and target are what is to be shown. */
    private static final class Ended implements RunListener {

        private final List<RunResult> results = new ArrayList<>();
        private final CountDownLatch enough = new CountDownLatch(1);

        @Override
        public synchronized void ended(RunResult result) {
            results.add(result);
            boolean all =
                    TARGETS.stream()
                            .allMatch(
                                    target ->
                                            count(target, RunKind.FULL) >= 2
                                                    && count(target, RunKind.DIFF) >= 2);
            if (all) {
                enough.countDown();
            }
        }

        private long count(String target, RunKind kind) {
            return results.stream()
                    .filter(run -> run.target().equals(target) && run.kind() == kind)
                    .count();
        }

        boolean await() throws InterruptedException {
            return enough.await(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        }

        synchronized List<RunResult> results() {
            return List.copyOf(results);
        }
    }
}
