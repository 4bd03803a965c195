package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.Run;
import io.github.clickhousebackupagent.internal.run.RunHistory;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunListener;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.run.Stage;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The agent is told to stop: it is gone soon, the server is left alone, and nothing is forgotten.
 */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
class StopTest {

    @TempDir Path directory;

    private final List<String> suspended = new CopyOnWriteArrayList<>();
    private final RunListener listener =
            new RunListener() {
                @Override
                public void suspended(Run run, String reason, boolean atOnce) {
                    suspended.add(reason);
                }
            };

    @Test
    void aStopInMidUploadLeavesTheServerAloneAndTheRunForTheNextStart() {
        try (SimulatedServer server = SandboxAgent.server().start();
                var gate = server.faults().hold("upload")) {
            SandboxAgent agent = SandboxAgent.start(directory, server, "", listener);
            agent.fire("node", BackupKind.FULL);
            await().until(
                            () ->
                                    journal().read().stream()
                                                    .filter(
                                                            e ->
                                                                    e.event()
                                                                            .equals(
                                                                                    JournalEvent
                                                                                            .OPERATION_ACKNOWLEDGED))
                                                    .count()
                                            == 2);
            Instant before = Instant.now();

            agent.close();

            assertThat(Duration.between(before, Instant.now())).isLessThan(Duration.ofSeconds(8));
            assertThat(history()).as("it is not over").isEmpty();
            assertThat(journal().read())
                    .last()
                    .satisfies(
                            event -> {
                                assertThat(event.event()).isEqualTo(JournalEvent.SUSPENDED);
                                assertThat(event.detail("stage")).isEqualTo("upload");
                            });
            assertThat(suspended)
                    .singleElement()
                    .satisfies(
                            reason ->
                                    assertThat(reason)
                                            .startsWith(
                                                    "the agent was stopped; the server goes on with upload"));
            assertThat(Calls.posts(server)).hasSize(2);
            assertThat(server.operations().get(1).finish()).isEmpty();
            assertThat(agent.markerFile()).doesNotExist();
            assertThat(agent.log())
                    .doesNotContain("UPLOAD ERROR", "finished at")
                    .contains("it goes on at the next start");
        }
    }

    @Test
    void aScheduledRunThatWaitsForItsTurnHasNoOutcomeAtTheStop() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SimulatedServer waiting = SandboxAgent.server().start();
                var gate = server.faults().hold("upload")) {
            SandboxAgent agent =
                    SandboxAgent.start(
                            directory,
                            Map.of("node", server, "waiting", waiting),
                            "parallel-runs: 1",
                            java.time.Clock.systemUTC());
            agent.fire("node", BackupKind.FULL);
            await().until(() -> Calls.uploads(server).size() == 1);
            agent.fire("waiting", BackupKind.FULL);
            await().until(() -> agent.agent().context().getInflightRepository().size() == 2);

            agent.close();

            assertThat(RunHistory.results(agent.agent().runs().journal("waiting"), "waiting"))
                    .isEmpty();
            assertThat(Calls.posts(waiting)).isEmpty();
        }
    }

    @Test
    void whoeverWaitsByHandInTheQueueIsAnsweredAtTheStop() {
        try (SimulatedServer server = SandboxAgent.server().start();
                var gate = server.faults().hold("upload")) {
            SandboxAgent agent = SandboxAgent.start(directory, server, "");
            var first = agent.later("node", BackupKind.FULL);
            await().until(() -> Calls.uploads(server).size() == 1);
            var second = agent.later("node", BackupKind.DIFF);
            var queue =
                    (org.apache.camel.component.seda.SedaEndpoint)
                            agent.agent().context().getEndpoint("seda:node");
            await().until(() -> queue.getCurrentQueueSize() == 1);

            agent.close();

            assertThat(first.join().outcome()).isEqualTo(Outcome.INTERRUPTED);
            assertThat(first.join().stage()).isEqualTo(Stage.UPLOAD);
            await().atMost(Duration.ofSeconds(5)).until(second::isDone);
            assertThat(second.join().outcome()).isEqualTo(Outcome.INTERRUPTED);
            assertThat(history())
                    .as("the first goes on at the next start, the second was never begun")
                    .singleElement()
                    .extracting(RunResult::kind)
                    .isEqualTo(RunKind.DIFF);
            assertThat(Calls.posts(server)).hasSize(2);
        }
    }

    @Test
    void aStopWhileNothingRunsLeavesNothingBehind() {
        try (SimulatedServer server = SandboxAgent.server().start()) {
            SandboxAgent agent = SandboxAgent.start(directory, server, "");

            agent.close();

            assertThat(history()).isEmpty();
            assertThat(server.calls()).isEmpty();
        }
    }

    @Test
    void theStopOfManyTargetsTakesNoLongerThanThatOfOne() {
        try (SimulatedServer server = SandboxAgent.server().start()) {
            Map<String, SimulatedServer> servers = new java.util.TreeMap<>();
            for (int i = 0; i < 40; i++) {
                servers.put("node-" + i, server);
            }
            SandboxAgent agent =
                    SandboxAgent.start(
                            directory,
                            servers,
                            "schedules: { yearly: { do: full, cron: '0 0 1 1 *' } }",
                            java.time.Clock.systemUTC());
            Instant before = Instant.now();

            agent.close();

            // A second for the queues, one for Quartz; one after the other it would be 40.
            assertThat(Duration.between(before, Instant.now())).isLessThan(Duration.ofSeconds(8));
        }
    }

    private List<RunResult> history() {
        return RunHistory.results(journal(), "node");
    }

    private Journal journal() {
        return new Journal(directory.resolve("state/node/runs.jsonl"));
    }
}
