package io.github.clickhousebackupagent.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.chain.BackupKind;
import io.github.clickhousebackupagent.journal.Journal;
import io.github.clickhousebackupagent.journal.JournalEvent;
import io.github.clickhousebackupagent.run.Outcome;
import io.github.clickhousebackupagent.run.RunHistory;
import io.github.clickhousebackupagent.run.RunListener;
import io.github.clickhousebackupagent.run.RunResult;
import io.github.clickhousebackupagent.run.Stage;
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

/** The agent stops, or stopped without a word. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
class StopTest {

    /** An agent with schedules closes what was left; a command, which has none, leaves it alone. */
    private static final String SCHEDULED =
            "schedules: { yearly: { do: full, cron: '0 0 1 1 *' } }";

    @TempDir Path directory;

    @Test
    void aStopInMidUploadInterruptsTheRunAndLeavesTheServerAlone() {
        try (SimulatedServer server = SandboxAgent.server().start();
                var gate = server.faults().hold("upload")) {
            SandboxAgent agent = SandboxAgent.start(directory, server, "");
            agent.fire("node", BackupKind.FULL);
            await().until(() -> Calls.questions(server) > 2);
            Instant before = Instant.now();

            agent.close();

            assertThat(Duration.between(before, Instant.now())).isLessThan(Duration.ofSeconds(8));
            assertThat(history())
                    .singleElement()
                    .satisfies(
                            run -> {
                                assertThat(run.outcome()).isEqualTo(Outcome.INTERRUPTED);
                                assertThat(run.stage()).isEqualTo(Stage.UPLOAD);
                                assertThat(run.reason()).contains("the server goes on with upload");
                            });
            assertThat(Calls.posts(server)).hasSize(2);
            assertThat(server.operations().get(1).finish()).isEmpty();
            assertThat(agent.markerFile()).doesNotExist();
            assertThat(agent.log()).doesNotContain("UPLOAD ERROR");
        }
    }

    @Test
    void aRunThatWaitsForItsTurnIsInterruptedByTheStop() {
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
                    .singleElement()
                    .extracting(RunResult::outcome)
                    .isEqualTo(Outcome.INTERRUPTED);
            assertThat(Calls.posts(waiting)).isEmpty();
        }
    }

    @Test
    void whatAKilledAgentLeftUnfinishedIsClosedAndTold() {
        journal().append(event("r1", JournalEvent.BEGUN, Map.of("kind", "full")));
        journal()
                .append(
                        event(
                                "r1",
                                JournalEvent.BASE_CHOSEN,
                                Map.of("kind", "full", "backup", "FULL_A")));
        journal()
                .append(
                        event(
                                "r1",
                                JournalEvent.OPERATION_ANNOUNCED,
                                Map.of("operation", "create")));
        List<RunResult> told = new CopyOnWriteArrayList<>();
        RunListener listener =
                new RunListener() {
                    @Override
                    public void ended(RunResult result) {
                        told.add(result);
                    }
                };
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = SandboxAgent.start(directory, server, SCHEDULED, listener)) {
            assertThat(told)
                    .singleElement()
                    .satisfies(
                            run -> {
                                assertThat(run.run()).isEqualTo("r1");
                                assertThat(run.outcome()).isEqualTo(Outcome.INTERRUPTED);
                                assertThat(run.stage()).isEqualTo(Stage.CREATE);
                                assertThat(run.backup()).isEqualTo("FULL_A");
                            });
            assertThat(agent.results("node")).hasSize(1);
            assertThat(RunHistory.unfinished(journal(), "node")).isEmpty();
            assertThat(Calls.posts(server)).isEmpty();
        }
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent again = SandboxAgent.start(directory, server, SCHEDULED, listener)) {
            assertThat(told).as("not told twice").hasSize(1);
            assertThat(again.full().outcome()).isEqualTo(Outcome.SUCCESS);
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
            await().atMost(Duration.ofSeconds(5)).until(second::isDone);
            assertThat(second.join().outcome()).isEqualTo(Outcome.INTERRUPTED);
            assertThat(history()).hasSize(2);
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

    private List<RunResult> history() {
        return RunHistory.results(journal(), "node");
    }

    private Journal journal() {
        return new Journal(directory.resolve("state/node/runs.jsonl"));
    }

    private static JournalEvent event(String run, String event, Map<String, Object> details) {
        return new JournalEvent(Instant.parse("2026-11-22T12:00:00Z"), run, event, details);
    }
}
