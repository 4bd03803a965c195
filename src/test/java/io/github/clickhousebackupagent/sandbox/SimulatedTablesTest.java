package io.github.clickhousebackupagent.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which tables there are, and which a backup has, as far as the API says so. */
class SimulatedTablesTest extends SimulatedServers {
    private static final String LIVE_ORDERS =
            "{\"Database\":\"shop\",\"Name\":\"orders\",\"Engine\":\"MergeTree\",\"DataPath\":"
                    + "\"/var/lib/clickhouse/data/shop/orders/\",\"DataPaths\":"
                    + "[\"/var/lib/clickhouse/data/shop/orders/\"],\"UUID\":\"\","
                    + "\"CreateTableQuery\":\"CREATE TABLE shop.orders ( d Date,  id UInt64,  s"
                    + " String) ENGINE = MergeTree(d, id, 8192)\",\"TotalBytes\":230912,"
                    + "\"Skip\":false,\"BackupType\":\"full\"}\n";

    private SimulatedServer older;
    private SimulatedServer newer;

    @BeforeEach
    void uploadFullAndDiff() throws Exception {
        older = uploaded(ServerVersion.V2_4);
        newer = uploaded(ServerVersion.V2_8);
    }

    private SimulatedServer uploaded(ServerVersion version) throws Exception {
        SimulatedServer server =
                start(
                        SimulatedServer.builder()
                                .version(version)
                                .table("shop", "log", "TinyLog", 10)
                                .table("shop", "orders", 1000, 230_912)
                                .table("shop", "v", "View", 0));
        succeed(server, "/backup/create?name=F");
        succeed(server, "/backup/upload/F");
        succeed(server, "/backup/create?name=D");
        succeed(server, "/backup/upload/D?diff-from-remote=F");
        return server;
    }

    @Test
    void liveTablesAreListedWithTheirSizesOnDisk() throws Exception {
        for (SimulatedServer server : new SimulatedServer[] {older, newer}) {
            assertThat(get(server, "/backup/tables?table=shop.orders").body())
                    .isEqualTo(LIVE_ORDERS);
            assertThat(get(server, "/backup/tables?table=shop.v").body())
                    .contains("\"Engine\":\"View\",\"DataPath\":\"\",\"DataPaths\":null")
                    .contains("\"TotalBytes\":0,\"Skip\":false");
            assertThat(get(server, "/backup/tables").body())
                    .contains("\"Engine\":\"TinyLog\"")
                    .doesNotContain("system");
            assertThat(get(server, "/backup/tables/all").body().lines())
                    .hasSize(5)
                    .contains(
                            "{\"Database\":\"system\",\"Name\":\"tables\",\"Engine\":\"SystemTables\","
                                    + "\"DataPath\":\"\",\"DataPaths\":null,\"UUID\":\"\","
                                    + "\"CreateTableQuery\":\"\",\"TotalBytes\":0,\"Skip\":true,"
                                    + "\"BackupType\":\"none\"}");
            HttpResponse<String> none = get(server, "/backup/tables?table=nope.*");
            assertThat(none.statusCode()).isEqualTo(200);
            assertThat(none.body()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"remote_backup=D", "local_backup=D", "local-backup=F"})
    void tablesOfABackupHaveOtherKeysAndTheirWholeSizes(String backup) throws Exception {
        assertThat(get(newer, "/backup/tables?" + backup).body())
                .isEqualTo(
                        """
                        {"database":"shop","table":"log","total_bytes":0,"size":"0B","parts":0,"disks":[],"skip":false}
                        {"database":"shop","table":"orders","total_bytes":230912,"size":"225.50KiB","parts":1,"disks":["default"],"skip":false}
                        {"database":"shop","table":"v","total_bytes":0,"size":"0B","parts":0,"disks":[],"skip":false}
                        """);
        assertThat(get(newer, "/backup/tables?table=shop.orders&" + backup).body().lines())
                .hasSize(1);
        assertThat(get(newer, "/backup/tables?table=nope&" + backup).body()).isEmpty();
    }

    /** Whoever does not look at the keys takes the live tables for the backup's. */
    @ParameterizedTest
    @ValueSource(strings = {"remote_backup=D", "local_backup=D", "remote_backup=NOPE"})
    void olderServerAnswersWithTheLiveTablesWhateverBackupIsAskedFor(String backup)
            throws Exception {
        assertThat(get(older, "/backup/tables?table=shop.orders&" + backup).body())
                .isEqualTo(LIVE_ORDERS);
    }

    @Test
    void backupThatIsNotThereIsAnErrorAndABrokenOneLooksEmpty() throws Exception {
        assertThat(get(newer, "/backup/tables?remote_backup=NOPE"))
                .satisfies(a -> assertThat(a.statusCode()).isEqualTo(500))
                .extracting(HttpResponse::body)
                .isEqualTo(
                        "{\"status\":\"error\",\"operation\":\"tables\",\"error\":\"backup 'NOPE'"
                                + " not found on remote storage\"}\n");
        assertThat(get(newer, "/backup/tables?remote_backup=").body())
                .contains("backup '' not found on remote storage");
        assertThat(get(newer, "/backup/tables?local_backup=NOPE").body())
                .contains(
                        "collectTablesFromLocalBackup getLocalBackup: backup 'NOPE' is not found");

        newer.damage("D", Damage.BROKEN);

        HttpResponse<String> broken = get(newer, "/backup/tables?remote_backup=D");
        assertThat(broken.statusCode()).isEqualTo(200);
        assertThat(broken.body()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void askingForTablesIsNoOperation(ServerVersion version) throws Exception {
        SimulatedServer server = version == ServerVersion.V2_4 ? older : newer;
        Gate gate = server.faults().hold("create");
        String before = get(server, "/backup/actions").body();
        post(server, "/backup/create?name=RUNS");

        assertThat(get(server, "/backup/tables").statusCode()).isEqualTo(200);
        assertThat(get(server, "/backup/tables/all").statusCode()).isEqualTo(200);

        assertThat(get(server, "/backup/actions").body().lines())
                .as("no row of it")
                .hasSize((int) before.lines().count() + 1);
        assertThat(post(server, "/backup/upload/D").statusCode())
                .as("the lock is still held")
                .isEqualTo(423);
        gate.open();
        finished(server);
    }

    @Test
    void sizesAreWrittenAsTheServerWritesThem() {
        assertThat(BackupTables.size(0)).isEqualTo("0B");
        assertThat(BackupTables.size(1023)).isEqualTo("1023B");
        assertThat(BackupTables.size(1024)).isEqualTo("1.00KiB");
        assertThat(BackupTables.size(230_915)).isEqualTo("225.50KiB");
        assertThat(BackupTables.size(3L << 30)).isEqualTo("3.00GiB");
        assertThat(BackupTables.size(5L << 40)).isEqualTo("5.00TiB");
    }
}
