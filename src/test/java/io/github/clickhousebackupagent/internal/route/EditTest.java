package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.control.AgentAddress;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.order.AdoptOrder;
import io.github.clickhousebackupagent.internal.order.DeleteOrder;
import io.github.clickhousebackupagent.internal.order.Place;
import io.github.clickhousebackupagent.internal.order.RestoreOrder;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunRequest;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.waiting.Callbacks;
import io.github.clickhousebackupagent.sandbox.Ending;
import io.github.clickhousebackupagent.sandbox.Gate;
import io.github.clickhousebackupagent.sandbox.RecordedOperation;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A good edit is in force soon, and what is in flight goes on: nothing is lost, nothing twice. */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
class EditTest {

    private static final String NODE = EditedAgent.TARGET;

    private static final String SUCCEED =
            "              method: succeed(${exchangeProperty.run})\n";

    @TempDir Path directory;

    private SimulatedServer server;

    @BeforeEach
    void startServer() {
        server = SandboxAgent.server().start();
    }

    @AfterEach
    void stopServer() {
        server.close();
    }

    @Test
    void aRunThatIsInMidUploadEndsByTheEditedRoutes() throws Exception {
        Path told = directory.resolve("told");
        try (EditedAgent agent = EditedAgent.start(directory, server)) {
            try (var upload = inMidUpload(agent)) {
                agent.replace(
                        "outcome", SUCCEED, SUCCEED + "        - wireTap: { uri: direct:tell }\n");
                agent.edit("tell", telling(told));
                agent.awaitTaken(1);
            }
            RunResult result = agent.awaitResult(NODE);
            await().atMost(EditedAgent.SOON).until(() -> Files.exists(told.resolve("told")));
            endedOnceAndWell(agent, result);
        }
    }

    @Test
    void aNewRouteRunsAndADeletedOneIsGoneWithItsTrigger() throws Exception {
        Path ticks = directory.resolve("ticks");
        try (EditedAgent agent = EditedAgent.start(directory, server);
                var upload = inMidUpload(agent)) {
            agent.edit("ticks", ticking("ticks", ticks));
            agent.awaitTaken(1);
            await().atMost(EditedAgent.SOON).until(() -> count(ticks) > 1);
            assertThat(agent.triggers()).contains("ticks");

            Files.delete(agent.file("ticks"));
            agent.awaitTaken(2);

            assertThat(agent.triggers()).containsExactly("full");
            assertThat(agent.agent().context().getRoute("ticks")).isNull();
            long after = count(ticks);
            await().during(Duration.ofMillis(2100))
                    .atMost(EditedAgent.SOON)
                    .until(() -> count(ticks) == after);
            upload.close();
            endedOnceAndWell(agent, agent.awaitResult(NODE));
        }
    }

    @Test
    void whatEditorsLeaveAndWhatPlaceholdersSayIsNoMistake() throws Exception {
        try (EditedAgent agent = EditedAgent.start(directory, server)) {
            Files.writeString(agent.routes.resolve("._mine.camel.yaml"), "\u0000");
            Files.createSymbolicLink(
                    agent.routes.resolve(".#mine.camel.yaml"), Path.of("nobody@nowhere"));
            Files.writeString(agent.routes.resolve("mine.camel.yaml~"), "- route: {");
            agent.edit(
                    "mine",
                    userRoute("mine", "direct:{{agent.schedules}}")
                            + userRoute("other", "direct:other")
                                    .replace("log: a", "to: direct:true"));
            agent.awaitTaken(1);
            assertThat(agent.agent().context().getRoute("other")).isNotNull();
        }
    }

    @Test
    void aRenamedRouteDoesNotRunUnderItsOldName() throws Exception {
        Path ticks = directory.resolve("ticks");
        try (EditedAgent agent = EditedAgent.start(directory, server);
                var upload = inMidUpload(agent)) {
            agent.edit("ticks", ticking("before", ticks));
            agent.awaitTaken(1);

            agent.edit("ticks", ticking("after", ticks));
            agent.awaitTaken(2);

            assertThat(agent.triggers()).containsExactlyInAnyOrder("full", "after");
            assertThat(agent.agent().context().getRoute("before")).isNull();
            assertThat(agent.agent().context().getRoute("after")).isNotNull();
            upload.close();
            endedOnceAndWell(agent, agent.awaitResult(NODE));
        }
    }

    @Test
    void anEditOfATemplateReachesTheRoutesThatWereMadeOfIt() throws Exception {
        Path told = directory.resolve("told");
        try (EditedAgent agent = EditedAgent.start(directory, server);
                var upload = inMidUpload(agent)) {
            agent.replace(
                    "schedule",
                    "      steps:\n        - split:",
                    "      steps:\n        - wireTap: { uri: direct:tell }\n        - split:");
            agent.edit("tell", telling(told));
            agent.replace("schedule", "cron: \"{{cron}}\"", "cron: \"* * * * * ?\"");
            agent.awaitTaken(1);

            await().atMost(EditedAgent.SOON).until(() -> Files.exists(told.resolve("told")));
            upload.close();
            agent.awaitResult(NODE);
        }
    }

    @Test
    void anEditOfTheErrorHandlingReachesTheRunInFlight() throws Exception {
        Path told = directory.resolve("told");
        try (EditedAgent agent = EditedAgent.start(directory, server)) {
            server.faults().next("upload", Ending.error("no space"));
            try (var upload = inMidUpload(agent)) {
                agent.replace(
                        "errors",
                        "            - to:\n                uri: direct:fail\n",
                        "            - to:\n                uri: direct:fail\n            - wireTap: { uri: direct:tell }\n");
                agent.edit("tell", telling(told));
                agent.configure(
                        Map.of(NODE, server),
                        EditedAgent.schedule(EditedAgent.NEVER) + "retry: { upload: 0 }\n");
                agent.awaitTaken(1);
            }
            assertThat(agent.awaitResult(NODE).outcome()).isEqualTo(Outcome.FAILED);
            await().atMost(EditedAgent.SOON).until(() -> Files.exists(told.resolve("told")));
            assertThat(operations("create")).hasSize(1);
        }
    }

    @Test
    void aScheduleThatIsTakenOutFiresNoMoreAndANewOneDoes() throws Exception {
        try (EditedAgent agent =
                new EditedAgent(
                        directory, Map.of(NODE, server), EditedAgent.schedule("* * * * * ?"))) {
            agent.awaitEvent(NODE, JournalEvent.ENDED, 2);

            agent.configure(
                    Map.of(NODE, server),
                    "schedules: { other: { do: full, cron: \"%s\" } }"
                            .formatted(EditedAgent.NEVER));
            agent.awaitTaken(1);

            assertThat(agent.triggers()).containsExactly("other");
            await().atMost(EditedAgent.SOON).until(() -> settled(agent));
            long after = agent.results(NODE).size();
            await().during(Duration.ofMillis(2100))
                    .atMost(EditedAgent.SOON)
                    .until(() -> agent.results(NODE).size() == after);

            agent.configure(Map.of(NODE, server), EditedAgent.schedule("* * * * * ?"));
            agent.awaitTaken(2);
            await().atMost(EditedAgent.SOON).until(() -> agent.results(NODE).size() > after);
        }
    }

    @Test
    void noRunOfASecondIsMissedOrMadeTwiceWhileEditsAreTakenUp() throws Exception {
        try (EditedAgent agent =
                new EditedAgent(
                        directory,
                        Map.of(NODE, server),
                        "schedules: { full: { do: full, cron: \"* * * * * ?\", catch-up: never, overlap: wait } }")) {
            for (int edit = 1; edit <= 4; edit++) {
                agent.edit("mine", userRoute("mine", "direct:mine" + edit));
                agent.awaitTaken(edit);
            }
            agent.awaitEvent(NODE, JournalEvent.ENDED, 5);
            agent.configure(Map.of(NODE, server), EditedAgent.schedule(EditedAgent.NEVER));
            agent.awaitTaken(5);
            await().atMost(EditedAgent.SOON).until(() -> settled(agent));

            List<String> due =
                    agent.journal(NODE).stream()
                            .filter(e -> e.event().equals(JournalEvent.REQUESTED))
                            .map(e -> e.detail("due"))
                            .toList();
            assertThat(due).as("no second twice").doesNotHaveDuplicates();
            assertThat(agent.results(NODE))
                    .noneMatch(result -> result.outcome() == Outcome.INTERRUPTED)
                    .noneMatch(result -> result.outcome() == Outcome.FAILED);
            assertThat(agent.results(NODE)).extracting(RunResult::run).doesNotHaveDuplicates();
        }
    }

    @Test
    void aTargetThatIsAddedIsBackedUpAndOneThatIsTakenOutGetsAnOutcome() throws Exception {
        try (SimulatedServer second = SandboxAgent.server().start();
                EditedAgent agent = EditedAgent.start(directory, server)) {
            try (var upload = inMidUpload(agent)) {
                RunRequest waits = RunRequest.byHand(NODE, BackupKind.FULL);
                agent.request(waits);

                agent.configure(Map.of("second", second), EditedAgent.schedule(EditedAgent.NEVER));
                agent.awaitTaken(1);

                RunResult result = agent.awaitResult(NODE);
                assertThat(result.outcome()).isEqualTo(Outcome.INTERRUPTED);
                assertThat(result.reason())
                        .contains("the target was taken out of the configuration");
            }
            agent.fire("second");
            assertThat(agent.awaitResult("second").outcome()).isEqualTo(Outcome.SUCCESS);
        }
    }

    @Test
    void aRunThatWaitsInTheQueueIsMadeAfterTheEdit() throws Exception {
        try (EditedAgent agent = EditedAgent.start(directory, server)) {
            try (var upload = inMidUpload(agent)) {
                agent.fire(NODE);
                agent.request(
                        RunRequest.byOrder(
                                NODE, RunKind.ADOPT, new AdoptOrder("gone"), Instant.now()));
                agent.edit("mine", userRoute("mine", "direct:mine"));
                agent.awaitTaken(1);
                assertThat(agent.results(NODE)).isEmpty();
            }
            await().atMost(EditedAgent.SOON).until(() -> agent.results(NODE).size() == 3);
            assertThat(agent.results(NODE))
                    .extracting(RunResult::outcome)
                    .containsExactly(Outcome.SUCCESS, Outcome.SUCCESS, Outcome.FAILED);
            assertThat(operations("create")).hasSize(2);
        }
    }

    @Test
    void aBackupByHandThatHasAskedForNothingYetIsMadeAfterTheEdit() throws Exception {
        try (EditedAgent agent = EditedAgent.start(directory, server)) {
            server.faults().latency("/backup/list", Duration.ofMillis(700));
            agent.request(RunRequest.byHand(NODE, BackupKind.FULL));
            agent.awaitEvent(NODE, JournalEvent.BEGUN, 1);

            agent.edit("mine", userRoute("mine", "direct:mine"));
            agent.awaitTaken(1);
            server.faults().clear();

            RunResult result = agent.awaitResult(NODE);
            assertThat(result.outcome()).as(result.reason()).isEqualTo(Outcome.SUCCESS);
            assertThat(operations("create")).hasSize(1);
        }
    }

    /** The run is handed on each time, also where it had no time to begin again. */
    @Test
    void aBackupByHandOutlivesEditsThatFollowEachOtherAtOnce() throws Exception {
        try (EditedAgent agent =
                new EditedAgent(
                        directory,
                        Map.of(NODE, server),
                        EditedAgent.schedule(EditedAgent.NEVER),
                        Duration.ofMillis(10))) {
            server.faults().latency("/backup/list", Duration.ofMillis(400));
            agent.request(RunRequest.byHand(NODE, BackupKind.FULL));
            agent.awaitEvent(NODE, JournalEvent.BEGUN, 1);
            agent.request(RunRequest.byHand(NODE, BackupKind.DIFF));

            for (int edit = 1; edit <= 6; edit++) {
                agent.edit("mine", userRoute("mine", "direct:mine" + edit));
                agent.awaitTaken(edit);
            }
            server.faults().clear();

            await().atMost(EditedAgent.SOON).until(() -> agent.results(NODE).size() == 2);
            assertThat(agent.results(NODE))
                    .extracting(RunResult::outcome)
                    .containsExactly(Outcome.SUCCESS, Outcome.SUCCESS);
            assertThat(operations("create")).hasSize(2);
        }
    }

    @Test
    void aCallThatIsNotAnsweredHoldsAnEditUpNoLongerThanAStop() throws Exception {
        try (EditedAgent agent = EditedAgent.start(directory, server)) {
            server.faults().latency("/backup/list", Duration.ofSeconds(20));
            agent.fire(NODE);
            agent.awaitEvent(NODE, JournalEvent.BEGUN, 1);

            server.faults().clear(); // Of calls that come from now on.
            agent.edit("mine", userRoute("mine", "direct:mine"));
            agent.awaitTaken(1);

            endedOnceAndWell(agent, agent.awaitResult(NODE));
        }
    }

    @Test
    void aDeletionIsNotCutInHalf() throws Exception {
        try (EditedAgent agent = EditedAgent.start(directory, server)) {
            agent.fire(NODE);
            String first = agent.awaitResult(NODE).backup();
            agent.fire(NODE);
            await().atMost(EditedAgent.SOON).until(() -> agent.results(NODE).size() == 2);
            try (var delete = server.faults().hold("delete")) {
                agent.request(
                        RunRequest.byOrder(
                                NODE,
                                RunKind.DELETE,
                                new DeleteOrder(Place.REMOTE, List.of(first), false),
                                Instant.now()));
                agent.awaitEvent(NODE, JournalEvent.OPERATION_ANNOUNCED, 5);
                agent.edit("mine", userRoute("mine", "direct:mine"));
                await().during(Duration.ofMillis(1500))
                        .atMost(EditedAgent.SOON)
                        .until(() -> agent.state().taken() == 0 && agent.state().refused() == null);
            }
            agent.awaitTaken(1);
            assertThat(agent.results(NODE))
                    .filteredOn(result -> result.kind() == RunKind.DELETE)
                    .singleElement()
                    .extracting(RunResult::outcome)
                    .isEqualTo(Outcome.SUCCESS);
            assertThat(server.remote()).noneMatch(backup -> backup.name().equals(first));
        }
    }

    @Test
    void aRestoreThatReplacesGoesOnThoughItWasNotBegunYet() throws Exception {
        server.putTable("shop", "orders", "MergeTree", 10);
        try (EditedAgent agent = EditedAgent.start(directory, server)) {
            agent.fire(NODE);
            String name = agent.awaitResult(NODE).backup();
            try (var busy = server.faults().lock("create other")) {
                agent.configure(
                        Map.of(NODE, server),
                        EditedAgent.schedule(EditedAgent.NEVER) + "limits: { stop: 5s }\n");
                agent.awaitTaken(1);
                agent.request(
                        RunRequest.byOrder(
                                NODE,
                                RunKind.RESTORE,
                                new RestoreOrder(
                                        name,
                                        null,
                                        null,
                                        RestoreOrder.Content.ALL,
                                        null,
                                        null,
                                        RestoreOrder.Existing.REPLACE,
                                        List.of("shop.orders")),
                                Instant.now()));
                await().atMost(EditedAgent.SOON)
                        .until(
                                () ->
                                        agent.journal(NODE).stream()
                                                .anyMatch(
                                                        e ->
                                                                e.event().equals(JournalEvent.BEGUN)
                                                                        && "restore"
                                                                                .equals(
                                                                                        e.detail(
                                                                                                "kind"))));
                agent.edit("mine", userRoute("mine", "direct:mine"));
                agent.awaitTaken(2);
            }
            await().atMost(EditedAgent.SOON).until(() -> agent.results(NODE).size() == 2);
            assertThat(agent.results(NODE).get(1).reason()).isNull();
            assertThat(agent.results(NODE).get(1).outcome()).isEqualTo(Outcome.SUCCESS);
            assertThat(operations("restore")).hasSize(1);
        }
    }

    @Test
    void aServerCallsBackARunThatAnEditHasInterrupted() throws Exception {
        try (EditedAgent agent = EditedAgent.start(directory, server)) {
            try (var upload = inMidUpload(agent)) {
                agent.edit("mine", userRoute("mine", "direct:mine"));
                agent.awaitTaken(1);
                agent.awaitEvent(NODE, JournalEvent.RESUMED, 1);
                String token =
                        server.calls().stream()
                                .filter(call -> call.path().startsWith("/backup/upload"))
                                .map(call -> call.query().replaceFirst(".*(/|%2F)", ""))
                                .findFirst()
                                .orElseThrow();
                Callbacks callbacks =
                        agent.agent()
                                .context()
                                .getRegistry()
                                .lookupByNameAndType("callbacks", Callbacks.class);
                await().atMost(EditedAgent.SOON).until(() -> callbacks.arrived(token));
            }
            endedOnceAndWell(agent, agent.awaitResult(NODE));
        }
    }

    @Test
    void thePortIsOpenAllTheTimeAndChangesWhereTheConfigurationSaysSo() throws Exception {
        try (EditedAgent agent = EditedAgent.start(directory, server)) {
            URI before = address(agent);
            agent.edit("mine", userRoute("mine", "direct:mine"));
            agent.awaitTaken(1);
            assertThat(address(agent)).isEqualTo(before);
            assertThat(post(before)).isEqualTo(403);

            agent.configure(
                    Map.of(NODE, server),
                    "http: { port: 0, bind: \"::1\" }\n" + EditedAgent.schedule(EditedAgent.NEVER));
            agent.awaitTaken(2);

            assertThat(address(agent)).isNotEqualTo(before);
            assertThat(post(address(agent))).isEqualTo(403);
        }
    }

    @Test
    void aNewPasswordInItsFileIsUsed() throws Exception {
        Path password = directory.resolve("password");
        Files.writeString(password, "wrong");
        try (EditedAgent agent = EditedAgent.start(directory, server)) {
            EditedAgent.write(
                    agent.configFile,
                    EditedAgent.read(agent.configFile)
                            .replace(
                                    "password: " + SandboxAgent.PASSWORD,
                                    "password-file: \"%s\"".formatted(password)));
            agent.awaitTaken(1);
            agent.fire(NODE);
            assertThat(agent.awaitResult(NODE).reason()).contains("401");

            Files.writeString(password, "also wrong");
            agent.awaitTaken(2);
            Files.delete(password);
            assertThat(agent.awaitRefused()).singleElement().asString().contains("does not exist");
            Files.writeString(password, SandboxAgent.PASSWORD);

            agent.awaitTaken(3);
            agent.fire(NODE);
            await().atMost(EditedAgent.SOON).until(() -> agent.results(NODE).size() == 2);
            assertThat(agent.results(NODE).get(1).outcome()).isEqualTo(Outcome.SUCCESS);
        }
    }

    @Test
    void aFileThatIsWrittenInPiecesIsTakenUpWhole() throws Exception {
        try (EditedAgent agent = EditedAgent.start(directory, server)) {
            String whole = userRoute("mine", "direct:mine") + userRoute("other", "direct:other");
            String half = userRoute("mine", "direct:mine");
            agent.edit("mine", half.substring(0, half.length() - 8));
            agent.edit("mine", whole);
            agent.awaitTaken(1);
            assertThat(agent.agent().context().getRoute("other")).isNotNull();
        }
    }

    /** As Kubernetes changes a volume: the folder of the contents is exchanged by one link. */
    @Test
    void aVolumeOfKubernetesIsTakenUp() throws Exception {
        try (EditedAgent agent = EditedAgent.start(directory, server);
                var upload = inMidUpload(agent)) {
            Path volume = directory.resolve("volume");
            copy(agent.routes, volume.resolve("..1"));
            copy(agent.routes, volume.resolve("..2"));
            Files.createSymbolicLink(volume.resolve("..data"), Path.of("..1"));
            try (Stream<Path> files = Files.list(agent.routes)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                    Files.createSymbolicLink(
                            file, volume.resolve("..data").resolve(file.getFileName()));
                }
            }
            Path second = volume.resolve("..2/outcome.camel.yaml");
            Files.writeString(second, Files.readString(second) + userRoute("mine", "direct:mine"));
            Files.createSymbolicLink(volume.resolve("..data_tmp"), Path.of("..2"));
            Files.move(
                    volume.resolve("..data_tmp"),
                    volume.resolve("..data"),
                    StandardCopyOption.ATOMIC_MOVE);

            await().atMost(EditedAgent.SOON)
                    .until(() -> agent.agent().context().getRoute("mine") != null);
            upload.close();
            endedOnceAndWell(agent, agent.awaitResult(NODE));
        }
    }

    /** It can be loaded, and only its start shows that a trigger has this name already. */
    @Test
    void anEditThatDoesNotStartIsTakenBack() throws Exception {
        try (EditedAgent agent = EditedAgent.start(directory, server)) {
            try (var upload = inMidUpload(agent)) {
                agent.edit(
                        "mine", userRoute("mine", "quartz:schedules/full?cron=0+0+0+1+1+?+2099"));
                assertThat(agent.awaitRefused())
                        .singleElement()
                        .asString()
                        .contains(".camel.yaml:", "schedules.full is already in use");
                assertThat(agent.triggers()).containsExactly("full");
            }
            endedOnceAndWell(agent, agent.awaitResult(NODE));
            Files.delete(agent.file("mine"));
            await().atMost(EditedAgent.SOON)
                    .untilAsserted(() -> assertThat(agent.state().refused()).isNull());
            agent.fire(NODE);
            await().atMost(EditedAgent.SOON).until(() -> agent.results(NODE).size() == 2);
        }
    }

    @Test
    void anOrderForATargetThatIsTakenOutEndsAndIsNotCarriedOutLater() throws Exception {
        try (EditedAgent agent = EditedAgent.start(directory, server)) {
            try (var upload = inMidUpload(agent)) {
                agent.request(RunRequest.byHand(NODE, BackupKind.DIFF));
                agent.configure(Map.of("other", server), EditedAgent.schedule(EditedAgent.NEVER));
                agent.awaitTaken(1);
                await().atMost(EditedAgent.SOON).until(() -> agent.results(NODE).size() == 2);
                assertThat(agent.results(NODE))
                        .extracting(RunResult::outcome)
                        .containsOnly(Outcome.INTERRUPTED);
            }
            agent.configure(Map.of(NODE, server), EditedAgent.schedule(EditedAgent.NEVER));
            agent.awaitTaken(2);
            agent.fire(NODE);
            await().atMost(EditedAgent.SOON).until(() -> agent.results(NODE).size() == 3);
            assertThat(agent.results(NODE).get(2).outcome()).isEqualTo(Outcome.SUCCESS);
            assertThat(operations("create")).hasSize(2);
        }
    }

    /** One that hangs in the way of another must not take that with it. */
    @Test
    void aRequestThatWaitsForRoomIsMadeThoughTheRunBeforeItHangs() throws Exception {
        try (SimulatedServer second = SandboxAgent.server().start();
                EditedAgent agent =
                        new EditedAgent(
                                directory,
                                Map.of(NODE, server, "second", second),
                                EditedAgent.schedule(EditedAgent.NEVER) + "parallel-runs: 1\n")) {
            server.faults().latency("/backup/list", Duration.ofSeconds(20));
            agent.fire(NODE);
            agent.awaitEvent(NODE, JournalEvent.BEGUN, 1);
            agent.request(RunRequest.byHand("second", BackupKind.FULL));
            server.faults().clear();

            agent.edit("mine", userRoute("mine", "direct:mine"));
            agent.awaitTaken(1);

            RunResult made = agent.awaitResult("second");
            assertThat(made.outcome()).as(made.reason()).isEqualTo(Outcome.SUCCESS);
            endedOnceAndWell(agent, agent.awaitResult(NODE));
        }
    }

    @Test
    void whatAnEditHasDoneBeforeItsStartFailedIsNotDoneAgain() throws Exception {
        try (EditedAgent agent = EditedAgent.start(directory, server)) {
            try (var upload = inMidUpload(agent)) {
                agent.request(RunRequest.byHand(NODE, BackupKind.DIFF));
            }
            agent.edit("mine", userRoute("mine", "quartz:schedules/full?cron=0+0+0+1+1+?+2099"));
            agent.awaitRefused();

            await().atMost(EditedAgent.SOON).until(() -> agent.results(NODE).size() == 2);
            await().during(Duration.ofSeconds(1))
                    .atMost(EditedAgent.SOON)
                    .until(() -> agent.results(NODE).size() == 2);
            assertThat(agent.results(NODE))
                    .extracting(RunResult::outcome)
                    .containsOnly(Outcome.SUCCESS);
            assertThat(operations("create")).hasSize(2);
        }
    }

    @Test
    void anEditThatWaitsForItsSecretIsTakenUpWhenThatComes() throws Exception {
        Path password = directory.resolve("password");
        try (EditedAgent agent = EditedAgent.start(directory, server)) {
            EditedAgent.write(
                    agent.configFile,
                    EditedAgent.read(agent.configFile)
                            .replace(
                                    "password: " + SandboxAgent.PASSWORD,
                                    "password-file: \"%s\"".formatted(password)));
            agent.awaitRefused();

            Files.writeString(password, SandboxAgent.PASSWORD);

            agent.awaitTaken(1);
        }
    }

    private Gate inMidUpload(EditedAgent agent) {
        Gate gate = server.faults().hold("upload");
        agent.fire(NODE);
        await().atMost(EditedAgent.SOON).until(() -> Calls.questions(server) > 2);
        agent.awaitEvent(NODE, JournalEvent.OPERATION_ACKNOWLEDGED, 2);
        return gate;
    }

    private void endedOnceAndWell(EditedAgent agent, RunResult result) {
        assertThat(result.outcome()).as(result.reason()).isEqualTo(Outcome.SUCCESS);
        assertThat(operations("create")).hasSize(1);
        assertThat(operations("upload")).hasSize(1);
        assertThat(agent.marker()).isEqualTo(result.backup());
        assertThat(agent.results(NODE)).hasSize(1);
        assertThat(agent.count(NODE, JournalEvent.BEGUN)).isEqualTo(1);
        assertThat(agent.count(NODE, JournalEvent.ENDED)).isEqualTo(1);
        assertThat(agent.count(NODE, JournalEvent.MARKER_MOVED)).isEqualTo(1);
    }

    private List<RecordedOperation> operations(String verb) {
        return server.operations().stream().filter(o -> o.operation().equals(verb)).toList();
    }

    /** Returns whether all that was asked for has come to its end. */
    private static boolean settled(EditedAgent agent) {
        return agent.count(NODE, JournalEvent.REQUESTED) == agent.count(NODE, JournalEvent.ENDED);
    }

    private static String userRoute(String id, String from) {
        return """
        - route:
            id: %s
            from:
              uri: %s
              steps:
                - log: a
        """
                .formatted(id, from);
    }

    /** Leaves a file behind. */
    private static String telling(Path folder) {
        return """
        - route:
            id: tell
            from:
              uri: direct:tell
              steps:
                - setBody: { constant: told }
                - to: "file:%s?fileName=told"
        """
                .formatted(folder);
    }

    private static String ticking(String id, Path folder) {
        return """
        - route:
            id: %s
            from:
              uri: quartz:%s
              parameters: { cron: "* * * * * ?" }
              steps:
                - setBody: { simple: "${date:now:ssSSS}" }
                - to: "file:%s?fileName=${exchangeId}"
        """
                .formatted(id, id, folder);
    }

    private static long count(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.count();
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    private static URI address(EditedAgent agent) {
        return AgentAddress.read(agent.directory.resolve("state")).orElseThrow().url();
    }

    private static int post(URI url) throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(url + "/api/v1/targets/node/deletions"))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString("{}"))
                        .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }
}
