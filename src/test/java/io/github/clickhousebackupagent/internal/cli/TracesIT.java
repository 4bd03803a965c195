package io.github.clickhousebackupagent.internal.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.trace.Collector;
import io.github.clickhousebackupagent.internal.trace.Collector.Seen;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Traces of the processes of the distribution: what they cost, and what is left of them. */
class TracesIT {

    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final String OPEN_TELEMETRY = "io.opentelemetry.";

    @TempDir Path directory;

    private SimulatedServer server;

    @BeforeEach
    void start() {
        server = SimulatedServer.builder().start();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void withoutTracesNothingOfOpenTelemetryIsLoaded() throws Exception {
        List<String> loaded = classesOfAnAgentWithARun("");
        assertThat(loaded).hasSizeGreaterThan(1000);
        assertThat(loaded).filteredOn(this::isOf).isEmpty();
    }

    @Test
    void withTracesItIsLoadedAndNotForACommandWithoutARun() throws Exception {
        try (Collector collector = Collector.start()) {
            String traces = "traces: { endpoint: '%s' }".formatted(collector.url());
            List<String> loaded = classesOfAnAgentWithARun(traces);
            assertThat(loaded).anyMatch(this::isOf);
            assertThat(collector.roots()).extracting(Seen::name).containsExactly("backup full");

            Path log = directory.resolve("check.log");
            Path config = config(traces, "yearly: { do: full, cron: '0 0 1 1 *' }");
            AgentProcess check = agent(javaLog(log), "check", config);
            assertThat(check.ended().exitCode()).isZero();
            assertThat(Files.readAllLines(log)).hasSizeGreaterThan(1000);
            assertThat(Files.readAllLines(log)).filteredOn(this::isOfItsSdk).isEmpty();
        }
    }

    /** The rest is interfaces that a class of ours is checked against. */
    private boolean isOfItsSdk(String line) {
        return line.contains(OPEN_TELEMETRY + "sdk.")
                || line.contains(OPEN_TELEMETRY + "exporter.");
    }

    private boolean isOf(String line) {
        return line.contains(OPEN_TELEMETRY);
    }

    private List<String> classesOfAnAgentWithARun(String traces) throws Exception {
        Path log = directory.resolve("classes.log");
        Path config = config(traces, "now: { do: full, cron: '0 0 1 1 *', first: at-start }");
        try (AgentProcess agent = agent(javaLog(log), "run", config)) {
            await().atMost(PATIENCE).until(() -> has(JournalEvent.ENDED, 1));
            agent.terminate();
            agent.ended();
        }
        return Files.readAllLines(log);
    }

    private static Map<String, String> javaLog(Path file) {
        return Map.of("JAVA_OPTS", "-Xlog:class+load:file=" + file);
    }

    @Test
    void aRunWhoseAgentIsKilledIsOneTrace() throws Exception {
        try (Collector collector = Collector.start()) {
            Path config =
                    config(
                            "traces: { endpoint: '%s' }".formatted(collector.url()),
                            "now: { do: full, cron: '0 0 1 1 *', first: at-start }");
            try (var upload = server.faults().hold("upload")) {
                try (AgentProcess agent = agent(Map.of(), "run", config)) {
                    await().atMost(PATIENCE)
                            .until(() -> has(JournalEvent.OPERATION_ACKNOWLEDGED, 2));
                    // What is finished comes within a second.
                    await().atMost(PATIENCE)
                            .until(
                                    () ->
                                            collector.named("POST /backup/upload/{backup}").size()
                                                    == 1);
                    agent.kill();
                }
            }
            try (AgentProcess agent = agent(Map.of(), "run", config)) {
                await().atMost(PATIENCE).until(() -> has(JournalEvent.ENDED, 1));
                agent.terminate();
                agent.ended();
            }

            assertThat(collector.roots()).hasSize(1);
            Seen root = collector.roots().get(0);
            assertThat(root.attributes())
                    .containsEntry("clickhouse_backup_agent.outcome", "success")
                    .containsEntry("clickhouse_backup_agent.resumed", "true");
            assertThat(collector.below(root))
                    .extracting(Seen::name)
                    .containsExactly("choose-base", "create", "upload", "prove", "move-marker");
            List<String> ids = collector.spans().stream().map(Seen::id).toList();
            assertThat(ids).doesNotHaveDuplicates();
            assertThat(collector.spans())
                    .filteredOn(span -> !span.isRoot())
                    .allSatisfy(span -> assertThat(ids).contains(span.parent()));
        }
    }

    @Test
    void aCollectorThatIsAwayIsToldOnceAndThatItIsBackToo() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        Path config =
                config(
                        "traces: { endpoint: 'http://127.0.0.1:%d' }".formatted(port),
                        "often: { do: full, cron: '*/2 * * * * ?' }");
        try (AgentProcess agent = agent(Map.of(), "run", config)) {
            await().atMost(PATIENCE)
                    .until(() -> agent.errors().contains("Traces are not taken by"));
            await().atMost(PATIENCE).until(() -> has(JournalEvent.MARKER_MOVED, 8));
            try (Collector collector = Collector.at(port)) {
                await().atMost(PATIENCE)
                        .until(() -> agent.errors().contains("Traces are taken again by"));
                agent.terminate();
                agent.ended();
            }
            assertThat(agent.errors())
                    .containsOnlyOnce("Traces are not taken by")
                    .contains("; runs go on: ")
                    .doesNotContain("Failed to export")
                    .doesNotContain("\tat ");
        }
    }

    private AgentProcess agent(Map<String, String> environment, String command, Path config)
            throws Exception {
        return AgentProcess.start(directory, environment, command, "--config", config.toString());
    }

    private Path config(String traces, String schedule) throws Exception {
        return Files.writeString(
                directory.resolve("agent.yaml"),
                """
                targets: { node: { url: "%s" } }
                http: { port: 0 }
                schedules: { %s }
                log-directory: "%s"
                state-directory: "%s"
                limits: { silence: 500ms, settle: 200ms, stop: 8s }
                %s
                """
                        .formatted(
                                server.uri(),
                                schedule,
                                directory.resolve("log"),
                                directory.resolve("state"),
                                traces));
    }

    private boolean has(String event, int times) {
        return journal().read().stream().filter(e -> e.event().equals(event)).count() >= times;
    }

    private Journal journal() {
        return new Journal(directory.resolve("state/node/runs.jsonl"));
    }
}
