package io.github.clickhousebackupagent.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a restore does to the tables that are there, as seen on real servers. */
class SimulatedRestoreTest extends SimulatedServers {

    /**
     * The backup B has 1000 orders and 500 items; the rows of the log are in no backup, and extra
     * was made after it.
     */
    private SimulatedServer newerThanItsBackup(ServerVersion version) throws Exception {
        SimulatedServer server =
                start(
                        SimulatedServer.builder()
                                .version(version)
                                .table("shop", "orders", "MergeTree", 1000)
                                .table("shop", "items", "ReplacingMergeTree", 500)
                                .table("shop", "log", "TinyLog", 10)
                                .table("shop", "v", "View", 0));
        succeed(server, "/backup/create?name=B");
        server.insertRows("shop", "orders", 500);
        server.insertRows("shop", "items", 100);
        server.insertRows("shop", "log", 5);
        server.putTable("shop", "extra", "MergeTree", 7);
        return server;
    }

    private static Map<String, Long> rows(SimulatedServer server, String database) {
        return server.tables().stream()
                .filter(t -> t.database().equals(database) && !t.engine().equals("View"))
                .collect(
                        Collectors.toMap(
                                SimulatedTable::name,
                                SimulatedTable::rows,
                                (a, b) -> a,
                                TreeMap::new));
    }

    private static final String UNTOUCHED = "{extra=7, items=600, log=15, orders=1500}";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    ?table=shop.orders                       | {extra=7, items=600, log=15, orders=1000}
                    ?schema&table=shop.orders                | {extra=7, items=600, log=15, orders=0}
                    ''                                       | {extra=7, items=500, log=0, orders=1000}
                    ?table=                                  | {extra=7, items=500, log=0, orders=1000}
                    ?table=*.*                               | {extra=7, items=500, log=0, orders=1000}
                    ?schema                                  | {extra=7, items=0, log=0, orders=0}
                    ?table=shop.log                          | {extra=7, items=600, log=0, orders=1500}
                    ?schema&data&table=shop.orders           | {extra=7, items=600, log=15, orders=1000}
                    ?schema&rm&table=shop.orders             | {extra=7, items=600, log=15, orders=0}
                    ?schema&drop&table=shop.orders           | {extra=7, items=600, log=15, orders=0}
                    ?schema&rm&table=shop.o*                 | {extra=7, items=600, log=15, orders=0}
                    ?schema&rm&table=shop.orders,shop.items  | {extra=7, items=0, log=15, orders=0}
                    ?schema&rm&table=*.orders                | {extra=7, items=600, log=15, orders=0}
                    ?rm                                      | {extra=7, items=500, log=0, orders=1000}
                    ?rm&table=shop.*                         | {extra=7, items=500, log=0, orders=1000}
                    ?schema&data&rm&table=shop.orders        | {extra=7, items=600, log=15, orders=1000}
                    ?data&table=shop.orders                  | {extra=7, items=600, log=15, orders=2500}
                    ?data                                    | {extra=7, items=1100, log=15, orders=2500}
                    ?data&table=shop.log                     | {extra=7, items=600, log=15, orders=1500}
                    ?table=shop.orders&table=shop.items      | {extra=7, items=600, log=15, orders=1000}
                    ?restore_database_mapping=nope:shop2     | {extra=7, items=500, log=0, orders=1000}
                    """)
    void rowsNewerThanTheBackupAreLostAsOnRealServers(String query, String after) throws Exception {
        for (ServerVersion version : ServerVersion.values()) {
            SimulatedServer server = newerThanItsBackup(version);

            succeed(server, "/backup/restore/B" + query);

            assertThat(rows(server, "shop")).as(version.text()).hasToString(after);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    ?data&rm&table=shop.orders | {extra=7, items=600, log=15, orders=2500}  | {extra=7, items=600, log=15, orders=1000}
                    ?data&rm&table=shop.*      | {extra=7, items=1100, log=15, orders=2500} | {extra=7, items=500, log=0, orders=1000}
                    ?restore-database-mapping=shop:shop2&table=shop.orders | {extra=7, items=600, log=15, orders=1000} | {extra=7, items=600, log=15, orders=1500}
                    ?restore_table_mapping=orders:orders2&table=shop.orders | {extra=7, items=600, log=15, orders=1000} | {extra=7, items=600, log=15, orders=1500, orders2=1000}
                    ?restore_table_mapping=shop.orders:shop.orders2&table=shop.orders | {extra=7, items=600, log=15, orders=1000} | {extra=7, items=600, log=15, orders=1500, orders2=1000}
                    ?restore_table_mapping=orders:orders2 | {extra=7, items=500, log=0, orders=1000} | {extra=7, items=500, log=0, orders=1500, orders2=1000}
                    ?restore_table_mapping=orders:items&table=shop.orders | {extra=7, items=600, log=15, orders=1000} | {extra=7, items=1000, log=15, orders=1500}
                    """)
    void versionsDifferInWhatTheyDrop(String query, String after24, String after28)
            throws Exception {
        SimulatedServer older = newerThanItsBackup(ServerVersion.V2_4);
        SimulatedServer newer = newerThanItsBackup(ServerVersion.V2_8);

        succeed(older, "/backup/restore/B" + query);
        succeed(newer, "/backup/restore/B" + query);

        assertThat(rows(older, "shop")).hasToString(after24);
        assertThat(rows(newer, "shop")).hasToString(after28);
    }

    @ParameterizedTest
    @CsvSource({"'',36", "&table=,36", "&table=*,36", "&table=*.*,36", "&table=shop.*,33"})
    void tablesMadeAfterTheBackupGoWithTheirDatabase(String table, int position) throws Exception {
        SimulatedServer older = newerThanItsBackup(ServerVersion.V2_4);
        SimulatedServer newer = newerThanItsBackup(ServerVersion.V2_8);

        assertThat(done(older, "/backup/restore/B?schema&rm" + table).error())
                .isEqualTo(
                        "code: 62, message: Syntax error: failed at position "
                                + position
                                + ": SYNC . Expected one of: ON, FORMAT, INTO OUTFILE");
        succeed(newer, "/backup/restore/B?schema&rm" + table);

        assertThat(rows(older, "shop")).hasToString(UNTOUCHED);
        assertThat(rows(newer, "shop")).hasToString("{items=0, log=0, orders=0}");
    }

    @Test
    void mappedDatabaseIsDroppedInPlaceOfTheOriginal() throws Exception {
        for (ServerVersion version : ServerVersion.values()) {
            SimulatedServer server = newerThanItsBackup(version);
            server.putTable("shop2", "other", "MergeTree", 44);
            boolean is24 = version == ServerVersion.V2_4;

            String status =
                    done(server, "/backup/restore/B?schema&rm&restore_database_mapping=shop:shop2")
                            .status();
            assertThat(status).isEqualTo(is24 ? "error" : "success");
            server.putTable("shop2", "other", "MergeTree", 44);
            succeed(
                    server,
                    "/backup/restore/B?schema&rm&table=shop.*&restore_database_mapping=shop:shop2");

            assertThat(rows(server, "shop2"))
                    .hasToString(
                            is24
                                    ? "{items=0, log=0, orders=0, other=44}"
                                    : "{items=0, log=0, orders=0}");
            assertThat(rows(server, "shop")).hasToString(UNTOUCHED);
        }
    }

    @ParameterizedTest
    @EnumSource
    void mappedRestoreLeavesTheOriginalAndReplacesWhatIsAtItsDestination(ServerVersion version)
            throws Exception {
        SimulatedServer server = newerThanItsBackup(version);
        server.putTable("shop2", "orders", "MergeTree", 33);
        server.putTable("shop2", "other", "MergeTree", 44);
        String drill = "/backup/restore/B?restore_database_mapping=shop:shop2&table=shop.orders";

        succeed(server, drill + "&data");
        assertThat(rows(server, "shop2")).hasToString("{orders=1033, other=44}");
        succeed(server, drill);
        assertThat(rows(server, "shop2")).hasToString("{orders=1000, other=44}");
        succeed(server, drill + "&schema");
        assertThat(rows(server, "shop2")).hasToString("{orders=0, other=44}");
        server.dropTable("shop2", "orders");
        assertThat(done(server, drill + "&data").error())
                .endsWith(
                        "'shop2.orders' is not created. Restore schema first or create missing"
                                + " tables manually");
        assertThat(done(server, drill.replace("=shop.orders", "=shop2.orders")).error())
                .contains("found schemas by shop2.orders in B");

        assertThat(rows(server, "shop")).hasToString(UNTOUCHED);
    }

    @Test
    void rowOfATableMappingShowsWhetherItWasTaken() throws Exception {
        for (ServerVersion version : ServerVersion.values()) {
            SimulatedServer server = newerThanItsBackup(version);

            RecordedOperation mapped =
                    done(
                            server,
                            "/backup/restore/B?table=shop.orders&restore_database_mapping=shop:shop2"
                                    + "&restore_table_mapping=orders:orders2");

            assertThat(mapped.command())
                    .isEqualTo(
                            "restore --tables=\"shop.orders\""
                                    + " --restore-database-mapping=\"shop:shop2\""
                                    + (version == ServerVersion.V2_4
                                            ? ""
                                            : " --restore-table-mapping=\"orders:orders2\"")
                                    + " B");
            assertThat(rows(server, "shop2"))
                    .hasToString(
                            version == ServerVersion.V2_4 ? "{orders=1000}" : "{orders2=1000}");
        }
    }

    @Test
    void destinationThatCannotBeMadeIsAnError() throws Exception {
        SimulatedServer older = newerThanItsBackup(ServerVersion.V2_4);
        SimulatedServer newer = newerThanItsBackup(ServerVersion.V2_8);
        String to = "/backup/restore/B?table=shop.orders&restore_database_mapping=shop";

        assertThat(post(older, to + "-shop2").body())
                .isEqualTo(
                        "{\"status\":\"error\",\"operation\":\"restore\",\"error\":\"invalid values"
                                + " in restore_database_mapping shop-shop2\"}\n");
        assertThat(done(older, to + ":shop-2").error())
                .startsWith("can't create table `shop-2`.`orders`: code: 62");
        succeed(newer, to + ":shop-2");
        assertThat(done(newer, to + ":sh%20op2").error()).startsWith("can't create table `sh op2`");
        assertThat(rows(newer, "shop-2")).hasToString("{orders=1000}");
    }

    @ParameterizedTest
    @EnumSource
    void dataIsNotLoadedAtAllIfOneTableIsMissing(ServerVersion version) throws Exception {
        SimulatedServer server = newerThanItsBackup(version);
        server.dropTable("shop", "orders");

        assertThat(done(server, "/backup/restore/B?data").error())
                .isEqualTo(
                        (version == ServerVersion.V2_4 ? "" : "RestoreData: restoreData: ")
                                + "'shop.orders' is not created. Restore schema first or create"
                                + " missing tables manually");
        assertThat(rows(server, "shop")).hasToString("{extra=7, items=600, log=15}");

        succeed(server, "/backup/restore/B?schema&table=shop.orders");
        succeed(server, "/backup/restore/B?data&table=shop.orders");
        succeed(server, "/backup/restore/B?data&table=shop.orders");
        assertThat(server.rows("shop", "orders")).hasValue(2000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"shop.nothing", "nodb.x", "shop.extra", "orders", "SHOP.ORDERS"})
    void patternWithoutAMatchTouchesNothing(String pattern) throws Exception {
        SimulatedServer older = newerThanItsBackup(ServerVersion.V2_4);
        SimulatedServer newer = newerThanItsBackup(ServerVersion.V2_8);

        assertThat(done(older, "/backup/restore/B?table=" + pattern).error())
                .isEqualTo("no have found schemas by " + pattern + " in B");
        assertThat(done(newer, "/backup/restore/B?table=" + pattern).error())
                .isEqualTo(
                        "getTablesForRestoreLocal: not found schemas by "
                                + pattern
                                + " in B, also check skip_tables and skip_table_engines setting");

        assertThat(rows(older, "shop")).hasToString(UNTOUCHED);
        assertThat(rows(newer, "shop")).hasToString(UNTOUCHED);
    }

    @Test
    void backupThatIsNotLocalIsNotRestored() throws Exception {
        SimulatedServer older = newerThanItsBackup(ServerVersion.V2_4);
        SimulatedServer newer = newerThanItsBackup(ServerVersion.V2_8);

        assertThat(done(older, "/backup/restore/NOPE").error())
                .isEqualTo(
                        "stat /var/lib/clickhouse/backup/NOPE/metadata: no such file or directory");
        assertThat(done(older, "/backup/restore/NOPE?data").error())
                .isEqualTo("can't restore: backup 'NOPE' is not found");
        assertThat(done(newer, "/backup/restore/NOPE").error())
                .isEqualTo(
                        "read backup metadata file: open"
                                + " /var/lib/clickhouse/backup/NOPE/metadata.json: no such file or"
                                + " directory");
    }

    /** The older server takes it for a backup of an older format. */
    @Test
    void halfABackupEmptiesTheLiveTablesOnTheOlderServer() throws Exception {
        for (ServerVersion version : ServerVersion.values()) {
            SimulatedServer server = newerThanItsBackup(version);
            server.faults().hold("create");
            post(server, "/backup/create?name=HALF");
            until(() -> server.local().size() == 2);
            server.restart();

            String error = done(server, "/backup/restore/HALF").error();

            if (version == ServerVersion.V2_4) {
                assertThat(error)
                        .isEqualTo(
                                "can't attach data parts for table 'shop.extra': code: 233,"
                                        + " message: Unexpected part name: default");
                assertThat(rows(server, "shop")).hasToString("{extra=0, items=0, log=0, orders=0}");
                succeed(server, "/backup/restore/HALF?schema");
            } else {
                assertThat(error).startsWith("read backup metadata file: open ");
                assertThat(rows(server, "shop")).hasToString(UNTOUCHED);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void restoreCutByAKillLeavesTablesEmptyAndNobodySaysSo(ServerVersion version) throws Exception {
        SimulatedServer server = newerThanItsBackup(version);
        server.faults().duration("restore", Duration.ofMinutes(5));
        post(server, "/backup/restore/B");
        until(() -> server.rows("shop", "items").getAsLong() == 500);

        server.restart();

        assertThat(get(server, "/backup/actions").body()).isEmpty();
        assertThat(rows(server, "shop")).hasToString("{extra=7, items=500, log=0, orders=0}");
        server.faults().clear();
        succeed(server, "/backup/restore/B");
        assertThat(rows(server, "shop")).hasToString("{extra=7, items=500, log=0, orders=1000}");
    }

    @ParameterizedTest
    @EnumSource
    void killOfARestoreChangesItsRowOnly(ServerVersion version) throws Exception {
        SimulatedServer server = newerThanItsBackup(version);
        Gate middle = server.faults().hold("restore");
        post(server, "/backup/restore/B?table=shop.orders");
        until(() -> server.rows("shop", "orders").getAsLong() == 0);

        CompletableFuture<?> kill =
                posting(server, "/backup/kill?command=restore%20--tables%3D%22shop.orders%22%20B");
        until(() -> get(server, "/backup/actions").body().contains("\"status\":\"cancel\""));

        if (version == ServerVersion.V2_4) {
            kill.join();
            // It runs beside the other one, which is not over.
            Gate second = server.faults().hold("restore");
            assertThat(post(server, "/backup/restore/B?table=shop.items").statusCode())
                    .isEqualTo(200);
            second.open();
        } else {
            assertThat(kill).isNotDone();
            assertThat(post(server, "/backup/restore/B").statusCode()).isEqualTo(200);
            until(() -> server.operations().get(2).finish().isPresent());
            assertThat(server.operations().get(2).error())
                    .startsWith("another clickhouse-backup `restore` command is already running");
        }
        assertThat(server.rows("shop", "orders")).hasValue(0);
        middle.open();
        kill.join();
        until(() -> server.rows("shop", "orders").getAsLong() == 1000);
        assertThat(server.operations().get(1).status()).isEqualTo("cancel");
    }

    @Test
    void viewWithRowsIsRefused() {
        SimulatedServer server = start(SimulatedServer.builder());

        assertThatThrownBy(() -> server.putTable("shop", "v", "View", 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(server.tables()).extracting(SimulatedTable::id).containsExactly("shop.orders");
    }
}
