package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunListener;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.sandbox.Ending;
import io.github.clickhousebackupagent.sandbox.ServerVersion;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The agent was killed, or the server, or both: the run goes on at the stage that is true. */
@Timeout(90)
@Execution(ExecutionMode.CONCURRENT)
class ResumeTest {

    /** An agent with schedules takes up at its start what was left. */
    private static final String PATIENT =
            """
            schedules: { yearly: { do: full, cron: '0 0 1 1 *' }, hourly: { do: diff, cron: '0 0 1 1 *' } }
            limits: { busy: 20s, outage: 20s, silence: 500ms, settle: 200ms, proof: 1s, stop: 5s }
            retry: { create: 1, upload: 1, pause: 10ms, longest-pause: 10ms }
            """;

    @TempDir Path directory;

    private final List<RunResult> told = new CopyOnWriteArrayList<>();
    private final RunListener listener =
            new RunListener() {
                @Override
                public void ended(RunResult result) {
                    told.add(result);
                }
            };

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void anUploadThatGoesOnWithoutTheAgentIsWaitedForAndNotAskedForAgain(ServerVersion version) {
        try (SimulatedServer server = server(version);
                var upload = server.faults().hold("upload")) {
            killInMidUpload(server, BackupKind.FULL);

            try (SandboxAgent agent = start(server)) {
                await().until(() -> has(JournalEvent.RESUMED));
                upload.open();

                RunResult result = outcome();

                assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.SUCCESS);
                assertThat(agent.marker()).isEqualTo(result.backup());
                assertThat(Calls.posts(server)).hasSize(2);
                assertThat(server.completeUploads(result.backup())).isEqualTo(1);
                assertThat(agent.log()).contains("goes on where it was cut off, in upload");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void aCreateThatGoesOnWithoutTheAgentIsWaitedForAndUploaded(ServerVersion version) {
        try (SimulatedServer server = server(version);
                var create = server.faults().hold("create")) {
            SandboxAgent first = start(server);
            first.fire("node", BackupKind.FULL);
            await().until(() -> has(JournalEvent.OPERATION_ACKNOWLEDGED));
            kill(first);

            try (SandboxAgent agent = start(server)) {
                await().until(() -> has(JournalEvent.RESUMED));
                create.open();

                RunResult result = outcome();

                assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.SUCCESS);
                assertThat(agent.marker()).isEqualTo(result.backup());
                assertThat(Calls.posts(server)).hasSize(2);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void anUploadThatEndedWhileTheAgentWasAwayIsProven(ServerVersion version) {
        try (SimulatedServer server = server(version)) {
            try (var upload = server.faults().hold("upload")) {
                killInMidUpload(server, BackupKind.FULL);
            }
            await().until(() -> server.operations().get(1).finish().isPresent());

            try (SandboxAgent agent = start(server)) {
                RunResult result = outcome();

                assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.SUCCESS);
                assertThat(agent.marker()).isEqualTo(result.backup());
                assertThat(Calls.posts(server)).hasSize(2);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void anUploadThatEndedWhileTheAgentWasAwayForLongerThanItsLimitIsProven(ServerVersion version) {
        try (SimulatedServer server = server(version)) {
            try (var upload = server.faults().hold("upload")) {
                killInMidUpload(server, BackupKind.FULL);
            }
            await().until(() -> server.operations().get(1).finish().isPresent());
            Clock daysLater = Clock.offset(Clock.systemUTC(), Duration.ofDays(3));

            try (SandboxAgent agent =
                    SandboxAgent.start(directory, server, PATIENT, daysLater, listener)) {
                RunResult result = outcome();

                assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.SUCCESS);
                assertThat(agent.marker()).isEqualTo(result.backup());
                assertThat(Calls.posts(server)).hasSize(2);
            }
        }
    }

    @Test
    void aKillThatTheAgentDidNotComeToIsMadeWhenItGoesOn() {
        String more = PATIENT.replace("busy: 20s", "upload: 500ms, when-exceeded: kill, busy: 20s");
        try (SimulatedServer server = server(ServerVersion.V2_8)) {
            server.faults().next("upload", Ending.never());
            // The server does not hear of it the first time.
            server.faults().answer("/backup/kill", 1, 500, "text/plain", "{\"error\":\"no\"}");
            SandboxAgent first = SandboxAgent.start(directory, server, more, listener);
            first.fire("node", BackupKind.FULL);
            await().until(() -> has(JournalEvent.KILL_ANNOUNCED));
            kill(first);

            try (SandboxAgent agent = SandboxAgent.start(directory, server, more, listener)) {
                RunResult result = outcome();

                assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
                assertThat(result.reason()).isEqualTo("it was killed after the limit of 500ms");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void whatARestartedServerGoesOnWithByItselfIsFollowed(ServerVersion version) {
        try (SimulatedServer server = server(version)) {
            var upload = server.faults().hold("upload");
            killInMidUpload(server, BackupKind.FULL);
            var resumed = server.faults().hold("upload");
            server.restart();

            try (SandboxAgent agent = start(server)) {
                await().until(() -> has(JournalEvent.RESUMED));
                resumed.open();

                RunResult result = outcome();

                assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.SUCCESS);
                assertThat(agent.marker()).isEqualTo(result.backup());
                assertThat(Calls.uploads(server)).hasSize(1);
                assertThat(server.completeUploads(result.backup())).isEqualTo(1);
            } finally {
                upload.close();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void aServerThatIsKilledInMidUploadOfADiffCostsNoBackup(ServerVersion version) {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server)) {
            String full = agent.full().backup();
            told.clear();
            var upload = server.faults().hold("upload");
            agent.fire("node", BackupKind.DIFF);
            // Asked for is not begun: until then there is nothing to resume.
            await().until(() -> server.remote().size() == 2);

            server.restart();

            RunResult result = outcome();
            upload.close();
            assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.SUCCESS);
            assertThat(result.base()).isEqualTo(full);
            assertThat(agent.marker()).isEqualTo(result.backup());
            assertThat(server.completeUploads(result.backup())).isEqualTo(1);
            assertThat(agent.log().contains("the upload was lost (b.getTablesForUploadDiffLocal"))
                    .as("2.4 looks for the base with quotes around its name")
                    .isEqualTo(version == ServerVersion.V2_4);
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void aServerThatIsKilledInMidCreateCostsNoBackup(ServerVersion version) {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server)) {
            var create = server.faults().hold("create");
            agent.fire("node", BackupKind.FULL);
            await().until(() -> has(JournalEvent.OPERATION_ACKNOWLEDGED));

            server.restart();
            create.close(); // Else it could hold the next one, where the first had not come to it.

            RunResult result = outcome();
            assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.SUCCESS);
            List<String> creates =
                    Calls.posts(server).stream().filter(c -> c.contains("/create")).toList();
            assertThat(creates).as("under a name of its own each time").hasSize(2);
            assertThat(creates).doesNotHaveDuplicates();
            assertThat(agent.marker()).isEqualTo(result.backup());
        }
    }

    /** As where ClickHouse is down when the server wants to remove old backups after the upload. */
    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void anUploadThatIsWholeIsNotMadeAgainWhateverItsRowSays(ServerVersion version) {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server)) {
            server.faults().next("upload", Ending.errorAfterwards("connection refused"));

            RunResult full = agent.full();

            assertThat(full.outcome()).as("%s", full).isEqualTo(Outcome.SUCCESS);
            assertThat(agent.marker()).isEqualTo(full.backup());
            assertThat(Calls.uploads(server)).hasSize(1);
            assertThat(agent.log())
                    .contains("it came to its end, although the server says: connection refused");
        }
    }

    @Test
    void aServerThatIsAwayForAWhileIsWaitedFor() {
        try (SimulatedServer server = server(ServerVersion.V2_8);
                var upload = server.faults().hold("upload")) {
            SandboxAgent first = killInMidUpload(server, BackupKind.FULL);
            server.kill();

            try (SandboxAgent agent = start(server)) {
                await().until(() -> first.log().contains("it is asked again for up to 20s"));
                server.restart();

                assertThat(outcome().outcome()).isEqualTo(Outcome.SUCCESS);
                assertThat(agent.log()).contains("the server answers again, after");
            }
        }
    }

    @Test
    void aServerThatStaysAwayFailsTheRun() {
        try (SimulatedServer server = server(ServerVersion.V2_8);
                var upload = server.faults().hold("upload")) {
            killInMidUpload(server, BackupKind.FULL);
            server.kill();

            try (SandboxAgent agent =
                    SandboxAgent.start(
                            directory,
                            server,
                            PATIENT.replace("outage: 20s", "outage: 300ms"),
                            listener)) {
                RunResult result = outcome();

                assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
                assertThat(result.failure()).isEqualTo(RunResult.Failure.UNREACHABLE);
                assertThat(agent.markerFile()).doesNotExist();
            }
        }
    }

    @Test
    void anUploadThatWasAnnouncedAndNeverAskedForIsAskedFor() {
        try (SimulatedServer server = server(ServerVersion.V2_8)) {
            SandboxAgent first = start(server);
            server.faults().closeConnection("/backup/upload", 1);
            // As if it had been killed before the call: the server has not seen it.
            var state = copyAt(first, JournalEvent.OPERATION_ANNOUNCED, "upload");
            first.fire("node", BackupKind.FULL);
            await().until(() -> Calls.uploads(server).size() >= 1);
            first.close();
            state.restore();
            int before = Calls.uploads(server).size();

            try (SandboxAgent agent = start(server)) {
                RunResult result = outcome();

                assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.SUCCESS);
                assertThat(agent.marker()).isEqualTo(result.backup());
                assertThat(Calls.uploads(server).size() - before).isLessThanOrEqualTo(1);
            }
        }
    }

    @Test
    void aProvenBackupIsNotUploadedAgainAndItsMarkerIsMoved() {
        try (SimulatedServer server = server(ServerVersion.V2_8)) {
            SandboxAgent first = start(server);
            RunResult full = first.full();
            first.close();
            cutBehind(JournalEvent.PROVEN);
            delete(first.markerFile());
            told.clear();
            int before = server.calls().size();

            try (SandboxAgent agent = start(server)) {
                RunResult result = outcome();

                assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.SUCCESS);
                assertThat(result.size()).isEqualTo(full.size());
                assertThat(agent.marker()).isEqualTo(full.backup());
                assertThat(Calls.of(server).subList(before, server.calls().size()))
                        .allMatch(call -> call.equals("GET /backup/version"));
            }
        }
    }

    @Test
    void aMarkerThatWasMovedAlreadyStaysAndTheRunSucceeds() {
        try (SimulatedServer server = server(ServerVersion.V2_8)) {
            SandboxAgent first = start(server);
            RunResult full = first.full();
            first.close();
            cutBehind(JournalEvent.MARKER_MOVED);
            told.clear();

            try (SandboxAgent agent = start(server)) {
                assertThat(outcome().outcome()).isEqualTo(Outcome.SUCCESS);
                assertThat(agent.marker()).isEqualTo(full.backup());
                assertThat(Calls.posts(server)).hasSize(2);
            }
        }
    }

    @Test
    void aMarkerThatSomebodyMovedMeanwhileIsNotMovedBack() throws Exception {
        try (SimulatedServer server = server(ServerVersion.V2_8)) {
            SandboxAgent first = start(server);
            first.full();
            first.close();
            cutBehind(JournalEvent.PROVEN);
            told.clear();
            Files.writeString(first.markerFile(), "FULL_OF_SOMEBODY");

            try (SandboxAgent agent = start(server)) {
                RunResult result = outcome();

                assertThat(result.outcome()).isEqualTo(Outcome.INTERRUPTED);
                assertThat(result.reason())
                        .isEqualTo("the marker was moved to FULL_OF_SOMEBODY in the meantime");
                assertThat(agent.marker()).isEqualTo("FULL_OF_SOMEBODY");
            }
        }
    }

    @Test
    void aScheduledRunThatHadAskedForNothingBeginsAgain() {
        append(Map.of("kind", "full", "schedule", "yearly"));
        try (SimulatedServer server = server(ServerVersion.V2_8);
                SandboxAgent agent = start(server)) {
            RunResult result = outcome();

            assertThat(result.run()).isEqualTo("r1");
            assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.SUCCESS);
            assertThat(agent.marker()).isEqualTo(result.backup());
        }
    }

    @Test
    void aCommandThatHadAskedForNothingIsNotMadeBehindThePersonsBack() {
        append(Map.of("kind", "full"));
        try (SimulatedServer server = server(ServerVersion.V2_8);
                SandboxAgent agent = start(server)) {
            RunResult result = outcome();

            assertThat(result.outcome()).isEqualTo(Outcome.INTERRUPTED);
            assertThat(result.reason())
                    .isEqualTo("the command ended before the server was asked for anything");
            assertThat(Calls.posts(server)).isEmpty();
            assertThat(agent.results("node")).hasSize(1);
        }
        try (SimulatedServer server = server(ServerVersion.V2_8);
                SandboxAgent again = start(server)) {
            assertThat(again.full().outcome()).isEqualTo(Outcome.SUCCESS);
            assertThat(again.results("node")).as("not told twice").hasSize(2);
        }
    }

    @Test
    void aCommandGoesOnWithWhatWasCutOffBeforeItBegins() {
        try (SimulatedServer server = server(ServerVersion.V2_8)) {
            try (var upload = server.faults().hold("upload")) {
                killInMidUpload(server, BackupKind.FULL);
            }
            try (SandboxAgent command =
                    SandboxAgent.start(
                            directory,
                            server,
                            PATIENT.lines().skip(1).reduce("", (a, b) -> a + b + "\n"),
                            listener)) {
                RunResult diff = command.diff();

                assertThat(diff.outcome()).as("%s", diff).isEqualTo(Outcome.SUCCESS);
                assertThat(told)
                        .extracting(RunResult::kind)
                        .containsExactly(RunKind.FULL, RunKind.DIFF);
                assertThat(diff.base()).isEqualTo(told.get(0).backup());
            }
        }
    }

    @Test
    void aSuspendedRunGoesOnToo() {
        try (SimulatedServer server = server(ServerVersion.V2_8)) {
            try (var upload = server.faults().hold("upload")) {
                SandboxAgent first = start(server);
                first.fire("node", BackupKind.FULL);
                await().until(() -> Calls.uploads(server).size() == 1);
                first.close();
                assertThat(has(JournalEvent.SUSPENDED)).isTrue();
            }
            try (SandboxAgent agent = start(server)) {
                assertThat(outcome().outcome()).isEqualTo(Outcome.SUCCESS);
                assertThat(agent.results("node")).hasSize(1);
            }
        }
    }

    private SandboxAgent killInMidUpload(SimulatedServer server, BackupKind kind) {
        SandboxAgent agent = start(server);
        agent.fire("node", kind);
        await().until(() -> acknowledged("upload"));
        kill(agent);
        return agent;
    }

    /** What is on disk is put back to what it was when it was killed. */
    private void kill(SandboxAgent agent) {
        byte[] journal = bytes(journal().file());
        agent.close();
        write(journal().file(), journal);
    }

    private interface Copy {
        void restore();
    }

    /** Copies the journal as it is right behind an event. */
    private Copy copyAt(SandboxAgent agent, String event, String operation) {
        return () -> {
            List<String> lines = new ArrayList<>();
            for (String line :
                    new String(bytes(journal().file()), java.nio.charset.StandardCharsets.UTF_8)
                            .lines()
                            .toList()) {
                lines.add(line);
                if (line.contains("\"" + event + "\"") && line.contains("\"" + operation + "\"")) {
                    break;
                }
            }
            write(
                    journal().file(),
                    (String.join("\n", lines) + "\n")
                            .getBytes(java.nio.charset.StandardCharsets.UTF_8));
        };
    }

    private void cutBehind(String event) {
        copyAt(null, event, event).restore();
    }

    private SandboxAgent start(SimulatedServer server) {
        return SandboxAgent.start(directory, server, PATIENT, listener);
    }

    private static SimulatedServer server(ServerVersion version) {
        return SandboxAgent.server().version(version).start();
    }

    private RunResult outcome() {
        await().atMost(Duration.ofSeconds(30)).until(() -> !told.isEmpty());
        return told.get(0);
    }

    private boolean has(String event) {
        return journal().read().stream().anyMatch(e -> e.event().equals(event));
    }

    private boolean acknowledged(String operation) {
        return journal().read().stream()
                .filter(e -> e.event().equals(JournalEvent.OPERATION_ACKNOWLEDGED))
                .anyMatch(e -> operation.equals(e.detail("operation")));
    }

    private Journal journal() {
        return new Journal(directory.resolve("state/node/runs.jsonl"));
    }

    private void append(Map<String, Object> begun) {
        journal()
                .append(
                        new JournalEvent(
                                Instant.parse("2026-11-22T12:00:00Z"),
                                "r1",
                                JournalEvent.BEGUN,
                                begun));
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(Path file, byte[] bytes) {
        try {
            Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
