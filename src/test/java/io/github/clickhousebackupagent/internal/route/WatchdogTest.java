package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.Run;
import io.github.clickhousebackupagent.internal.run.RunListener;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.run.Stage;
import io.github.clickhousebackupagent.sandbox.Ending;
import io.github.clickhousebackupagent.sandbox.ServerVersion;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** An operation that takes too long is told before it is too late, and does not go on for ever. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
class WatchdogTest {

    private static final String RETRY =
            "retry: { create: 1, upload: 1, pause: 10ms, longest-pause: 10ms }\n";

    @TempDir Path directory;

    private final List<String> warnings = new CopyOnWriteArrayList<>();
    private final RunListener listener =
            new RunListener() {
                @Override
                public void warned(Run run, String warning) {
                    warnings.add(warning);
                }
            };

    @ParameterizedTest
    @CsvSource({"create, V2_4", "create, V2_8", "upload, V2_4", "upload, V2_8"})
    void whatTakesTooLongIsKilledAndTheServerIsFreeAgain(String operation, ServerVersion version) {
        try (SimulatedServer server = SandboxAgent.server().version(version).start();
                SandboxAgent agent = start(server, operation + ": 2s, when-exceeded: kill")) {
            server.faults().next(operation, Ending.never());

            RunResult full = agent.full();

            assertThat(full.outcome()).as("%s", full).isEqualTo(Outcome.FAILED);
            assertThat(full.stage()).isEqualTo(Stage.valueOf(operation.toUpperCase()));
            assertThat(full.reason()).isEqualTo("it was killed after the limit of 2s");
            assertThat(Calls.posts(server))
                    .last()
                    .asString()
                    .startsWith("POST /backup/kill?command=" + operation + "%20")
                    .endsWith(full.backup());
            assertThat(agent.journal())
                    .extracting(JournalEvent::event)
                    .contains(JournalEvent.KILL_ANNOUNCED);
            assertThat(warnings).anyMatch(w -> w.contains("half of its limit"));
            assertThat(agent.full().outcome()).as("the next run").isEqualTo(Outcome.SUCCESS);
        }
    }

    @Test
    void theTimeThatTheServerWasBusyIsNoPartOfTheLimitOfWhatIsAskedForAfterwards() {
        try (SimulatedServer server =
                        SandboxAgent.server().createTime(Duration.ofMillis(300)).start();
                SandboxAgent agent =
                        SandboxAgent.start(
                                directory,
                                server,
                                "limits: { create: 2s, busy: 30s, when-exceeded: kill }",
                                listener);
                var lock = server.faults().lock("restore FOREIGN")) {
            var run = agent.later(SandboxAgent.TARGET, BackupKind.FULL);
            await().until(() -> warnings.stream().anyMatch(w -> w.endsWith("it waits")));
            await().pollDelay(Duration.ofMillis(2200)).until(() -> true);

            lock.open();

            RunResult full = run.join();
            assertThat(full.outcome()).as("%s", full).isEqualTo(Outcome.SUCCESS);
            assertThat(Calls.posts(server)).noneMatch(call -> call.contains("/kill"));
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void anUploadThatHangsIsKilledAndUploadedAgain(ServerVersion version) {
        try (SimulatedServer server = SandboxAgent.server().version(version).start();
                SandboxAgent agent =
                        start(server, "upload: 400ms, when-exceeded: kill-and-retry")) {
            server.faults().next("upload", Ending.never());

            RunResult full = agent.full();

            assertThat(full.outcome()).as("%s", full).isEqualTo(Outcome.SUCCESS);
            assertThat(agent.marker()).isEqualTo(full.backup());
            assertThat(Calls.uploads(server)).hasSize(2);
            assertThat(server.completeUploads(full.backup())).isEqualTo(1);
        }
    }

    @Test
    void anUploadThatHangsAgainAndAgainIsGivenUp() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent =
                        start(server, "upload: 300ms, when-exceeded: kill-and-retry")) {
            server.faults().next("upload", Ending.never());
            server.faults().next("upload", Ending.never());

            RunResult full = agent.full();

            assertThat(full.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(full.reason()).isEqualTo("it was killed after the limit of 300ms");
            assertThat(Calls.uploads(server)).hasSize(2);
        }
    }

    @Test
    void aServerThatDoesNotKillIsLeftAloneAndTheRunFails() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent =
                        start(server, "list: 300ms, upload: 300ms, when-exceeded: kill")) {
            server.faults().next("upload", Ending.never());
            server.faults().answer("/backup/kill", 1, 500, "text/plain", "{\"error\":\"no\"}");

            RunResult full = agent.full();

            assertThat(full.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(full.reason()).startsWith("the server still works on upload ");
            assertThat(warnings).anyMatch(w -> w.startsWith("it could not be killed: "));
            assertThat(Calls.posts(server)).filteredOn(c -> c.contains("/kill")).hasSize(1);
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void anUploadThatFailsOnceIsTriedAgain(ServerVersion version) {
        try (SimulatedServer server = SandboxAgent.server().version(version).start();
                SandboxAgent agent = start(server, "upload: 30s")) {
            server.faults().next("upload", Ending.error("timeout"));

            RunResult full = agent.full();

            assertThat(full.outcome()).as("%s", full).isEqualTo(Outcome.SUCCESS);
            assertThat(Calls.uploads(server)).hasSize(2);
            assertThat(warnings)
                    .anyMatch(
                            w -> w.startsWith("timeout; it is asked for again in 0.0 s (1 of 1)"));
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void aCreateThatFailsOnceIsTriedAgainUnderAnotherName(ServerVersion version) {
        try (SimulatedServer server = SandboxAgent.server().version(version).start();
                SandboxAgent agent = start(server, "upload: 30s")) {
            server.faults().next("create", Ending.error("disk full"));

            RunResult full = agent.full();

            assertThat(full.outcome()).as("%s", full).isEqualTo(Outcome.SUCCESS);
            assertThat(Calls.posts(server)).hasSize(3).doesNotHaveDuplicates();
            assertThat(agent.marker()).isEqualTo(full.backup());
        }
    }

    @Test
    void whatFailsAgainAndAgainIsGivenUp() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, "upload: 30s")) {
            server.faults().next("upload", Ending.error("timeout"));
            server.faults().next("upload", Ending.error("disk full"));

            RunResult full = agent.full();

            assertThat(full.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(full.reason()).isEqualTo("disk full");
            assertThat(Calls.uploads(server)).hasSize(2);
            assertThat(agent.markerFile()).doesNotExist();
        }
    }

    @Test
    void aBackupThatTheServerTakesForOneBeingUploadedIsMadeAnew() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, "upload: 30s")) {
            server.faults()
                    .next(
                            "upload",
                            Ending.error(
                                    "another clickhouse-backup `upload` command is already running"
                                            + " 2026-11-22T12:00:00Z (pid=1)"));

            RunResult full = agent.full();

            assertThat(full.outcome()).as("%s", full).isEqualTo(Outcome.SUCCESS);
            assertThat(Calls.posts(server)).hasSize(4).doesNotHaveDuplicates();
            assertThat(Calls.uploads(server)).last().asString().endsWith(full.backup());
            assertThat(agent.marker()).isEqualTo(full.backup());
        }
    }

    private SandboxAgent start(SimulatedServer server, String limits) {
        return SandboxAgent.start(
                directory,
                server,
                RETRY + "limits: { " + SandboxAgent.SHORT_LIMITS + ", " + limits + " }",
                listener);
    }
}
