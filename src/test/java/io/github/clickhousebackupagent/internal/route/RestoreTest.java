package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.order.DeleteOrder;
import io.github.clickhousebackupagent.internal.order.Place;
import io.github.clickhousebackupagent.internal.order.RestoreOrder;
import io.github.clickhousebackupagent.internal.order.RestoreOrder.Content;
import io.github.clickhousebackupagent.internal.order.RestoreOrder.Existing;
import io.github.clickhousebackupagent.internal.restore.RestorePlan;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RefusedException;
import io.github.clickhousebackupagent.internal.run.Run;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunListener;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.run.RunResult.Failure;
import io.github.clickhousebackupagent.sandbox.Ending;
import io.github.clickhousebackupagent.sandbox.ServerVersion;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a restore must not destroy, whatever happens meanwhile. */
class RestoreTest {

    private static final String PATIENT =
            """
            limits: { busy: 20s, outage: 20s, silence: 500ms, settle: 200ms, proof: 1s, stop: 5s }
            retry: { create: 1, upload: 1, pause: 10ms, longest-pause: 10ms }
            """;

    /** Only an agent with schedules takes up what was cut off, at its start. */
    private static final String SCHEDULED =
            PATIENT + "schedules: { yearly: { do: full, cron: '0 0 1 1 *' } }\n";

    @TempDir Path directory;

    private final List<RunResult> told = new CopyOnWriteArrayList<>();
    private final List<String> warnings = new CopyOnWriteArrayList<>();
    private final RunListener listener =
            new RunListener() {
                @Override
                public void ended(RunResult result) {
                    told.add(result);
                }

                @Override
                public void warned(Run run, String warning) {
                    warnings.add(warning);
                }
            };

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void whatWasDroppedComesBackFromRemote(ServerVersion version) {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server)) {
            String backup = agent.full().backup();
            deleteLocal(agent, backup);
            server.dropTable("shop", "orders");

            RunResult result = agent.run(RunKind.RESTORE, all(backup, Existing.REFUSE));

            assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.SUCCESS);
            assertThat(result.backup()).isEqualTo(backup);
            assertThat(result.summary()).contains("shop.orders (1,000 rows)");
            assertThat(server.rows("shop", "orders")).hasValue(1_000);
            assertThat(lastPosts(server, 2))
                    .containsExactly(
                            "POST /backup/download/" + backup, "POST /backup/restore/" + backup);
            assertThat(agent.marker()).isEqualTo(backup);
            assertThat(agent.log()).contains("Restore of " + backup + " begins, by hand");
        }
    }

    /** The plan was shown and agreed to; then somebody inserts, and the server would drop. */
    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void rowsThatCameAfterThePlan(ServerVersion version) {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server)) {
            String backup = agent.full().backup();
            int posts = Calls.posts(server).size();

            RunResult result = agent.run(RunKind.RESTORE, all(backup, Existing.REFUSE));

            assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(result.failure()).isEqualTo(Failure.REFUSED);
            assertThat(result.reason()).contains("shop.orders (1,000 rows): would be gone");
            assertThat(server.rows("shop", "orders")).hasValue(1_000);
            assertThat(Calls.posts(server)).hasSize(posts);
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void rowsThatCameDuringTheDownload(ServerVersion version) {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server)) {
            String backup = agent.full().backup();
            deleteLocal(agent, backup);
            server.dropTable("shop", "orders");
            var download = server.faults().hold("download");
            var restore = agent.later(RunKind.RESTORE, all(backup, Existing.REFUSE));
            await().until(() -> announced("download"));
            server.putTable("shop", "orders", "MergeTree", 7);
            download.open();

            RunResult result = restore.join();

            assertThat(result.failure()).as("%s", result).isEqualTo(Failure.REFUSED);
            assertThat(server.rows("shop", "orders")).hasValue(7);
            assertThat(Calls.posts(server)).noneMatch(c -> c.contains("/restore/"));
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void rowsThatCameWhileTheServerWasBusy(ServerVersion version) {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server)) {
            String backup = agent.full().backup();
            server.dropTable("shop", "orders");
            var foreign = server.faults().lock("create FOREIGN");
            var restore = agent.later(RunKind.RESTORE, all(backup, Existing.REFUSE));
            await().until(() -> warnings.stream().anyMatch(w -> w.contains("FOREIGN; it waits")));
            server.putTable("shop", "orders", "MergeTree", 7);
            foreign.open();

            RunResult result = restore.join();

            assertThat(result.failure()).as("%s", result).isEqualTo(Failure.REFUSED);
            assertThat(server.rows("shop", "orders")).hasValue(7);
        }
    }

    @Test
    void rowsOfATableThatWasNotInThePlan() {
        try (SimulatedServer server = server(ServerVersion.V2_8);
                SandboxAgent agent = start(server)) {
            server.putTable("shop", "items", "MergeTree", 5);
            String backup = agent.full().backup();
            RestoreOrder order = order(backup, Content.ALL, Existing.REPLACE, "shop.orders");

            assertThat(agent.run(RunKind.RESTORE, order).reason()).contains("shop.items: has data");
            assertThat(server.rows("shop", "orders")).hasValue(1_000);
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void rowsThatWereAgreedToGoAreThoseOfTheBackupAfterwards(ServerVersion version) {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server)) {
            String backup = agent.full().backup();
            server.insertRows("shop", "orders", 500);

            RunResult result =
                    agent.run(
                            RunKind.RESTORE,
                            order(backup, Content.ALL, Existing.REPLACE, "shop.orders"));

            assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.SUCCESS);
            assertThat(server.rows("shop", "orders")).hasValue(1_000);
            // With `rm` beside `schema` a server drops the whole database.
            assertThat(Calls.posts(server)).noneMatch(c -> c.contains("rm") || c.contains("drop"));
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void theOriginalOfWhatIsRestoredBesideIt(ServerVersion version) {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server)) {
            String backup = agent.full().backup();
            server.insertRows("shop", "orders", 500);
            RestoreOrder order =
                    new RestoreOrder(
                            backup,
                            null,
                            List.of("shop.*"),
                            Content.ALL,
                            Map.of("shop", "copy"),
                            Map.of(),
                            Existing.REFUSE,
                            List.of());

            RunResult result = agent.run(RunKind.RESTORE, order);

            assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.SUCCESS);
            assertThat(server.rows("shop", "orders")).hasValue(1_500);
            assertThat(server.rows("copy", "orders")).hasValue(1_000);
            assertThat(lastPosts(server, 1).get(0))
                    .endsWith("?table=shop.*&restore_database_mapping=shop%3Acopy");
        }
    }

    /** 2.4 drops the tables and restores nothing; 2.8 does not download over it. */
    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void tablesToTheRemainsOfADownloadThatWasCutOff(ServerVersion version) {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server)) {
            String backup = agent.full().backup();
            deleteLocal(agent, backup);
            server.dropTable("shop", "orders");
            server.faults().next("download", Ending.error("no route to storage"));
            server.faults().next("download", Ending.error("no route to storage"));
            RestoreOrder order = all(backup, Existing.REFUSE);
            assertThat(agent.run(RunKind.RESTORE, order).outcome()).isEqualTo(Outcome.FAILED);
            assertThat(server.local()).extracting(b -> b.name()).contains(backup);

            RunResult result = agent.run(RunKind.RESTORE, order);

            assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.SUCCESS);
            assertThat(server.rows("shop", "orders")).hasValue(1_000);
            assertThat(lastPosts(server, 3))
                    .containsExactly(
                            "POST /backup/delete/local/" + backup,
                            "POST /backup/download/" + backup,
                            "POST /backup/restore/" + backup);
        }
    }

    /** What a list shows as whole in remote storage may be a shell: only a download shows it. */
    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void theOnlyGoodCopyToADownload(ServerVersion version) {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server)) {
            String backup = agent.full().backup();
            server.dropTable("shop", "orders");
            RestoreOrder order =
                    new RestoreOrder(
                            backup,
                            Place.REMOTE,
                            null,
                            Content.ALL,
                            null,
                            null,
                            Existing.REFUSE,
                            null);

            RunResult refused = agent.run(RunKind.RESTORE, order);

            assertThat(refused.failure()).as("%s", refused).isEqualTo(Failure.REFUSED);
            assertThat(server.local()).extracting(b -> b.name()).contains(backup);
            deleteLocal(agent, backup);
            assertThat(agent.run(RunKind.RESTORE, order).outcome()).isEqualTo(Outcome.SUCCESS);
        }
    }

    /** Somebody has downloaded its definitions only; a list shows that as whole. */
    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void rowsToACopyThatHasNone(ServerVersion version) throws Exception {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server)) {
            String backup = agent.full().backup();
            deleteLocal(agent, backup);
            post(server, "/backup/download/" + backup + "?schema=true");
            await().until(() -> server.operations().stream().allMatch(o -> o.finish().isPresent()));

            RunResult result =
                    agent.run(
                            RunKind.RESTORE,
                            order(backup, Content.ALL, Existing.REPLACE, "shop.orders"));

            assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.SUCCESS);
            assertThat(server.rows("shop", "orders")).hasValue(1_000);
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void theWordThatARestoreNeverReachedTheServer(ServerVersion version) {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server)) {
            String backup = agent.full().backup();
            for (Outcome expected : List.of(Outcome.SUCCESS, Outcome.FAILED)) {
                server.dropTable("shop", "orders");
                assertThat(agent.run(RunKind.RESTORE, all(backup, Existing.REFUSE)).outcome())
                        .isEqualTo(expected);
                server.faults().closeConnection("/backup/restore", 1);
                if (server.rows("shop", "orders").isEmpty()) {
                    break;
                }
            }
            assertThat(server.rows("shop", "orders")).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void whatWasToBeReplacedWhenTheAgentWasCutOff(ServerVersion version) {
        try (SimulatedServer server = server(version)) {
            var hold = server.faults().hold("download");
            try (SandboxAgent first = scheduled(server)) {
                String backup = first.full().backup();
                deleteLocal(first, backup);
                first.later(
                        RunKind.RESTORE,
                        order(backup, Content.ALL, Existing.REPLACE, "shop.orders"));
                await().until(() -> acknowledged("download"));
                kill(first);
            }
            hold.open();
            server.insertRows("shop", "orders", 500_000);
            told.clear();
            try (SandboxAgent second = scheduled(server)) {
                RunResult result = outcome();

                assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.INTERRUPTED);
                assertThat(server.rows("shop", "orders")).hasValue(501_000);
                assertThat(second.results("node")).hasSize(3);
            }
        }
    }

    /** A user of ClickHouse sees only what he may see, and nobody says so. */
    @Test
    void whatTheUserOfClickHouseDoesNotSee() {
        try (SimulatedServer server = server(ServerVersion.V2_8);
                SandboxAgent agent = start(server)) {
            String backup = agent.full().backup();
            server.clickHouse().answer(2, 200, "");

            assertThat(agent.run(RunKind.RESTORE, all(backup, Existing.REFUSE)).failure())
                    .isEqualTo(Failure.REFUSED);
            assertThat(server.rows("shop", "orders")).hasValue(1_000);
        }
    }

    private static void post(SimulatedServer server, String path) throws Exception {
        String login = "api:" + SandboxAgent.PASSWORD;
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(server.uri() + path))
                        .header(
                                "Authorization",
                                "Basic " + Base64.getEncoder().encodeToString(login.getBytes()))
                        .POST(HttpRequest.BodyPublishers.noBody())
                        .build();
        assertThat(
                        HttpClient.newHttpClient()
                                .send(request, HttpResponse.BodyHandlers.ofString())
                                .statusCode())
                .isIn(200, 201);
    }

    /** A second restore may double what the first one has brought back. */
    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void nothingByASecondTry(ServerVersion version) {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server)) {
            String backup = agent.full().backup();
            server.dropTable("shop", "orders");
            server.faults().next("restore", Ending.error("can't attach"));

            RunResult result = agent.run(RunKind.RESTORE, all(backup, Existing.REFUSE));

            assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(result.reason()).contains("can't attach");
            assertThat(Calls.posts(server)).filteredOn(c -> c.contains("/restore/")).hasSize(1);
            assertThat(agent.log()).contains("RESTORE ERROR:");
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void nothingByARestartOfTheServer(ServerVersion version) {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server)) {
            String backup = agent.full().backup();
            server.dropTable("shop", "orders");
            var hold = server.faults().hold("restore");
            var restore = agent.later(RunKind.RESTORE, all(backup, Existing.REFUSE));
            await().until(() -> acknowledged("restore"));
            server.kill();
            server.restart();
            hold.open();

            RunResult result = restore.join();

            assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.FAILED);
            assertThat(result.reason()).contains("does not show the restore", "--replace");
            assertThat(Calls.posts(server)).filteredOn(c -> c.contains("/restore/")).hasSize(1);
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void nothingByARestartOfTheAgent(ServerVersion version) {
        try (SimulatedServer server = server(version)) {
            String backup;
            var hold = server.faults().hold("restore");
            try (SandboxAgent first = scheduled(server)) {
                backup = first.full().backup();
                server.dropTable("shop", "orders");
                first.later(RunKind.RESTORE, all(backup, Existing.REFUSE));
                await().until(() -> acknowledged("restore"));
                kill(first);
            }
            told.clear();
            try (SandboxAgent second = scheduled(server)) {
                await().until(() -> has(JournalEvent.RESUMED));
                hold.open();

                RunResult result = outcome();

                assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.SUCCESS);
                assertThat(result.kind()).isEqualTo(RunKind.RESTORE);
                assertThat(result.summary()).contains("shop.orders (1,000 rows)");
                assertThat(Calls.posts(server)).filteredOn(c -> c.contains("/restore/")).hasSize(1);
                assertThat(second.marker()).isEqualTo(backup);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void aRestoreOfWhichTheDownloadOutlivedTheAgent(ServerVersion version) {
        try (SimulatedServer server = server(version)) {
            var hold = server.faults().hold("download");
            try (SandboxAgent first = scheduled(server)) {
                String backup = first.full().backup();
                deleteLocal(first, backup);
                server.dropTable("shop", "orders");
                first.later(RunKind.RESTORE, all(backup, Existing.REFUSE));
                await().until(() -> acknowledged("download"));
                kill(first);
            }
            told.clear();
            try (SandboxAgent second = scheduled(server)) {
                await().until(() -> has(JournalEvent.RESUMED));
                hold.open();

                assertThat(outcome().outcome()).as("%s", told).isEqualTo(Outcome.SUCCESS);
                assertThat(server.rows("shop", "orders")).hasValue(1_000);
                assertThat(Calls.posts(server))
                        .filteredOn(c -> c.contains("/download/"))
                        .hasSize(1);
                assertThat(second.results("node")).hasSize(3);
            }
        }
    }

    @Test
    void whatIsThereWhileClickHouseDoesNotSay() {
        try (SimulatedServer server = server(ServerVersion.V2_8);
                SandboxAgent agent = start(server)) {
            String backup = agent.full().backup();
            int posts = Calls.posts(server).size();
            server.clickHouse().answer(1, 500, "Code: 241, Memory limit exceeded");

            RunResult result =
                    agent.run(
                            RunKind.RESTORE,
                            order(backup, Content.ALL, Existing.REPLACE, "shop.orders"));

            assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(result.reason()).contains("ClickHouse: 500, Code: 241");
            assertThat(Calls.posts(server)).hasSize(posts);
            server.clickHouse().stop();
            assertThat(
                            agent.run(
                                            RunKind.RESTORE,
                                            order(
                                                    backup,
                                                    Content.ALL,
                                                    Existing.REPLACE,
                                                    "shop.orders"))
                                    .outcome())
                    .isEqualTo(Outcome.FAILED);
            assertThat(server.rows("shop", "orders")).hasValue(1_000);
        }
    }

    @Test
    void thePasswordOfClickHouseStandsNowhere() {
        try (SimulatedServer server = server(ServerVersion.V2_8);
                SandboxAgent agent = start(server)) {
            String backup = agent.full().backup();
            server.clickHouse().answer(1, 403, "wrong password " + SandboxAgent.PASSWORD);

            RunResult result = agent.run(RunKind.RESTORE, all(backup, Existing.REFUSE));

            assertThat(result.reason()).contains("ClickHouse: 403").doesNotContain("TopSecret");
            assertThat(agent.everythingWritten()).doesNotContain(SandboxAgent.PASSWORD);
        }
    }

    @Test
    void thatARestoreIsDoneAlthoughClickHouseIsGone() {
        try (SimulatedServer server = server(ServerVersion.V2_8);
                SandboxAgent agent = start(server)) {
            String backup = agent.full().backup();
            server.dropTable("shop", "orders");
            var hold = server.faults().hold("restore");
            var restore = agent.later(RunKind.RESTORE, all(backup, Existing.REFUSE));
            await().until(() -> acknowledged("restore"));
            server.clickHouse().stop();
            hold.open();

            RunResult result = restore.join();

            assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.SUCCESS);
            assertThat(result.summary()).contains("could not be looked at");
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void aPlanTellsWhatWouldBeLost(ServerVersion version) throws Exception {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server)) {
            server.putTable("shop", "log", "TinyLog", 3);
            String backup = agent.full().backup();
            int posts = Calls.posts(server).size();

            RestorePlan plan = agent.agent().plan("node", all(backup, Existing.REPLACE));

            assertThat(plan.refused()).isFalse();
            assertThat(plan.contentKnown()).isEqualTo(version == ServerVersion.V2_8);
            assertThat(plan.toBeAgreed()).containsExactly("shop.log", "shop.orders");
            assertThat(Calls.posts(server)).hasSize(posts);
            assertThatThrownBy(() -> agent.agent().plan("node", all("NOPE", Existing.REFUSE)))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("NOPE is not in the local or the remote list");
            RestoreOrder fromLocal =
                    new RestoreOrder(
                            backup,
                            Place.LOCAL,
                            null,
                            Content.ALL,
                            null,
                            null,
                            Existing.REPLACE,
                            null);
            assertThat(agent.agent().plan("node", fromLocal).refused()).isFalse();
        }
    }

    /** The server splits what it is sent at commas, so that one pattern is two for it. */
    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void theRowsOfATableThatNoPlanShowed(ServerVersion version) throws IOException {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server)) {
            server.putTable("shop", "a", "MergeTree", 1);
            String backup = agent.full().backup();
            for (String pattern : List.of("shop.x,shop.order?", "shop.[no]*", "shop.\\orders")) {
                server.putTable("shop", "orders", "MergeTree", 7);
                RestoreOrder order =
                        new RestoreOrder(
                                backup,
                                null,
                                List.of("shop.a", pattern),
                                Content.ALL,
                                Map.of(),
                                Map.of(),
                                Existing.REPLACE,
                                List.of("shop.a"));

                RunResult result = agent.run(RunKind.RESTORE, order);

                assertThat(server.rows("shop", "orders")).as(pattern).hasValue(7);
                assertThat(result.failure()).as("%s", result).isEqualTo(Failure.REFUSED);
                assertThat(result.reason()).contains("tables: found '" + pattern + "'");
                assertThat(agent.agent().plan("node", order).refused()).isTrue();
            }
        }
    }

    private static void deleteLocal(SandboxAgent agent, String backup) {
        RunResult deleted =
                agent.run(RunKind.DELETE, new DeleteOrder(Place.LOCAL, List.of(backup), false));
        assertThat(deleted.outcome()).as("%s", deleted).isEqualTo(Outcome.SUCCESS);
    }

    private SandboxAgent start(SimulatedServer server) {
        return SandboxAgent.startWithClickHouse(directory, server, PATIENT, listener);
    }

    private SandboxAgent scheduled(SimulatedServer server) {
        return SandboxAgent.startWithClickHouse(directory, server, SCHEDULED, listener);
    }

    private static SimulatedServer server(ServerVersion version) {
        return SandboxAgent.server()
                .version(version)
                .table("shop", "orders", "MergeTree", 1_000)
                .start();
    }

    private static RestoreOrder all(String backup, Existing existing) {
        return order(backup, Content.ALL, existing);
    }

    private static RestoreOrder order(
            String backup, Content content, Existing existing, String... agreed) {
        return new RestoreOrder(
                backup, null, List.of(), content, Map.of(), Map.of(), existing, List.of(agreed));
    }

    private static List<String> lastPosts(SimulatedServer server, int count) {
        List<String> posts = Calls.posts(server);
        return posts.subList(posts.size() - count, posts.size());
    }

    private RunResult outcome() {
        await().atMost(Duration.ofSeconds(30)).until(() -> !told.isEmpty());
        return told.get(0);
    }

    private boolean has(String event) {
        return journal().read().stream().anyMatch(e -> e.event().equals(event));
    }

    private boolean announced(String operation) {
        return has(JournalEvent.OPERATION_ANNOUNCED, operation);
    }

    private boolean acknowledged(String operation) {
        return has(JournalEvent.OPERATION_ACKNOWLEDGED, operation);
    }

    private boolean has(String event, String operation) {
        return journal().read().stream()
                .filter(e -> e.event().equals(event))
                .anyMatch(e -> operation.equals(e.detail("operation")));
    }

    private Journal journal() {
        return new Journal(directory.resolve("state/node").resolve(Journal.FILE_NAME));
    }

    /** What is on disk is put back to what it was when it was killed. */
    private void kill(SandboxAgent agent) {
        try {
            byte[] journal = Files.readAllBytes(journal().file());
            agent.close();
            Files.write(journal().file(), journal);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
