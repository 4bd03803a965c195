package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.Run;
import io.github.clickhousebackupagent.internal.run.RunListener;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.run.RunResult.Failure;
import io.github.clickhousebackupagent.internal.run.Stage;
import io.github.clickhousebackupagent.sandbox.Damage;
import io.github.clickhousebackupagent.sandbox.Ending;
import io.github.clickhousebackupagent.sandbox.RecordedOperation;
import io.github.clickhousebackupagent.sandbox.ServerVersion;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes wrong ends the run as failed, is told, and leaves the marker as it was. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
class FailureTest {

    /** More calls than any run makes. */
    private static final int LASTING = 10_000;

    @TempDir Path directory;

    @Test
    void aJournalThatBreaksInMidRunGivesOneOutcomeAndNoMarker() throws Exception {
        List<RunResult> told = new CopyOnWriteArrayList<>();
        RunListener breaking =
                new RunListener() {
                    @Override
                    public void proven(Run run) {
                        Path journal = directory.resolve("state/node/runs.jsonl");
                        try {
                            Files.delete(journal);
                            Files.createDirectory(journal);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    }

                    @Override
                    public void ended(RunResult result) {
                        told.add(result);
                    }
                };
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "", breaking)) {
            RunResult full = agent.full();

            assertThat(full.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(full.reason()).contains("runs.jsonl: cannot be written");
            assertThat(told).containsExactly(full);
            assertThat(agent.markerFile()).doesNotExist();
        }
    }

    @Test
    void aRunThatGoesOnElsewhereIsNotTakenForOneThatWasLeft() throws Exception {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            CompletableFuture<RunResult> full;
            try (var upload = server.faults().hold("upload")) {
                full = CompletableFuture.supplyAsync(agent::full);
                await().until(() -> Calls.uploads(server).size() == 1);

                try (SandboxAgent command = SandboxAgent.start(directory, server, "")) {
                    assertThat(command.diff().outcome()).isEqualTo(Outcome.SKIPPED);
                }
            }
            assertThat(full.get(30, TimeUnit.SECONDS).outcome()).isEqualTo(Outcome.SUCCESS);
            assertThat(agent.results("node"))
                    .extracting(RunResult::outcome)
                    .containsExactlyInAnyOrder(Outcome.SUCCESS, Outcome.SKIPPED);
        }
    }

    @Test
    void withoutAJournalNothingIsDoneAndWhoeverAskedIsTold() throws Exception {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            Files.createDirectories(agent.config.stateDirectory("node").resolve("runs.jsonl"));

            RunResult full = agent.full();

            assertFailed(full, Stage.BEGIN, Failure.OPERATION);
            assertThat(full.reason()).contains("node/runs.jsonl: cannot be read: ");
            assertThat(Calls.posts(server)).isEmpty();
            assertThat(agent.log()).contains("CREATE BACKUP ERROR:", "cannot be read");
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void failedUploadLeavesTheMarkerAsItWas(ServerVersion version) {
        try (SimulatedServer server = SandboxAgent.server().version(version).start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            String before = agent.full().backup();
            server.faults().next("upload", Ending.error("no space left on storage"));

            RunResult diff = agent.diff();

            assertFailed(diff, Stage.UPLOAD, Failure.OPERATION);
            assertThat(diff.reason()).isEqualTo("no space left on storage");
            assertThat(agent.marker()).isEqualTo(before);
            assertThat(agent.log())
                    .contains("\nUPLOAD ERROR:\nno space left on storage\n-------------\n");
            assertThat(agent.diff().base()).as("the base of the next").isEqualTo(before);
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void failedCreateIsNotUploaded(ServerVersion version) {
        try (SimulatedServer server = SandboxAgent.server().version(version).start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            server.faults().next("create", Ending.error("disk full"));

            RunResult full = agent.full();

            assertFailed(full, Stage.CREATE, Failure.OPERATION);
            assertThat(full.reason()).isEqualTo("disk full");
            assertThat(Calls.uploads(server)).isEmpty();
            assertThat(agent.markerFile()).doesNotExist();
            assertThat(agent.log())
                    .contains("\nCREATE BACKUP ERROR:\ndisk full\n-------------\n")
                    .contains("##### finished at ");
        }
    }

    @Test
    void anErrorWithoutReasonIsAFailureToo() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            server.faults().next("create", Ending.error(""));

            RunResult full = agent.full();

            assertFailed(full, Stage.CREATE, Failure.OPERATION);
            assertThat(full.reason()).isEqualTo("the server gives no reason");
        }
    }

    @ParameterizedTest
    @CsvSource({"create, V2_4", "create, V2_8", "upload, V2_4", "upload, V2_8"})
    void aCancelledOperationIsAFailure(String operation, ServerVersion version) {
        try (SimulatedServer server = SandboxAgent.server().version(version).start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            server.faults().next(operation, Ending.cancel());

            RunResult full = agent.full();

            assertFailed(full, Stage.valueOf(operation.toUpperCase()), Failure.OPERATION);
            assertThat(full.reason()).isEqualTo("it was cancelled: canceled from API /backup/kill");
            assertThat(agent.markerFile()).doesNotExist();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"create", "upload"})
    void anUnknownStatusIsAFailureAndNoSuccess(String operation) {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            server.faults().next(operation, Ending.status("paused"));

            RunResult full = agent.full();

            assertFailed(full, Stage.valueOf(operation.toUpperCase()), Failure.OPERATION);
            assertThat(full.reason()).contains("unknown status 'paused'");
            assertThat(agent.markerFile()).doesNotExist();
        }
    }

    @ParameterizedTest
    @CsvSource({"create, V2_4", "create, V2_8", "upload, V2_4", "upload, V2_8"})
    void aRowThatVanishedAfterTheWorkWasDoneHasNothingDoneTwice(
            String operation, ServerVersion version) {
        try (SimulatedServer server = SandboxAgent.server().version(version).start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            server.faults().next(operation, Ending.vanish());

            RunResult full = agent.full();

            assertMadeOnce(full, server);
            assertThat(Calls.posts(server)).hasSize(2);
            assertThat(agent.marker()).isEqualTo(full.backup());
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void whatIsBusyWithAnotherIsToldAndNotUploaded(ServerVersion version) {
        try (SimulatedServer server = SandboxAgent.server().version(version).start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "");
                var lock = server.faults().lock("create FOREIGN")) {
            RunResult full = agent.full();

            assertFailed(full, Stage.CREATE, Failure.BUSY);
            assertThat(full.reason())
                    .isEqualTo(
                            "another operation is currently running: create FOREIGN, after 300ms");
            assertThat(Calls.uploads(server)).isEmpty();
            assertThat(agent.markerFile()).doesNotExist();
            assertThat(agent.log()).contains("CREATE BACKUP ERROR:");
        }
    }

    @Test
    void wrongCredentialsEndTheRunAtOnce() {
        try (SimulatedServer server = SandboxAgent.server().credentials("api", "other").start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            RunResult full = agent.full();

            assertFailed(full, Stage.CHOOSE_BASE, Failure.OPERATION);
            assertThat(full.reason())
                    .contains("401, the API does not accept this username and password");
            assertThat(Calls.posts(server)).isEmpty();
            assertThat(server.calls()).hasSize(1);
            assertThat(agent.log()).contains("CREATE BACKUP ERROR:");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/backup/create, 400, CREATE",
        "/backup/create, 401, CREATE",
        "/backup/create, 404, CREATE",
        "/backup/create, 405, CREATE",
        "/backup/upload, 401, UPLOAD",
        "/backup/upload, 404, UPLOAD",
        "/backup/actions, 403, CREATE",
        "/backup/list, 401, CHOOSE_BASE",
        "/backup/list/remote, 404, PROVE"
    })
    void aRefusalThatWouldBeTheSameTheNextTimeEndsTheRunAtOnce(
            String path, int status, Stage stage) {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            server.faults().answer(path, 1, status, "text/plain", "{\"error\":\"the reason\"}");

            RunResult full = agent.full();

            assertFailed(full, stage, Failure.OPERATION);
            assertThat(full.reason()).contains(path).contains(": " + status + ", ");
            assertThat(agent.markerFile()).doesNotExist();
            if (stage.compareTo(Stage.UPLOAD) < 0) {
                assertThat(Calls.uploads(server)).isEmpty();
            }
            assertThat(agent.full().outcome()).as("the next run").isEqualTo(Outcome.SUCCESS);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/backup/create, 302, 302, OPERATION",
        "/backup/create, 423, 'POST /backup/create: 423, the reason, after 300ms', BUSY",
        "/backup/create, 500, '500, the reason', OPERATION",
        "/backup/upload, 423, '423, the reason, after 300ms', BUSY",
        "/backup/upload, 503, '503, the reason', OPERATION",
        "/backup/actions, 500, 'GET /backup/actions: 500, the reason', OPERATION"
    })
    void aRefusalThatMayPassIsWaitedForAndNotForEver(
            String path, int status, String reason, Failure failure) {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            server.faults().answer(path, 1, status, "text/plain", "{\"error\":\"the reason\"}");

            assertMadeOnce(agent.full(), server);

            server.faults()
                    .answer(path, LASTING, status, "text/plain", "{\"error\":\"the reason\"}");
            RunResult lasting = agent.full();
            assertThat(lasting.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(lasting.failure()).isEqualTo(failure);
            assertThat(lasting.reason()).contains(reason);

            server.faults().clear();
            assertThat(agent.full().outcome()).as("the next run").isEqualTo(Outcome.SUCCESS);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/backup/create, V2_4",
        "/backup/create, V2_8",
        "/backup/upload, V2_4",
        "/backup/upload, V2_8"
    })
    void anOrderThatTheServerNeverSawIsGivenAgainOnceThatIsKnown(
            String path, ServerVersion version) {
        try (SimulatedServer server = SandboxAgent.server().version(version).start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            server.faults().closeConnection(path, 1);

            RunResult full = agent.full();

            assertMadeOnce(full, server);
            List<String> calls = Calls.of(server);
            List<Integer> orders =
                    IntStream.range(0, calls.size())
                            .filter(i -> calls.get(i).startsWith("POST " + path))
                            .boxed()
                            .toList();
            assertThat(orders).hasSize(2);
            String list = path.endsWith("create") ? "local" : "remote";
            assertThat(calls.subList(orders.get(0) + 1, orders.get(1)))
                    .anyMatch(call -> call.startsWith("GET /backup/actions?filter=FULL_"))
                    .contains("GET /backup/list/" + list);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/backup/create, V2_4",
        "/backup/create, V2_8",
        "/backup/upload, V2_4",
        "/backup/upload, V2_8"
    })
    void anOrderThatTheServerTookOnIsNotGivenAgain(String path, ServerVersion version) {
        try (SimulatedServer server = SandboxAgent.server().version(version).start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            server.faults().halfAnswer(path, 1);

            RunResult full = agent.full();

            assertMadeOnce(full, server);
            assertThat(Calls.posts(server)).hasSize(2);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/backup/create, '', an empty body",
        "/backup/create, <html>Sign in</html>, <html>Sign in</html>",
        "/backup/create, '{\"status\":\"ackn', ackn",
        "/backup/create, '[]', '[]'",
        "/backup/create, 'null', an empty body",
        "/backup/create, '{\"message\":\"sign in\"}', sign in",
        "/backup/upload, '', an empty body",
        "/backup/upload, <html>Sign in</html>, <html>Sign in</html>",
        "/backup/actions, <html>Sign in</html>, <html>Sign in</html>",
        "/backup/actions, '{\"message\":\"sign in\"}', sign in"
    })
    void anAnswerThatIsNotUnderstoodIsNoSuccess(String path, String body, String shown) {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            server.faults().answer(path, 1, 200, "text/html", body);

            assertMadeOnce(agent.full(), server);
            String before = agent.marker();

            server.faults().answer(path, LASTING, 200, "text/html", body);
            RunResult full = agent.full();
            assertThat(full.outcome()).as("%s", full).isEqualTo(Outcome.FAILED);
            assertThat(full.reason())
                    .contains("expected one JSON object", shown)
                    .doesNotContain("com.fasterxml")
                    .doesNotContain("camel");
            assertThat(agent.marker()).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"<html>Sign in</html>", "{\"name\":\"A\",", "{\"message\":\"no\"}"})
    void aListThatIsNotUnderstoodIsNotTakenForAnEmptyOne(String body) {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            server.faults().answer("/backup/list", 1, 200, "text/html", body);

            RunResult full = agent.full();

            assertFailed(full, Stage.CHOOSE_BASE, Failure.OPERATION);
            assertThat(full.reason()).contains("expected one JSON object a line", body);
            assertThat(Calls.posts(server)).isEmpty();
        }
    }

    @Test
    void anApiThatIsDownFailsTheRunAndTheNextOneWorks() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            server.kill();

            RunResult down = agent.full();

            assertFailed(down, Stage.CHOOSE_BASE, Failure.UNREACHABLE);
            assertThat(down.reason()).startsWith("no answer from " + server.uri());
            server.restart();
            assertThat(agent.full().outcome()).isEqualTo(Outcome.SUCCESS);
        }
    }

    @ParameterizedTest
    @EnumSource(Damage.class)
    void anUploadThatLeftNothingUsableIsNoBackup(Damage damage) {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            String before = agent.full().backup();
            server.faults().next("upload", Ending.damaged(damage));

            RunResult diff = agent.diff();

            assertFailed(diff, Stage.PROVE, Failure.NOT_PROVEN);
            assertThat(diff.reason()).startsWith(diff.backup() + " is not proven: ");
            assertThat(agent.marker()).isEqualTo(before);
        }
    }

    @Test
    void anUploadWhoseBaseBrokeMeanwhileIsNoBackup() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            String full = agent.full().backup();
            String first = agent.diff().backup();
            var gate = server.faults().hold("upload");
            var second =
                    agent.later(
                            SandboxAgent.TARGET,
                            io.github.clickhousebackupagent.config.BackupKind.DIFF);
            org.awaitility.Awaitility.await().until(() -> Calls.uploads(server).size() == 3);
            server.damage(full, Damage.ABSENT);
            gate.close();

            RunResult diff = second.join();

            assertFailed(diff, Stage.PROVE, Failure.NOT_PROVEN);
            assertThat(diff.reason()).contains(full + " is not in the list");
            assertThat(agent.marker()).isEqualTo(first);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"create", "upload"})
    void anOperationThatNeverEndsIsGivenUpAfterItsLimit(String operation) {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent =
                        SandboxAgent.start(
                                directory, server, "limits: { " + operation + ": 300ms }")) {
            server.faults().next(operation, Ending.never());

            RunResult full = agent.full();

            assertFailed(full, Stage.valueOf(operation.toUpperCase()), Failure.OPERATION);
            assertThat(full.reason()).contains("after the limit of 300ms");
            assertThat(full.duration()).isLessThan(Duration.ofSeconds(5));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/backup/create, OPERATION",
        "/backup/actions, UNREACHABLE",
        "/backup/upload, OPERATION"
    })
    void aCallThatIsNeverAnsweredIsGivenUpAfterItsLimit(String path, Failure failure) {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent =
                        SandboxAgent.start(
                                directory,
                                server,
                                "limits: { call: 200ms, outage: 400ms, silence: 500ms, settle: 100ms }")) {
            server.faults().latency(path, Duration.ofSeconds(30));

            RunResult full = agent.full();

            assertThat(full.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(full.failure()).isEqualTo(failure);
            assertThat(full.reason()).contains("no answer from " + server.uri());
            assertThat(full.duration()).isLessThan(Duration.ofSeconds(10));
        }
    }

    @Test
    void aListMayTakeLongerThanAnyOtherCall() {
        try (SimulatedServer server =
                        SandboxAgent.server().listTime(Duration.ofMillis(600)).start();
                SandboxAgent agent =
                        SandboxAgent.start(directory, server, "limits: { call: 300ms }")) {
            assertThat(agent.full().outcome()).isEqualTo(Outcome.SUCCESS);
        }
    }

    @Test
    void aListenerThatFailsFailsNoBackup() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "", new Faulty())) {
            assertThat(agent.full().outcome()).isEqualTo(Outcome.SUCCESS);
        }
    }

    private static final class Faulty
            implements io.github.clickhousebackupagent.internal.run.RunListener {
        @Override
        public void begun(io.github.clickhousebackupagent.internal.run.Run run) {
            throw new IllegalStateException("a listener that fails");
        }

        @Override
        public void ended(RunResult result) {
            throw new IllegalStateException("a listener that fails");
        }
    }

    /** The backup is there, and the server was made to do each of both once. */
    private static void assertMadeOnce(RunResult result, SimulatedServer server) {
        assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.SUCCESS);
        assertThat(server.operations())
                .extracting(RecordedOperation::operation)
                .containsExactly("create", "upload");
        assertThat(server.completeUploads(result.backup())).isEqualTo(1);
    }

    private static void assertFailed(RunResult result, Stage stage, Failure failure) {
        assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.FAILED);
        assertThat(result.stage()).as("%s", result).isEqualTo(stage);
        assertThat(result.failure()).as("%s", result).isEqualTo(failure);
    }
}
