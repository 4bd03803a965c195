package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.config.ConfigLoader;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.order.Order;
import io.github.clickhousebackupagent.internal.report.RunLog;
import io.github.clickhousebackupagent.internal.run.RunHistory;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunListener;
import io.github.clickhousebackupagent.internal.run.RunRequest;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * An agent with the routes of the product and simulated targets: {@code node}, or several by name.
 */
final class SandboxAgent implements AutoCloseable {

    static final String TARGET = "node";

    /** What waits for something to pass gives up soon. */
    static final String SHORT_LIMITS =
            "busy: 300ms, outage: 300ms, silence: 500ms, settle: 100ms, proof: 100ms, stop: 5s";

    /** Stands in no log, journal or marker. */
    static final String PASSWORD = "TopSecret4711";

    final AgentConfig config;
    private final Clock clock;
    private final Agent agent;

    private SandboxAgent(
            AgentConfig config, Path routes, Clock clock, List<RunListener> listeners) {
        this.config = config;
        this.clock = clock;
        try {
            Files.createDirectories(config.logDirectory());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.agent =
                new Agent(
                                config,
                                new Agent.Options(
                                        routes,
                                        !config.schedules().isEmpty(),
                                        now -> listeners(now, clock, listeners),
                                        null),
                                clock)
                        .start();
    }

    private static List<RunListener> listeners(
            AgentConfig config, Clock clock, List<RunListener> more) {
        List<RunListener> all = new ArrayList<>(more);
        all.add(new RunLog(config, clock));
        return all;
    }

    /**
     * Starts one.
     *
     * @param more YAML for the rest of the configuration
     */
    static SandboxAgent start(
            Path directory, SimulatedServer server, String more, RunListener... listeners) {
        return start(directory, server, more, Clock.systemUTC(), listeners);
    }

    static SandboxAgent start(
            Path directory,
            SimulatedServer server,
            String more,
            Clock clock,
            RunListener... listeners) {
        return start(directory, Map.of(TARGET, server), more, clock, listeners);
    }

    /**
     * Starts one with several targets.
     *
     * @param servers by the name of the target
     * @param more YAML for the rest of the configuration; its own {@code http} replaces the one
     *     here
     */
    static SandboxAgent start(
            Path directory,
            Map<String, SimulatedServer> servers,
            String more,
            Clock clock,
            RunListener... listeners) {
        Map<String, String> urls = new LinkedHashMap<>();
        servers.forEach((name, server) -> urls.put(name, server.uri().toString()));
        return startAt(directory, urls, "", more, clock, listeners);
    }

    /** Starts one with routes of its own. */
    static SandboxAgent startWithRoutes(
            Path directory,
            SimulatedServer server,
            Path routes,
            String more,
            RunListener... listeners) {
        Map<String, String> urls = Map.of(TARGET, server.uri().toString());
        AgentConfig config = config(directory, urls, "", more, Clock.systemUTC());
        return new SandboxAgent(config, routes, Clock.systemUTC(), List.of(listeners));
    }

    /** Starts one that asks the ClickHouse of its target, too. */
    static SandboxAgent startWithClickHouse(
            Path directory, SimulatedServer server, String more, RunListener... listeners) {
        return startAt(
                directory,
                Map.of(TARGET, server.uri().toString()),
                ", clickhouse-url: \"%s\", clickhouse-username: reader, clickhouse-password: %s"
                        .formatted(server.clickHouseUri(), PASSWORD),
                more,
                Clock.systemUTC(),
                listeners);
    }

    /** Starts one whose target is anywhere. */
    static SandboxAgent start(Path directory, String url, String more, RunListener... listeners) {
        return startAt(directory, Map.of(TARGET, url), "", more, Clock.systemUTC(), listeners);
    }

    private static SandboxAgent startAt(
            Path directory,
            Map<String, String> urls,
            String keys,
            String more,
            Clock clock,
            RunListener... listeners) {
        AgentConfig config = config(directory, urls, keys, more, clock);
        return new SandboxAgent(config, Path.of("routes"), clock, List.of(listeners));
    }

    private static AgentConfig config(
            Path directory, Map<String, String> urls, String keys, String more, Clock clock) {
        StringBuilder yaml = new StringBuilder("targets:\n");
        urls.forEach(
                (name, url) ->
                        yaml.append(
                                "  %s: { url: \"%s\", username: api, password: %s%s }%n"
                                        .formatted(name, url, PASSWORD, keys)));
        yaml.append("log-directory: \"%s\"%n".formatted(directory.resolve("log")));
        yaml.append("state-directory: \"%s\"%n".formatted(directory.resolve("state")));
        yaml.append("zone: UTC\n");
        yaml.append(more.contains("http:") ? "" : "http: { port: 0 }\n");
        // What a person would wait minutes for.
        yaml.append(more.contains("limits:") ? "" : "limits: { " + SHORT_LIMITS + " }\n");
        yaml.append(more.contains("retry:") ? "" : "retry: { create: 0, upload: 0 }\n");
        yaml.append(more).append('\n');
        return new ConfigLoader(Map.<String, String>of()::get, clock).parse("t", yaml.toString());
    }

    static SimulatedServer.Builder server() {
        return SimulatedServer.builder()
                .credentials("api", PASSWORD)
                .clickHouseCredentials("reader", PASSWORD);
    }

    RunResult full() {
        return agent.run(TARGET, BackupKind.FULL);
    }

    RunResult diff() {
        return agent.run(TARGET, BackupKind.DIFF);
    }

    RunResult run(String target, BackupKind kind) {
        return agent.run(target, kind);
    }

    /** Has done what was ordered. */
    RunResult run(RunKind kind, Order order) {
        return agent.run(RunRequest.byOrder(TARGET, kind, order, clock.instant()));
    }

    /** Orders something on a thread of its own. */
    CompletableFuture<RunResult> later(RunKind kind, Order order) {
        return later(() -> run(kind, order));
    }

    /** Asks for a backup on a thread of its own. */
    CompletableFuture<RunResult> later(String target, BackupKind kind) {
        return later(() -> agent.run(target, kind));
    }

    private static CompletableFuture<RunResult> later(Supplier<RunResult> run) {
        CompletableFuture<RunResult> result = new CompletableFuture<>();
        Thread thread =
                new Thread(
                        () -> {
                            try {
                                result.complete(run.get());
                            } catch (RuntimeException e) {
                                result.completeExceptionally(e);
                            }
                        });
        thread.setDaemon(true);
        thread.start();
        return result;
    }

    /** Asks for a backup as the schedule {@code hourly} does: without waiting for the outcome. */
    void fire(String target, BackupKind kind) {
        agent.context()
                .createProducerTemplate()
                .sendBody(
                        "direct:request-run",
                        RunRequest.bySchedule(null, target, kind, "hourly", clock.instant()));
    }

    List<RunResult> results(String target) {
        return RunHistory.results(agent.runs().journal(target), target);
    }

    Agent agent() {
        return agent;
    }

    Path markerFile() {
        return config.markerFile(TARGET);
    }

    String marker() {
        return read(markerFile());
    }

    String log() {
        return read(config.logFile(TARGET));
    }

    List<JournalEvent> journal() {
        return agent.runs().journal(TARGET).read();
    }

    @Override
    public void close() {
        agent.close();
    }

    /** Returns all that is in the folders of logs, markers and journals. */
    String everythingWritten() {
        StringBuilder text = new StringBuilder();
        for (Path folder : List.of(config.logDirectory(), config.stateDirectory())) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    text.append(file).append('\n').append(read(file)).append('\n');
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return text.toString();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
