package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.order.DeleteOrder;
import io.github.clickhousebackupagent.internal.order.Place;
import io.github.clickhousebackupagent.internal.order.RestoreOrder;
import io.github.clickhousebackupagent.internal.order.RestoreOrder.Content;
import io.github.clickhousebackupagent.internal.order.RestoreOrder.Existing;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RunHistory;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.trace.Collector;
import io.github.clickhousebackupagent.internal.trace.Collector.Seen;
import io.github.clickhousebackupagent.sandbox.Ending;
import io.github.clickhousebackupagent.sandbox.RecordedCall;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Whoever looks at a trace sees the whole run, and nothing that is secret. */
@Timeout(90)
@Execution(ExecutionMode.CONCURRENT)
class TracesTest {

    private static final String OURS = "clickhouse_backup_agent.";
    private static final String NEVER =
            "schedules: { yearly: { do: full, cron: '0 0 1 1 *' }, hourly: { do: full, cron: '0 0 1 1 *' } }\n";

    @TempDir Path directory;

    @Test
    void aRunIsATraceAndItsStagesAndCallsAreWhereTheyBelong() {
        try (Collector collector = Collector.start();
                SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = SandboxAgent.start(directory, server, collector.yaml())) {
            RunResult full = agent.full();
            RunResult diff = agent.diff();

            List<Seen> roots = awaitRoots(collector, 2);

            Seen root = roots.get(0);
            assertThat(root.name()).isEqualTo("backup full");
            assertThat(root.error()).isNull();
            assertThat(root.start()).isEqualTo(full.startedAt());
            assertThat(root.end()).isEqualTo(full.finishedAt());
            assertThat(root.attributes())
                    .containsEntry(OURS + "target", "node")
                    .containsEntry(OURS + "run", full.run())
                    .containsEntry(OURS + "kind", "full")
                    .containsEntry(OURS + "backup", full.backup())
                    .containsEntry(OURS + "outcome", "success")
                    .containsEntry(OURS + "size", full.size().toString())
                    .containsEntry(OURS + "chain_length", "1")
                    .doesNotContainKey(OURS + "schedule")
                    .doesNotContainKey(OURS + "stage");
            assertThat(collector.below(root))
                    .extracting(Seen::name)
                    .containsExactly("choose-base", "create", "upload", "prove", "move-marker");
            assertThat(calls(collector, root, "create"))
                    .contains("POST /backup/create", "GET /backup/actions");
            assertThat(calls(collector, root, "upload")).contains("POST /backup/upload/{backup}");
            assertThat(calls(collector, root, "prove")).contains("GET /backup/list/remote");

            Seen second = roots.get(1);
            assertThat(second.name()).isEqualTo("backup diff");
            assertThat(second.trace()).isNotEqualTo(root.trace());
            assertThat(second.attributes()).containsEntry(OURS + "base", diff.base());
            allHang(collector);
            assertThat(collector.spans())
                    .filteredOn(Seen::client)
                    .hasSize(callsOfRuns(server))
                    .allSatisfy(
                            call ->
                                    assertThat(call.attributes())
                                            .containsEntry("server.address", "127.0.0.1")
                                            .containsEntry(
                                                    "server.port", Integer.toString(server.port()))
                                            .hasEntrySatisfying(
                                                    "http.response.status_code",
                                                    status -> assertThat(status).startsWith("20")));
        }
    }

    @Test
    void aFailedRunSaysWhereAndWhy() {
        try (Collector collector = Collector.start();
                SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = SandboxAgent.start(directory, server, collector.yaml())) {
            server.faults().next("upload", Ending.error("no space left on device"));

            RunResult result = agent.full();

            Seen root = awaitRoots(collector, 1).get(0);
            assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(root.error()).isEqualTo(result.reason()).contains("no space left");
            assertThat(root.attributes())
                    .containsEntry("error.type", "operation")
                    .containsEntry(OURS + "stage", "upload");
            assertThat(collector.below(root))
                    .extracting(Seen::name, seen -> seen.error() == null)
                    .containsExactly(
                            tuple("choose-base", true),
                            tuple("create", true),
                            tuple("upload", false));
        }
    }

    @Test
    void aServerThatIsAwayIsACallWithoutAnAnswer() {
        try (Collector collector = Collector.start();
                SandboxAgent agent =
                        SandboxAgent.start(
                                directory, "http://127.0.0.1:" + freePort(), collector.yaml())) {
            agent.full();

            Seen root = awaitRoots(collector, 1).get(0);
            assertThat(root.attributes()).containsEntry("error.type", "unreachable");
            List<Seen> calls = collector.spans().stream().filter(Seen::client).toList();
            assertThat(calls).isNotEmpty();
            assertThat(calls)
                    .allSatisfy(
                            call -> {
                                assertThat(call.error()).contains("refused");
                                assertThat(call.attributes().get("error.type"))
                                        .endsWith("ConnectException");
                                assertThat(call.attributes())
                                        .doesNotContainKey("http.response.status_code");
                            });
        }
    }

    @Test
    void aRunThatGoesOnAfterAnEditIsOneTrace() {
        try (Collector collector = Collector.start();
                Collector later = Collector.start();
                SimulatedServer server = SandboxAgent.server().start();
                EditedAgent agent =
                        new EditedAgent(
                                directory, Map.of("node", server), NEVER + collector.yaml())) {
            try (var upload = server.faults().hold("upload")) {
                agent.fire("node");
                agent.awaitEvent("node", JournalEvent.OPERATION_ACKNOWLEDGED, 2);
                // To another collector: what is finished must still come to the first one.
                agent.configure(Map.of("node", server), NEVER + later.yaml());
                agent.awaitTaken(1);
                agent.awaitEvent("node", JournalEvent.RESUMED, 1);
            }
            assertThat(agent.awaitResult("node").outcome()).isEqualTo(Outcome.SUCCESS);

            Seen root = awaitRoots(later, 1).get(0);
            assertThat(root.attributes()).containsEntry(OURS + "resumed", "true");
            assertThat(collector.roots()).isEmpty();
            assertThat(collector.below(root))
                    .extracting(Seen::name)
                    .containsExactly("choose-base", "create");
            assertThat(later.below(root))
                    .extracting(Seen::name)
                    .containsExactly("upload", "prove", "move-marker");
            // Each call is below a stage, whoever has exported which.
            Set<String> ids = new HashSet<>();
            collector.spans().forEach(span -> ids.add(span.id()));
            later.spans().forEach(span -> ids.add(span.id()));
            assertThat(collector.spans())
                    .allSatisfy(span -> assertThat(ids).contains(span.parent()))
                    .allSatisfy(span -> assertThat(span.trace()).isEqualTo(root.trace()));
            assertThat(calls(collector, later.named("upload").get(0)))
                    .contains("POST /backup/upload/{backup}");
        }
    }

    @Test
    void aRunThatGoesOnInAnotherProcessIsOneTrace() {
        try (Collector collector = Collector.start();
                SimulatedServer server = SandboxAgent.server().start()) {
            try (var upload = server.faults().hold("upload")) {
                try (SandboxAgent first = patient(server, collector)) {
                    first.fire("node", BackupKind.FULL);
                    await().until(() -> count(JournalEvent.OPERATION_ACKNOWLEDGED) == 2);
                }
                assertThat(collector.named("create")).hasSize(1);
                assertThat(collector.roots()).isEmpty();
                try (SandboxAgent second = patient(server, collector)) {
                    await().until(() -> count(JournalEvent.RESUMED) == 1);
                    upload.open();

                    Seen root = awaitRoots(collector, 1).get(0);
                    RunResult result = RunHistory.results(journal(), "node").get(0);
                    assertThat(result.outcome()).isEqualTo(Outcome.SUCCESS);
                    assertThat(root.start()).isEqualTo(result.startedAt());
                    assertThat(collector.below(root))
                            .extracting(Seen::name)
                            .containsExactly(
                                    "choose-base", "create", "upload", "prove", "move-marker");
                    // From its announcement by the first process to its end.
                    Instant announced =
                            journal().read().stream()
                                    .filter(
                                            e ->
                                                    e.event()
                                                                    .equals(
                                                                            JournalEvent
                                                                                    .OPERATION_ANNOUNCED)
                                                            && "upload"
                                                                    .equals(e.detail("operation")))
                                    .findFirst()
                                    .orElseThrow()
                                    .time();
                    assertThat(collector.named("upload").get(0).start())
                            .isBetween(root.start(), announced);
                    allHang(collector);
                }
            }
        }
    }

    @Test
    void aRunThatWasCutOffAndDoesNotGoOnIsATraceAllTheSame() {
        try (Collector collector = Collector.start();
                SimulatedServer server = SandboxAgent.server().start()) {
            try (var delete = server.faults().hold("delete");
                    SandboxAgent first = patient(server, collector)) {
                String backup = first.full().backup();
                first.full();
                first.later(RunKind.DELETE, new DeleteOrder(Place.REMOTE, List.of(backup), false));
                await().until(() -> count(JournalEvent.OPERATION_ANNOUNCED) == 5);
            }
            try (SandboxAgent second = patient(server, collector)) {
                await().atMost(Duration.ofSeconds(30))
                        .until(() -> collector.named("delete").stream().anyMatch(Seen::isRoot));
            }
            Seen root = collector.named("delete").stream().filter(Seen::isRoot).findFirst().get();
            assertThat(root.error()).contains("backups were still there");
            assertThat(root.attributes())
                    .containsEntry("error.type", "interrupted")
                    .containsEntry(OURS + "resumed", "true");
            assertThat(collector.below(root))
                    .extracting(Seen::name)
                    .containsExactly("check", "delete");
            allHang(collector);
        }
    }

    @Test
    void aCollectorThatIsDownCostsNoRunAndNoTime() {
        String nowhere =
                "http: { port: 0 }\ntraces: { endpoint: 'http://127.0.0.1:%d' }\n"
                        .formatted(freePort());
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = SandboxAgent.start(directory, server, nowhere)) {
            agent.full(); // Whatever is made at the first time.
            for (int i = 0; i < 5; i++) {
                RunResult result = agent.diff();
                assertThat(result.outcome()).isEqualTo(Outcome.SUCCESS);
                assertThat(result.duration()).isLessThan(Duration.ofSeconds(4));
            }
        }
    }

    @Test
    void aCollectorThatHangsDoesNotHoldUpAStop() {
        try (Collector collector = Collector.hanging();
                SimulatedServer server = SandboxAgent.server().start()) {
            SandboxAgent agent = SandboxAgent.start(directory, server, collector.yaml());
            assertThat(agent.full().outcome()).isEqualTo(Outcome.SUCCESS);
            await().until(() -> !collector.headers().isEmpty());
            agent.diff();

            long began = System.nanoTime();
            agent.close();

            // limits.stop is 5 s.
            assertThat(Duration.ofNanos(System.nanoTime() - began))
                    .isLessThan(Duration.ofSeconds(5));
        }
    }

    @Test
    void whatIsFinishedIsSentAtAStop() {
        try (Collector collector = Collector.start();
                SimulatedServer server = SandboxAgent.server().start()) {
            try (SandboxAgent agent =
                    SandboxAgent.start(
                            directory, server, "limits: { stop: 80s }\n" + collector.yaml())) {
                agent.full();
            }
            assertThat(collector.roots()).hasSize(1);
            allHang(collector);
        }
    }

    @Test
    void noSecretIsInATraceAndTheCollectorGetsItsHeaders() throws Exception {
        Path headers = directory.resolve("headers");
        Files.writeString(headers, "Authorization=Bearer%20Top-7788,x-scope=a\n");
        try (Collector collector = Collector.start();
                SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent =
                        SandboxAgent.startWithClickHouse(
                                directory,
                                server,
                                "http: { port: 0 }\ntraces: { endpoint: '%s/', headers-file: '%s', service-name: nightly, resource-attributes: 'deployment.environment.name=test' }\n"
                                        .formatted(collector.url(), headers))) {
            RunResult result = agent.full();
            awaitRoots(collector, 1);

            String callback =
                    server.calls().stream()
                            .map(RecordedCall::query)
                            .filter(query -> query.contains("callback="))
                            .findFirst()
                            .orElseThrow()
                            .replaceFirst(".*/callback/", "");
            assertThat(callback).hasSizeGreaterThan(10);
            assertThat(collector.everything())
                    .contains(result.backup(), "callback=REDACTED")
                    .doesNotContain(callback, SandboxAgent.PASSWORD, "Top-7788", "Basic ");
            assertThat(collector.headers())
                    .allSatisfy(
                            sent -> {
                                assertThat(sent.get("Authorization"))
                                        .containsExactly("Bearer Top-7788");
                                assertThat(sent.get("X-scope")).containsExactly("a");
                            });
            assertThat(collector.spans().get(0).resource())
                    .containsEntry("service.name", "nightly")
                    .containsEntry("deployment.environment.name", "test")
                    .containsKey("host.name");
            assertThat(agent.everythingWritten()).doesNotContain("Top-7788");
        }
    }

    @Test
    void serversAndHooksAreToldWhichTraceItIs() throws Exception {
        List<String> told = new CopyOnWriteArrayList<>();
        HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(
                "/",
                call -> {
                    told.add(String.valueOf(call.getRequestHeaders().getFirst("traceparent")));
                    call.sendResponseHeaders(404, -1);
                    call.close();
                });
        server.start();
        Hooked hooked = new Hooked(directory).listening("on-failure");
        try (Collector collector = Collector.start();
                SimulatedServer any = SandboxAgent.server().start();
                SandboxAgent agent =
                        SandboxAgent.startWithRoutes(
                                directory, any, hooked.routes, collector.yaml())) {
            any.faults().next("create", Ending.error("no"));
            agent.full();
            Seen root = awaitRoots(collector, 1).get(0);
            assertThat(hooked.told()).hasSize(1);
            assertThat(hooked.told().get(0).headers())
                    .containsEntry("traceparent", "00-%s-%s-01".formatted(root.trace(), root.id()));
        }
        try (Collector collector = Collector.start();
                SandboxAgent agent =
                        SandboxAgent.start(
                                directory.resolve("other"),
                                "http://127.0.0.1:" + server.getAddress().getPort(),
                                collector.yaml())) {
            agent.full();
            awaitRoots(collector, 1);
            Set<String> calls =
                    collector.spans().stream()
                            .filter(Seen::client)
                            .map(span -> "00-%s-%s-01".formatted(span.trace(), span.id()))
                            .collect(Collectors.toSet());
            assertThat(calls).isNotEmpty();
            assertThat(told).containsExactlyInAnyOrderElementsOf(calls);
            assertThat(collector.named("GET /backup/list/remote"))
                    .allSatisfy(
                            call ->
                                    assertThat(call.attributes())
                                            .containsEntry("error.type", "404"));
        } finally {
            server.stop(0);
        }
    }

    @Test
    void aRestoreShowsTheQuestionsToClickHouseAndADeletionEachCopy() {
        try (Collector collector = Collector.start();
                SimulatedServer server =
                        SandboxAgent.server().table("shop", "orders", 10, 100).start();
                SandboxAgent agent =
                        SandboxAgent.startWithClickHouse(directory, server, collector.yaml())) {
            String backup = agent.full().backup();
            agent.full();
            RunResult restored =
                    agent.run(
                            RunKind.RESTORE,
                            new RestoreOrder(
                                    backup,
                                    null,
                                    List.of("shop.*"),
                                    Content.ALL,
                                    Map.of("shop", "copy"),
                                    Map.of(),
                                    Existing.REFUSE,
                                    List.of()));
            assertThat(restored.outcome()).as("%s", restored).isEqualTo(Outcome.SUCCESS);
            RunResult deleted =
                    agent.run(
                            RunKind.DELETE, new DeleteOrder(Place.REMOTE, List.of(backup), false));
            assertThat(deleted.outcome()).as("%s", deleted).isEqualTo(Outcome.SUCCESS);

            awaitRoots(collector, 4);

            Seen restore =
                    collector.named("restore").stream().filter(Seen::isRoot).findFirst().get();
            assertThat(collector.below(restore))
                    .extracting(Seen::name)
                    .containsExactly("check", "delete", "download", "restore");
            assertThat(collector.spans())
                    .filteredOn(span -> span.attributes().containsKey("db.system.name"))
                    .isNotEmpty()
                    .allSatisfy(span -> assertThat(span.name()).isEqualTo("POST"));
            Seen delete = collector.named("delete").stream().filter(Seen::isRoot).findFirst().get();
            assertThat(collector.below(delete))
                    .extracting(Seen::name)
                    .containsExactly("check", "delete", "delete");
            assertThat(collector.named("POST /backup/delete/remote/{backup}")).hasSize(1);
            allHang(collector);
        }
    }

    private SandboxAgent patient(SimulatedServer server, Collector collector) {
        return SandboxAgent.start(
                directory,
                server,
                NEVER
                        + "limits: { busy: 20s, outage: 20s, silence: 500ms, settle: 200ms, proof: 1s, stop: 20s }\n"
                        + collector.yaml());
    }

    private Journal journal() {
        return new Journal(directory.resolve("state/node/" + Journal.FILE_NAME));
    }

    private long count(String event) {
        return journal().read().stream().filter(e -> e.event().equals(event)).count();
    }

    private static List<Seen> awaitRoots(Collector collector, int count) {
        await().atMost(Duration.ofSeconds(30)).until(() -> collector.roots().size() >= count);
        assertThat(collector.roots()).hasSize(count);
        return collector.roots();
    }

    /**
     * Each span that is no root is below one that came, in the same trace and within its time. Of a
     * stage that was cut off, the journal tells when its operation was announced, not what was
     * asked before that.
     */
    private static void allHang(Collector collector) {
        List<Seen> all = collector.spans();
        assertThat(all).extracting(Seen::id).doesNotHaveDuplicates();
        for (Seen span : all) {
            if (!span.isRoot()) {
                Seen parent =
                        all.stream()
                                .filter(other -> other.id().equals(span.parent()))
                                .findFirst()
                                .orElseThrow(() -> new AssertionError("no parent of " + span));
                assertThat(parent.trace()).isEqualTo(span.trace());
                boolean resumed =
                        collector.roots().stream()
                                .filter(root -> root.trace().equals(span.trace()))
                                .anyMatch(root -> root.attributes().containsKey(OURS + "resumed"));
                if (!resumed) {
                    assertThat(span.start()).as("%s", span).isAfterOrEqualTo(parent.start());
                }
                assertThat(span.end()).as("%s", span).isBeforeOrEqualTo(parent.end());
            }
        }
    }

    private static List<String> calls(Collector collector, Seen root, String stage) {
        Seen parent =
                collector.below(root).stream()
                        .filter(span -> span.name().equals(stage))
                        .findFirst()
                        .orElseThrow();
        return calls(collector, parent);
    }

    private static List<String> calls(Collector collector, Seen stage) {
        return collector.below(stage).stream().map(Seen::name).toList();
    }

    private static int callsOfRuns(SimulatedServer server) {
        return (int)
                server.calls().stream().filter(call -> !call.path().contains("version")).count();
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
