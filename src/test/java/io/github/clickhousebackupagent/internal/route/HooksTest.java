package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.event.RunEvent;
import io.github.clickhousebackupagent.internal.hook.HookPoint;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.order.AdoptOrder;
import io.github.clickhousebackupagent.internal.order.DeleteOrder;
import io.github.clickhousebackupagent.internal.order.Place;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RunHistory;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.run.RunResult.Failure;
import io.github.clickhousebackupagent.sandbox.Damage;
import io.github.clickhousebackupagent.sandbox.Ending;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What users hook in is called, told what is documented, and can do a run no harm. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
class HooksTest {

    private static final String LIMITS = SandboxAgent.SHORT_LIMITS;
    private static final String SHORT = "limits: { %s, hook: 2s }".formatted(LIMITS);
    private static final String SKIPPED =
            "io.github.clickhousebackupagent.event.RunSkippedException";
    private static final List<String> STEPS =
            List.of(
                    "before-create",
                    "after-create",
                    "before-upload",
                    "after-upload",
                    "before-proof",
                    "after-proof",
                    "before-marker",
                    "after-marker");

    @TempDir Path directory;

    static Stream<String> checks() {
        return STEPS.stream().filter(step -> step.startsWith("before"));
    }

    static Stream<String> notifications() {
        return Stream.concat(
                STEPS.stream().filter(step -> step.startsWith("after")), Stream.of("on-success"));
    }

    @Test
    void aFullAndADiffTellEachPointOnceAndInOrder() {
        Hooked hooked = new Hooked(directory).listeningEverywhere();
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked, "")) {
            RunResult full = agent.full();
            RunResult diff = agent.diff();

            assertThat(full.outcome()).as("%s", full).isEqualTo(Outcome.SUCCESS);
            assertThat(diff.outcome()).as("%s", diff).isEqualTo(Outcome.SUCCESS);
            List<String> way = Stream.concat(STEPS.stream(), Stream.of("on-success")).toList();
            assertThat(hooked.points())
                    .containsExactlyElementsOf(Stream.concat(way.stream(), way.stream()).toList());
            assertThat(hooked.events().subList(0, 9)).allMatch(e -> e.run().equals(full.run()));

            RunEvent create = hooked.events().get(0);
            assertThat(create.target()).isEqualTo("node");
            assertThat(create.kind()).isEqualTo("full");
            assertThat(create.backup()).isEqualTo(full.backup());
            assertThat(create.stage()).isEqualTo("create");
            assertThat(create.startedAt()).isEqualTo(full.startedAt());
            assertThat(create.outcome()).isNull();
            assertThat(create.size()).isNull();
            RunEvent proof = hooked.events().get(5);
            assertThat(proof.size()).isEqualTo(full.size());
            assertThat(proof.chainLength()).isEqualTo(1);
            RunEvent upload = hooked.events().get(11);
            assertThat(upload.event()).isEqualTo("before-upload");
            assertThat(upload.kind()).isEqualTo("diff");
            assertThat(upload.base()).isEqualTo(full.backup());
            RunEvent success = hooked.events().get(17);
            assertThat(success.outcome()).isEqualTo("success");
            assertThat(success.finishedAt()).isEqualTo(diff.finishedAt());
            assertThat(success.durationMillis()).isEqualTo(diff.duration().toMillis());
            assertThat(success.base()).isEqualTo(full.backup());
            assertThat(success.chainLength()).isEqualTo(2);
            assertThat(success.size()).isEqualTo(diff.size());
            assertThat(success.reason()).isNull();
        }
    }

    @Test
    void aHookGetsTheDocumentedHeadersAndNothingElseOfTheRun() {
        Hooked hooked = new Hooked(directory).listeningEverywhere();
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked, "")) {
            RunResult full = agent.full();
            server.faults().next("create", Ending.error("disk full"));
            agent.full();

            for (Hooked.Told told : hooked.told()) {
                assertThat(told.exchange().getProperties()).containsOnlyKeys("hook");
                assertThat(told.exchange().getAllProperties().toString())
                        .doesNotContain(SandboxAgent.PASSWORD, "callback");
                assertThat(told.headers()).doesNotContainKey("Authorization");
            }
            Hooked.Told success = told(hooked, "on-success");
            assertThat(success.headers())
                    .containsExactlyInAnyOrderEntriesOf(
                            Map.of(
                                    "BackupEvent", "on-success",
                                    "BackupTarget", "node",
                                    "BackupRun", full.run(),
                                    "BackupKind", "full",
                                    "BackupName", full.backup(),
                                    "BackupOutcome", "success"));
            assertThat(told(hooked, "on-failure").headers())
                    .containsEntry("BackupOutcome", "failed")
                    .containsEntry("BackupReason", "disk full")
                    .hasSize(7);
        }
    }

    @Test
    void aFailedCreateIsToldOnceAndNothingAfterIt() {
        Hooked hooked = new Hooked(directory).listeningEverywhere();
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked, "")) {
            server.faults().next("create", Ending.error("disk full"));

            RunResult full = agent.full();

            assertThat(hooked.points()).containsExactly("before-create", "on-failure");
            RunEvent failure = hooked.only("on-failure");
            assertThat(failure.outcome()).isEqualTo("failed");
            assertThat(failure.stage()).isEqualTo("create");
            assertThat(failure.reason()).isEqualTo("disk full");
            assertThat(failure.failure()).isEqualTo("operation");
            assertThat(failure.backup()).isEqualTo(full.backup());
            assertThat(failure.size()).isNull();
        }
    }

    @Test
    void aFailedProofIsTold() {
        Hooked hooked = new Hooked(directory).listeningEverywhere();
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked, "")) {
            server.faults().next("upload", Ending.damaged(Damage.BROKEN));

            RunResult full = agent.full();

            assertThat(full.failure()).as("%s", full).isEqualTo(Failure.NOT_PROVEN);
            await().until(() -> hooked.points().contains("on-warning"));
            assertThat(hooked.points())
                    .startsWith(
                            "before-create",
                            "after-create",
                            "before-upload",
                            "after-upload",
                            "before-proof")
                    .contains("on-failure")
                    .doesNotContain("after-proof", "before-marker", "after-marker");
            assertThat(hooked.only("on-failure").failure()).isEqualTo("not-proven");
            assertThat(hooked.only("on-warning").reason()).contains("the list is asked for again");
            assertThat(hooked.only("on-warning").outcome()).isNull();
        }
    }

    @Test
    void aRunThatIsTurnedAwayIsToldAsSkipped() {
        Hooked hooked = new Hooked(directory).listening("on-skip");
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent =
                        start(
                                server,
                                hooked,
                                "schedules: { hourly: { do: diff, cron: '0 0 1 1 *', overlap: skip } }")) {
            try (var upload = server.faults().hold("upload")) {
                agent.later("node", BackupKind.FULL);
                await().until(() -> Calls.uploads(server).size() == 1);

                agent.fire("node", BackupKind.DIFF);

                RunEvent skip = hooked.only("on-skip");
                assertThat(skip.outcome()).isEqualTo("skipped");
                assertThat(skip.schedule()).isEqualTo("hourly");
                assertThat(skip.kind()).isEqualTo("diff");
                assertThat(skip.reason()).isEqualTo("another run is at work on node");
            }
        }
    }

    @Test
    void aMissedRunIsTold() {
        Hooked hooked = new Hooked(directory).listening("on-missed/pager");
        Journal journal = new Journal(directory.resolve("state/node/runs.jsonl"));
        journal.append(
                new JournalEvent(
                        Instant.now().minus(Duration.ofDays(400)),
                        null,
                        JournalEvent.ARMED,
                        Map.of("schedule", "yearly", "cron", "0 0 1 1 *", "zone", "UTC")));
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent =
                        start(
                                server,
                                hooked,
                                "schedules: { yearly: { do: full, cron: '0 0 1 1 *', catch-up: never } }")) {
            await().until(() -> !hooked.events().isEmpty());

            RunEvent missed = hooked.only("on-missed");
            assertThat(missed.outcome()).isEqualTo("missed");
            assertThat(missed.schedule()).isEqualTo("yearly");
            assertThat(missed.reason()).contains("as the agent was not running");
            assertThat(agent.results("node")).extracting(RunResult::run).contains(missed.run());
        }
    }

    @Test
    void aWarningIsToldBeforeACommandIsGone() {
        Hooked hooked = new Hooked(directory).listening("on-warning");
        try (SimulatedServer server = SandboxAgent.server().start()) {
            try (SandboxAgent agent = start(server, hooked, "")) {
                agent.diff();
            }

            RunEvent warning = hooked.only("on-warning");
            assertThat(warning.reason()).contains("take a FULL first");
            assertThat(warning.kind()).isEqualTo("diff");
            assertThat(warning.backup()).startsWith("DIFF_CH_BK_");
            assertThat(warning.stage()).isEqualTo("choose-base");
        }
    }

    @Test
    void anAdoptionIsTold() {
        Hooked hooked = new Hooked(directory).listeningEverywhere();
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked, "")) {
            String backup = agent.full().backup();
            hooked.told().clear();

            RunResult adopted = agent.run(RunKind.ADOPT, new AdoptOrder(backup));

            assertThat(adopted.outcome()).as("%s", adopted).isEqualTo(Outcome.SUCCESS);
            assertThat(hooked.points())
                    .containsExactly(
                            "before-proof",
                            "after-proof",
                            "before-marker",
                            "after-marker",
                            "on-success");
            assertThat(hooked.events())
                    .allMatch(e -> e.kind().equals("adopt") && e.backup().equals(backup));
        }
    }

    @ParameterizedTest
    @MethodSource("checks")
    void aCheckThatFailsEndsTheRunAndTheMarkerStays(String point) {
        Hooked hooked =
                new Hooked(directory)
                        .failing(
                                point + "/space", "java.lang.IllegalStateException", "disk is full")
                        .listening("on-failure");
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked, "")) {
            RunResult full = agent.full();

            assertThat(full.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(full.reason())
                    .isEqualTo("%s, route %s-space: disk is full".formatted(point, point));
            assertThat(agent.markerFile()).doesNotExist();
            assertThat(hooked.only("on-failure").reason()).isEqualTo(full.reason());
            assertThat(Calls.posts(server)).hasSize(callsBefore(point));
            assertThat(agent.results("node"))
                    .as("one outcome, though the hook failed in routes of its own")
                    .hasSize(1);
        }
    }

    @ParameterizedTest
    @MethodSource("checks")
    void aCheckMaySkipTheRun(String point) {
        Hooked hooked =
                new Hooked(directory)
                        .failing(point, SKIPPED, "the disks are exchanged")
                        .listening("on-skip");
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked, "")) {
            RunResult full = agent.full();

            assertThat(full.outcome()).isEqualTo(Outcome.SKIPPED);
            assertThat(full.reason())
                    .isEqualTo("%s, route %s: the disks are exchanged".formatted(point, point));
            assertThat(hooked.only("on-skip").outcome()).isEqualTo("skipped");
            assertThat(agent.markerFile()).doesNotExist();
            assertThat(Calls.posts(server)).hasSize(callsBefore(point));
        }
    }

    @ParameterizedTest
    @MethodSource("checks")
    void aCheckThatHangsFailsTheRunAfterItsLimit(String point) {
        Hooked hooked = new Hooked(directory).hanging(point + "/hung");
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked, SHORT)) {
            RunResult full = agent.full();

            assertThat(full.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(full.reason())
                    .isEqualTo("%s, route %s-hung: no answer within 2s".formatted(point, point));
            await().until(hooked::wasInterrupted);
        }
    }

    @ParameterizedTest
    @MethodSource("notifications")
    void aNotificationThatFailsIsAWarningOnly(String point) {
        Hooked hooked =
                new Hooked(directory)
                        .failing(point + "/chat", "java.lang.IllegalStateException", "no\\nnet");
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked, "")) {
            RunResult full = agent.full();

            assertThat(full.outcome()).isEqualTo(Outcome.SUCCESS);
            assertThat(agent.marker()).isEqualTo(full.backup());
            assertThat(agent.log())
                    .contains("[WARNING] Hook %s, route %s-chat: no net".formatted(point, point));
        }
    }

    @ParameterizedTest
    @MethodSource("notifications")
    void aNotificationMayNotSkipWhatIsDone(String point) {
        Hooked hooked = new Hooked(directory).failing(point, SKIPPED, "too late");
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked, "")) {
            assertThat(agent.full().outcome()).isEqualTo(Outcome.SUCCESS);
            assertThat(agent.results("node")).hasSize(1);
        }
    }

    @ParameterizedTest
    @MethodSource("notifications")
    void aNotificationThatHangsIsAWarningOnly(String point) {
        Hooked hooked = new Hooked(directory).hangingForEver(point + "/hung");
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked, SHORT)) {
            RunResult full = agent.full();

            assertThat(full.outcome()).isEqualTo(Outcome.SUCCESS);
            assertThat(agent.log())
                    .contains(
                            "Hook %s, route %s-hung: no answer within 2s".formatted(point, point));
            hooked.release();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"on-failure", "on-warning", "on-skip"})
    void aHookThatFailsWhileSomethingElseIsWrongChangesNothing(String point) {
        Hooked hooked =
                new Hooked(directory)
                        .failing(point, "java.lang.IllegalStateException", "no net")
                        .failing(
                                "before-upload",
                                "on-skip".equals(point)
                                        ? SKIPPED
                                        : "java.lang.IllegalStateException",
                                "not now");
        try (SimulatedServer server = SandboxAgent.server().start()) {
            SandboxAgent agent = start(server, hooked, "");
            RunResult diff = agent.diff();
            agent.close();

            assertThat(diff.outcome())
                    .isEqualTo("on-skip".equals(point) ? Outcome.SKIPPED : Outcome.FAILED);
            assertThat(diff.reason()).isEqualTo("before-upload, route before-upload: not now");
            assertThat(agent.results("node"))
                    .singleElement()
                    .extracting(RunResult::run)
                    .isEqualTo(diff.run());
            assertThat(agent.log().split("Hook " + point + ", route " + point + ": no net", -1))
                    .as("once: a warning about a hook calls no hook")
                    .hasSize(2);
        }
    }

    @Test
    void severalHooksAtOnePointAreAllCalledWhateverOneOfThemDoes() {
        Hooked hooked =
                new Hooked(directory)
                        .listening("on-success")
                        .listening("on-success/second")
                        .failing("on-success/third", "java.lang.IllegalStateException", "no net")
                        .hanging("on-success/fourth");
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked, SHORT)) {
            assertThat(agent.full().outcome()).isEqualTo(Outcome.SUCCESS);

            assertThat(hooked.told())
                    .extracting(Hooked.Told::route)
                    .containsExactlyInAnyOrder(
                            "on-success", "on-success-second", "on-success-fourth");
            assertThat(agent.log())
                    .contains(
                            "Hook on-success, route on-success-third: no net; on-success, route on-success-fourth: no answer within 2s");
        }
    }

    @Test
    void twoChecksThatFailAreBothNamed() {
        Hooked hooked =
                new Hooked(directory)
                        .failing("before-create/a", SKIPPED, "not now")
                        .failing("before-create/b", "java.lang.IllegalStateException", "no space");
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked, "")) {
            RunResult full = agent.full();

            assertThat(full.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(full.reason())
                    .contains(
                            "before-create, route before-create-a: not now",
                            "before-create, route before-create-b: no space");
        }
    }

    @Test
    void withoutHooksNothingIsCalledAndNoThreadIsMade() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            assertThat(agent.full().outcome()).isEqualTo(Outcome.SUCCESS);

            assertThat(agent.log()).doesNotContain("Hook", "WARN");
            var threads =
                    agent.agent()
                            .context()
                            .getRegistry()
                            .lookupByNameAndType("hookThreads", HookThreads.class);
            assertThat(threads.most()).isZero();
        }
    }

    @Test
    void theStopOfTheAgentIsNotHeldUpByAHookAndTheRunGoesOnAtTheNextStart() {
        Hooked hooked = new Hooked(directory).hanging("before-upload");
        try (SimulatedServer server = SandboxAgent.server().start()) {
            SandboxAgent agent =
                    start(server, hooked, "limits: { %s, hook: 1h }".formatted(LIMITS));
            agent.fire("node", BackupKind.FULL);
            await().until(() -> !hooked.events().isEmpty());
            Instant before = Instant.now();

            agent.close();

            assertThat(Duration.between(before, Instant.now())).isLessThan(Duration.ofSeconds(6));
            assertThat(agent.journal())
                    .last()
                    .satisfies(
                            event -> {
                                assertThat(event.event()).isEqualTo(JournalEvent.SUSPENDED);
                                assertThat(event.detail("reason"))
                                        .isEqualTo(
                                                "the agent was stopped before before-upload was passed");
                            });
            hooked.release();
            try (SandboxAgent next = start(server, hooked, "")) {
                assertThat(next.diff().outcome()).isEqualTo(Outcome.SUCCESS);
                assertThat(next.results("node"))
                        .extracting(RunResult::kind, RunResult::outcome)
                        .containsExactly(
                                org.assertj.core.groups.Tuple.tuple(RunKind.FULL, Outcome.SUCCESS),
                                org.assertj.core.groups.Tuple.tuple(RunKind.DIFF, Outcome.SUCCESS));
                assertThat(Calls.posts(server)).hasSize(4);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"before-upload", "on-success"})
    void noHookHoldsUpTheStopEvenOneThatCannotBeInterrupted(String point) {
        Hooked hooked = new Hooked(directory).hangingForEver(point);
        try (SimulatedServer server = SandboxAgent.server().start()) {
            SandboxAgent agent =
                    start(server, hooked, "limits: { %s, hook: 1h }".formatted(LIMITS));
            agent.fire("node", BackupKind.FULL);
            await().until(() -> !hooked.events().isEmpty());
            Instant before = Instant.now();

            agent.close();

            assertThat(Duration.between(before, Instant.now())).isLessThan(Duration.ofSeconds(8));
            boolean over = point.equals("on-success");
            assertThat(
                            RunHistory.results(
                                    new Journal(directory.resolve("state/node/runs.jsonl")),
                                    "node"))
                    .hasSize(over ? 1 : 0);
            hooked.release();
        }
    }

    @Test
    void aMarkerThatWasMovedRightBeforeAKillIsNotCheckedAgain() throws Exception {
        Hooked hooked = new Hooked(directory).hangingForEver("after-marker");
        try (SimulatedServer server = SandboxAgent.server().start()) {
            SandboxAgent agent =
                    start(server, hooked, "limits: { %s, hook: 1h }".formatted(LIMITS));
            agent.fire("node", BackupKind.FULL);
            await().until(() -> !hooked.events().isEmpty());
            agent.close();
            hooked.release();
            String backup = agent.marker();

            Hooked late =
                    hooked.failing("before-marker", "java.lang.IllegalStateException", "not now");
            try (SandboxAgent next = start(server, late, "")) {
                assertThat(next.diff().reason()).contains("not now");
                assertThat(next.results("node"))
                        .extracting(RunResult::kind, RunResult::outcome)
                        .containsExactly(
                                org.assertj.core.groups.Tuple.tuple(RunKind.FULL, Outcome.SUCCESS),
                                org.assertj.core.groups.Tuple.tuple(RunKind.DIFF, Outcome.FAILED));
                assertThat(next.marker()).isEqualTo(backup);
            }
        }
    }

    @Test
    void aDeletionIsTold() {
        Hooked hooked = new Hooked(directory).listeningEverywhere();
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked, "")) {
            String first = agent.full().backup();
            agent.full();
            hooked.told().clear();

            RunResult deleted =
                    agent.run(RunKind.DELETE, new DeleteOrder(Place.REMOTE, List.of(first), true));

            assertThat(deleted.outcome()).as("%s", deleted).isEqualTo(Outcome.SUCCESS);
            RunEvent told = hooked.only("on-success");
            assertThat(hooked.points()).containsExactly("on-success");
            assertThat(told.kind()).isEqualTo("delete");
            assertThat(told.summary()).isEqualTo(deleted.summary()).isNotBlank();
        }
    }

    @Test
    void aRunThatTheStopSuspendsIsToldAsNothing() {
        Hooked hooked = new Hooked(directory).listeningEverywhere();
        try (SimulatedServer server = SandboxAgent.server().start();
                var gate = server.faults().hold("upload")) {
            SandboxAgent agent = start(server, hooked, "");
            agent.fire("node", BackupKind.FULL);
            await().until(() -> Calls.uploads(server).size() == 1);

            agent.close();

            assertThat(hooked.points())
                    .containsExactly("before-create", "after-create", "before-upload");
        }
    }

    @Test
    void aMisspeltPointKeepsTheAgentFromStarting() {
        Hooked hooked = new Hooked(directory).listening("on-faillure/webhook");
        try (SimulatedServer server = SandboxAgent.server().start()) {
            assertThatThrownBy(() -> start(server, hooked, ""))
                    .isInstanceOf(RouteException.class)
                    .hasMessage(
                            "%s:5: found direct:on-faillure/webhook, which nothing calls and which is no point of a run; allowed: one of %s (did you mean direct:on-failure/webhook?)"
                                    .formatted(
                                            hooked.routes.resolve("on-faillure-webhook.camel.yaml"),
                                            String.join(", ", HookPoint.words())));
        }
    }

    @Test
    void theExampleOfTheGuideWorks() throws Exception {
        String guide = Files.readString(Path.of("docs/how-to/hook-into-a-run.md"));
        String yaml = guide.substring(guide.indexOf("```yaml\n") + 8);
        Hooked hooked =
                new Hooked(directory)
                        .with(
                                "ours",
                                yaml.substring(0, yaml.indexOf("```"))
                                        .replace("${date:now:HH} < 5", "${date:now:HH} < 24"));
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked, "")) {
            RunResult full = agent.full();

            assertThat(full.outcome()).isEqualTo(Outcome.SKIPPED);
            assertThat(guide)
                    .contains(full.reason())
                    .contains("told on duty: shard1 full: " + full.reason());
            assertThat(agent.log()).doesNotContain("Hook ");
        }
    }

    @Test
    void routesOfUsersWithOtherNamesAreLeftAlone() {
        Hooked hooked =
                new Hooked(directory)
                        .listening("tell/everybody")
                        .with(
                                "mine",
                                """
                                # A test.
                                - route:
                                    id: mine
                                    from:
                                      uri: direct:on-success/mine
                                      steps:
                                        - to:
                                            uri: direct:on-call
                                        - to:
                                            uri: direct:tell/everybody
                                """)
                        .listening("on-call");
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked, "")) {
            agent.full();

            assertThat(hooked.told())
                    .extracting(Hooked.Told::route)
                    .containsExactly("on-call", "tell-everybody");
        }
    }

    @Test
    void theJsonOfAnEventIsAsDocumented() throws Exception {
        Path out = directory.resolve("out");
        Hooked hooked =
                new Hooked(directory)
                        .with(
                                "json",
                                """
                                # A test.
                                - route:
                                    id: json
                                    from:
                                      uri: direct:on-success/json
                                      steps:
                                        - marshal:
                                            json: {}
                                        - to:
                                            uri: file:%s
                                            parameters:
                                              fileName: event.json
                                """
                                        .formatted(out));
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked, "")) {
            RunResult full = agent.full();

            assertThat(agent.log()).doesNotContain("Hook");
            JsonNode event =
                    new ObjectMapper().readTree(Files.readString(out.resolve("event.json")));
            assertThat(event.fieldNames())
                    .toIterable()
                    .containsExactly(
                            "event",
                            "time",
                            "run",
                            "target",
                            "kind",
                            "backup",
                            "stage",
                            "outcome",
                            "startedAt",
                            "finishedAt",
                            "durationMillis",
                            "size",
                            "chainLength");
            assertThat(event.get("startedAt").asText()).isEqualTo(full.startedAt().toString());
            assertThat(event.get("finishedAt").asText()).isEqualTo(full.finishedAt().toString());
            assertThat(event.get("size").isIntegralNumber()).isTrue();
            assertThat(event.get("durationMillis").asLong()).isEqualTo(full.duration().toMillis());
        }
    }

    private SandboxAgent start(SimulatedServer server, Hooked hooked, String more) {
        return SandboxAgent.startWithRoutes(directory, server, hooked.routes, more);
    }

    private static int callsBefore(String point) {
        return switch (point) {
            case "before-create" -> 0;
            case "before-upload" -> 1;
            default -> 2;
        };
    }

    private static Hooked.Told told(Hooked hooked, String point) {
        return hooked.told().stream()
                .filter(told -> told.event().event().equals(point))
                .findFirst()
                .orElseThrow();
    }
}
