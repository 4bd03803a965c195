package io.github.clickhousebackupagent.internal.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.internal.cli.AgentProcess.Ended;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The processes of the distribution are told to stop, and are started again. */
class StopIT {

    private static final int SIGTERM = 143;
    private static final int SIGINT = 130;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

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
    void anAgentThatIsStoppedInMidUploadGoesOnAtItsNextStart() throws Exception {
        Path config = config("* * * * * ?", "5s");
        try (var upload = server.faults().hold("upload")) {
            try (AgentProcess agent = agent("run", config)) {
                await().atMost(PATIENCE).until(() -> has(JournalEvent.OPERATION_ACKNOWLEDGED, 2));
                agent.terminate();
                assertThat(agent.ended().exitCode()).isEqualTo(SIGTERM);
                assertThat(agent.errors())
                        .contains("the server goes on with upload")
                        .contains("it goes on at the next start");
            }
            assertThat(has(JournalEvent.SUSPENDED, 1)).isTrue();
            assertThat(server.operations()).hasSize(2);
            assertThat(server.operations().get(1).finish()).isEmpty();
        }
        try (AgentProcess agent = agent("run", config("0 0 1 1 * ?", "5s"))) {
            await().atMost(PATIENCE).until(() -> has(JournalEvent.MARKER_MOVED, 1));
            agent.terminate();
            assertThat(agent.ended().exitCode()).isEqualTo(SIGTERM);
        }
        assertThat(server.operations())
                .filteredOn(o -> o.operation().equals("upload"))
                .isNotEmpty();
        String name = server.operations().get(1).name();
        assertThat(server.completeUploads(name)).isEqualTo(1);
        List<String> marked =
                journal().read().stream()
                        .filter(event -> event.event().equals(JournalEvent.MARKER_MOVED))
                        .map(event -> event.detail("backup"))
                        .toList();
        assertThat(marked).first().isEqualTo(name);
        // The runs that were due meanwhile are made up for: that one may have ended, too.
        assertThat(directory.resolve("log/.node_last_backup"))
                .hasContent(marked.get(marked.size() - 1));
    }

    @Test
    void aCommandThatIsStoppedWithCtrlCSaysWhatGoesOnAndTheNextOneFollowsIt() throws Exception {
        Path config = config("0 0 1 1 * ?", "5s");
        try (var upload = server.faults().hold("upload");
                AgentProcess full = agent("full", config)) {
            await().atMost(PATIENCE).until(() -> has(JournalEvent.OPERATION_ACKNOWLEDGED, 2));
            int asked = server.calls().size();

            full.interrupt();

            Ended ended = full.ended();
            assertThat(ended.exitCode()).isEqualTo(SIGINT);
            assertThat(ended.errors())
                    .contains("the agent was stopped; the server goes on with upload FULL_CH_BK_");
            assertThat(server.calls().subList(asked, server.calls().size()))
                    .as("nothing but the question that it was at")
                    .hasSizeLessThanOrEqualTo(1);
        }
        try (AgentProcess diff = agent("diff", config)) {
            assertThat(diff.ended().exitCode()).isZero();
        }
        List<String> outcomes =
                journal().read().stream()
                        .filter(event -> event.event().equals(JournalEvent.ENDED))
                        .map(event -> event.detail("outcome"))
                        .toList();
        assertThat(outcomes).containsExactly("success", "success");
    }

    @Test
    void aStopIsOverWithinItsLimitThoughTheServerDoesNotAnswer() throws Exception {
        server.faults().latency("/backup/list", Duration.ofMinutes(5));
        try (AgentProcess agent = agent("run", config("* * * * * ?", "4s"))) {
            await().atMost(PATIENCE).until(() -> has(JournalEvent.BEGUN, 1));
            Instant before = Instant.now();

            agent.terminate();

            assertThat(agent.ended().exitCode()).isEqualTo(SIGTERM);
            assertThat(Duration.between(before, Instant.now())).isLessThan(Duration.ofSeconds(5));
        }
    }

    @Test
    void aRunThatWasMissedIsMadeAtTheStart() throws Exception {
        journal()
                .append(
                        new JournalEvent(
                                Instant.now().minus(Duration.ofHours(3)),
                                null,
                                JournalEvent.ARMED,
                                Map.of("schedule", "full", "cron", "0 0 * * * ?", "zone", "UTC")));
        try (AgentProcess agent = agent("run", config("0 0 * * * ?", "5s"))) {
            await().atMost(PATIENCE).until(() -> has(JournalEvent.MARKER_MOVED, 1));
            assertThat(agent.errors())
                    .contains("Missed: ")
                    .contains(
                            "were not made, as the agent was not running; the last one is made now");
            agent.terminate();
            agent.ended();
        }
    }

    private AgentProcess agent(String command, Path config) throws IOException {
        return AgentProcess.start(directory, command, "--config", config.toString());
    }

    private Path config(String cron, String stop) throws IOException {
        return Files.writeString(
                directory.resolve("agent.yaml"),
                """
                targets: { node: { url: "%s" } }
                schedules: { full: { do: full, cron: "%s" } }
                limits: { silence: 1s, settle: 1s, stop: %s }
                zone: UTC
                http: { port: 0 }
                log-directory: "%s"
                state-directory: "%s"
                """
                        .formatted(
                                server.uri(),
                                cron,
                                stop,
                                directory.resolve("log"),
                                directory.resolve("state")));
    }

    private boolean has(String event, int times) {
        return journal().read().stream().filter(e -> e.event().equals(event)).count() >= times;
    }

    private Journal journal() {
        return new Journal(directory.resolve("state/node/runs.jsonl"));
    }
}
