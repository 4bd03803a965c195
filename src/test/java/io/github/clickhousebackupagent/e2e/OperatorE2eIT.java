package io.github.clickhousebackupagent.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.clickhousebackupagent.internal.cli.AgentProcess;
import io.github.clickhousebackupagent.internal.cli.AgentProcess.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator does by hand, with a real server: restores, deletions, adoption, kill. */
@Tag("e2e")
class OperatorE2eIT {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(50);
    private static final int ROWS = 2_000;
    private static final int REFUSED = 8;

    private static RealStack stack;
    private static RealApi api;

    @TempDir Path directory;

    @BeforeAll
    static void start() throws IOException {
        stack = RealStack.startGiven();
        api = new RealApi(stack);
    }

    @AfterAll
    static void close() {
        if (stack != null) {
            stack.close();
        }
    }

    @BeforeEach
    void emptyServerWithAShop() throws IOException {
        await("the server to be idle", () -> api.running().isEmpty());
        stack.throttleFtp(0);
        api.deleteLocalBackups();
        for (JsonNode backup : api.remoteBackups()) {
            api.post("/backup/delete/remote/" + backup.path("name").asText());
        }
        for (String database : stack.query("SHOW DATABASES").lines().toList()) {
            if (database.startsWith("shop")) {
                stack.query("DROP DATABASE " + database);
            }
        }
        stack.createShop();
        stack.insertOrders(ROWS);
        configure(true);
    }

    @Test
    void whatWasDroppedComesBackFromRemoteRowByRow() throws Exception {
        String last = fullAndThreeDiffs();
        String before = fingerprint("shop");
        api.deleteLocalBackups();
        stack.query("DROP TABLE shop.orders");

        Ended restored = agent("restore", "last", "--json");

        assertThat(restored.exitCode()).as(restored.errors()).isZero();
        assertThat(restored.run().path("backup").asText()).isEqualTo(last);
        assertThat(restored.run().path("summary").asText()).contains("shop.orders (8,000 rows)");
        assertThat(fingerprint("shop")).isEqualTo(before);
        assertThat(marker()).isEqualTo(last);

        // The rows are not doubled by a second time, nor lost by one of the definitions only.
        Ended twice = agent("restore", "last", "--yes");
        assertThat(twice.exitCode()).as(twice.errors()).isEqualTo(REFUSED);
        assertThat(twice.errors()).contains("shop.orders (8,000 rows): would be gone", "--replace");
        assertThat(agent("restore", "last", "--yes", "--schema").exitCode()).isEqualTo(REFUSED);
        Ended data = agent("restore", "last", "--yes", "--data");
        assertThat(data.exitCode()).as(data.errors()).isEqualTo(REFUSED);
        assertThat(data.errors()).contains("doubles", "--append");
        assertThat(fingerprint("shop")).isEqualTo(before);
        assertThat(agent("history", "--json").json()).hasSize(5);
    }

    @Test
    void rowsThatAreReplacedAreThoseOfTheBackupAndTheQuestionSaysHowManyGo() throws Exception {
        proven("full");
        String before = fingerprint("shop");
        stack.insertOrders(123);

        Ended no = typing("no\n", "restore", "last", "--replace");
        assertThat(no.exitCode()).as(no.errors()).isEqualTo(1);
        assertThat(no.errors())
                .contains("2,123 rows of 1 table(s) will be gone", "Nothing was done");
        assertThat(fingerprint("shop")).isNotEqualTo(before);

        Ended yes = typing("yes\n", "restore", "last", "--replace");
        assertThat(yes.exitCode()).as(yes.errors()).isZero();
        assertThat(fingerprint("shop")).isEqualTo(before);

        Ended append = agent("restore", "last", "--data", "--append", "--yes");
        assertThat(append.exitCode()).as(append.errors()).isZero();
        assertThat(stack.query("SELECT count() FROM shop.orders")).isEqualTo("4000");
    }

    @Test
    void aRestoreBesideTheOriginalLeavesItAsItIs() throws Exception {
        proven("full");
        String backedUp = fingerprint("shop");
        stack.insertOrders(50);
        String now = fingerprint("shop");

        Ended beside = agent("restore", "last", "--map-database", "shop=shop_copy");

        assertThat(beside.exitCode()).as(beside.errors()).isZero();
        assertThat(fingerprint("shop")).isEqualTo(now);
        assertThat(fingerprint("shop_copy")).isEqualTo(backedUp);
        assertThat(agent("restore", "last", "--map-database", "shop=shop_copy").exitCode())
                .isEqualTo(REFUSED);
    }

    @Test
    void anotherNameThatTheServerDoesNotKnowIsNotRestoredOverTheOriginal() throws Exception {
        proven("full");
        stack.insertOrders(50);
        String now = fingerprint("shop");

        Ended mapped = agent("restore", "last", "--map-table", "shop.orders=shop.orders_copy");

        assertThat(fingerprint("shop")).isEqualTo(now);
        if (stack.version().startsWith("2.4")) {
            assertThat(mapped.exitCode()).as(mapped.errors()).isEqualTo(REFUSED);
        } else {
            assertThat(mapped.exitCode()).as(mapped.errors()).isZero();
            assertThat(stack.query("SELECT count() FROM shop.orders_copy")).isEqualTo("2000");
        }
    }

    @Test
    void aTableThatNoBackupHoldsIsNotEmptiedUnseen() throws Exception {
        stack.query("CREATE TABLE shop.log (id UInt64) ENGINE = TinyLog");
        stack.query("INSERT INTO shop.log VALUES (1), (2)");
        proven("full");
        stack.query("DROP TABLE shop.orders");

        Ended all = agent("restore", "last", "--yes");
        assertThat(all.exitCode()).as(all.errors()).isEqualTo(REFUSED);
        assertThat(all.output()).contains("no backup holds data of a TinyLog");
        assertThat(stack.query("SELECT count() FROM shop.log")).isEqualTo("2");

        Ended one = agent("restore", "last", "--table", "shop.orders");
        assertThat(one.exitCode()).as(one.errors()).isZero();
        assertThat(stack.query("SELECT count() FROM shop.orders")).isEqualTo("2000");
        assertThat(stack.query("SELECT count() FROM shop.log")).isEqualTo("2");
    }

    @Test
    void withoutClickHouseTheSizeKeepsWhatIsThere() throws Exception {
        configure(false);
        proven("full");
        String before = fingerprint("shop");

        Ended refused = agent("restore", "last", "--yes");
        assertThat(refused.exitCode()).as(refused.errors()).isEqualTo(REFUSED);
        assertThat(refused.errors()).contains("rows not known", "would be gone");
        assertThat(agent("restore", "last", "--dry-run", "--replace").output())
                .contains("Not known: how many rows");
        assertThat(fingerprint("shop")).isEqualTo(before);

        stack.query("DROP TABLE shop.orders");
        assertThat(agent("restore", "last").exitCode()).isZero();
        assertThat(fingerprint("shop")).isEqualTo(before);
    }

    @Test
    void aBaseIsNotDeletedAlthoughTheServerWould() throws Exception {
        String full = proven("full");
        stack.insertOrders(10);
        String diff = proven("diff");

        Ended refused = agent("delete", "remote", full, "--yes", "--force");
        assertThat(refused.exitCode()).as(refused.errors()).isEqualTo(REFUSED);
        assertThat(refused.errors()).contains(full + " is needed by " + diff);
        assertThat(names(api.remoteBackups())).containsExactlyInAnyOrder(full, diff);
        assertThat(marker()).isEqualTo(diff);

        api.post("/backup/delete/remote/" + full);
        assertThat(names(api.remoteBackups())).containsExactly(diff);
    }

    @Test
    void aChainIsDeletedFromItsEndAndTheMarkerIsPutRight() throws Exception {
        String older = proven("full");
        String full = proven("full");
        stack.insertOrders(10);
        String diff = proven("diff");

        Ended deleted =
                agent("delete", "remote", full, "--with-dependants", "--force", "--yes", "--json");

        assertThat(deleted.exitCode()).as(deleted.errors()).isZero();
        assertThat(names(api.remoteBackups())).containsExactly(older);
        assertThat(names(api.localBackups())).doesNotContain(full, diff);
        assertThat(marker()).isEqualTo(older);
        assertThat(
                        api.actions().stream()
                                .map(row -> row.path("command").asText())
                                .filter(c -> c.startsWith("delete remote"))
                                .toList())
                .endsWith("delete remote " + diff, "delete remote " + full);

        stack.insertOrders(10);
        assertThat(agent("diff", "--json").run().path("base").asText()).isEqualTo(older);

        // What was deleted does not come back when the server starts again.
        stack.killBackupServer();
        stack.startBackupServer();
        await("the server to be idle", () -> api.running().isEmpty());
        assertThat(names(api.remoteBackups())).doesNotContain(full, diff);
    }

    @Test
    void everythingCanBeDeletedAndTheNextBackupWorks() throws Exception {
        proven("full");
        stack.insertOrders(10);
        String diff = proven("diff");

        Ended wrong = typing("yes\n", "delete", "remote", "--all");
        assertThat(wrong.exitCode()).isEqualTo(1);
        assertThat(api.remoteBackups()).hasSize(2);
        Ended all = typing("shop\n", "delete", "remote", "--all");
        assertThat(all.exitCode()).as(all.errors()).isZero();

        assertThat(api.remoteBackups()).isEmpty();
        assertThat(api.localBackups()).isEmpty();
        assertThat(directory.resolve("log/.shop_last_backup")).doesNotExist();
        Ended next = agent("diff", "--json");
        assertThat(next.run().path("base").isMissingNode()).as(next.errors()).isTrue();
        assertThat(marker()).isNotEqualTo(diff);

        Ended nowhereElse = agent("delete", "local", marker(), "--yes");
        assertThat(nowhereElse.exitCode()).as(nowhereElse.errors()).isZero();
        assertThat(api.localBackups()).isEmpty();
        assertThat(api.remoteBackups()).hasSize(1);
    }

    @Test
    void aLocalBackupThatIsNowhereElseStays() throws Exception {
        api.post("/backup/create?name=BY_HAND");
        await("the create", () -> api.running().isEmpty() && !api.localBackups().isEmpty());

        Ended refused = agent("delete", "local", "BY_HAND", "--yes");
        assertThat(refused.exitCode()).as(refused.errors()).isEqualTo(REFUSED);
        assertThat(names(api.localBackups())).containsExactly("BY_HAND");

        assertThat(agent("delete", "local", "BY_HAND", "--yes", "--force").exitCode()).isZero();
        assertThat(api.localBackups()).isEmpty();
    }

    @Test
    void aBackupMadeByHandIsAdoptedAndTheNextDiffIsBasedOnIt() throws Exception {
        api.post("/backup/create?name=BY_HAND");
        await("the create", () -> api.running().isEmpty() && !api.localBackups().isEmpty());
        assertThat(agent("adopt", "BY_HAND").exitCode()).isEqualTo(6);
        api.post("/backup/upload/BY_HAND");
        await("the upload", () -> api.running().isEmpty() && !api.remoteBackups().isEmpty());

        Ended adopted = agent("adopt", "BY_HAND", "--json");
        assertThat(adopted.exitCode()).as(adopted.errors()).isZero();
        assertThat(marker()).isEqualTo("BY_HAND");
        stack.insertOrders(10);
        assertThat(agent("diff", "--json").run().path("base").asText()).isEqualTo("BY_HAND");
    }

    @Test
    void anUploadThatIsKilledByHandFailsItsRun() throws Exception {
        stack.insertOrders(50 * ROWS);
        stack.throttleFtp(200);
        try (AgentProcess full = AgentProcess.start(directory, "full", "--config", config())) {
            await("the upload", () -> api.running().stream().anyMatch(c -> c.startsWith("upload")));
            Ended killed = agent("kill", "--yes");
            assertThat(killed.exitCode()).as(killed.errors()).isZero();
            assertThat(killed.output()).contains("upload FULL_CH_BK_");

            Ended ended = full.ended();
            assertThat(ended.exitCode()).isEqualTo(1);
            assertThat(ended.errors()).contains("it was cancelled");
        }
        assertThat(directory.resolve("log/.shop_last_backup")).doesNotExist();
    }

    @Test
    void aRestoreGoesOnInTheAgentThatRuns() throws Exception {
        proven("full");
        String before = fingerprint("shop");
        api.deleteLocalBackups();
        stack.query("DROP TABLE shop.orders");
        try (AgentProcess agent = AgentProcess.start(directory, "run", "--config", config())) {
            await("the agent", () -> Files.exists(directory.resolve("state/agent.json")));
            Ended restored = agent("restore", "last");

            assertThat(restored.exitCode()).as(restored.errors()).isZero();
            assertThat(restored.errors()).contains("also when this command is ended");
            assertThat(restored.output()).contains("shop.orders (2,000 rows)");
            agent.terminate();
            assertThat(agent.ended().errors()).contains("Restore of FULL_CH_BK_");
        }
        assertThat(fingerprint("shop")).isEqualTo(before);
    }

    private String fullAndThreeDiffs() throws Exception {
        String last = proven("full");
        for (int i = 0; i < 3; i++) {
            stack.insertOrders(ROWS);
            last = proven("diff");
        }
        return last;
    }

    /** Count and checksum of the rows. */
    private static String fingerprint(String database) {
        return stack.query(
                "SELECT count(), sum(cityHash64(d, id, s)) FROM %s.orders".formatted(database));
    }

    private String proven(String kind) throws Exception {
        Ended ended = agent(kind, "--json");
        assertThat(ended.exitCode()).as(ended.errors()).isZero();
        return ended.run().path("backup").asText();
    }

    private static List<String> names(List<JsonNode> backups) {
        return backups.stream().map(backup -> backup.path("name").asText()).toList();
    }

    private String marker() throws IOException {
        return Files.readString(directory.resolve("log/.shop_last_backup"));
    }

    private void configure(boolean clickHouse) throws IOException {
        Files.writeString(directory.resolve("password"), stack.password() + "\n");
        String more =
                clickHouse
                        ? ", clickhouse-url: \"%s\", clickhouse-username: %s, clickhouse-password-file: \"%s\""
                                .formatted(
                                        stack.clickHouseUri(),
                                        stack.clickHouseUser(),
                                        directory.resolve("password"))
                        : "";
        Files.writeString(
                directory.resolve("agent.yaml"),
                """
                targets:
                  shop: { url: "%s", username: "%s", password-file: "%s"%s }
                log-directory: "%s"
                state-directory: "%s"
                http: { port: 0 }
                """
                        .formatted(
                                stack.apiUri(),
                                stack.username(),
                                directory.resolve("password"),
                                more,
                                directory.resolve("log"),
                                directory.resolve("state")));
    }

    private String config() {
        return directory.resolve("agent.yaml").toString();
    }

    private Ended agent(String... arguments) throws Exception {
        return typing("", arguments);
    }

    private Ended typing(String typed, String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--config", config()));
        try (AgentProcess agent =
                AgentProcess.typing(directory, Map.of(), typed, all.toArray(String[]::new))) {
            return agent.ended();
        }
    }

    private static void await(String what, Callable<Boolean> holds) {
        Awaitility.await(what)
                .atMost(LIMIT)
                .pollDelay(Duration.ZERO)
                .pollInterval(POLL)
                .until(holds);
    }
}
