package io.github.clickhousebackupagent.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What comes back from the storage, and what only seems to be there. */
class SimulatedDownloadTest extends SimulatedServers {
    private static final String EXISTS =
            "backup is already exists: local backup 'F' exists but resumable state"
                    + " 'download.state2' is missing";

    /** F with 1000 orders and 500 items, and D with 1100 orders that is based on it. */
    private SimulatedServer uploaded(ServerVersion version) throws Exception {
        SimulatedServer server =
                start(
                        SimulatedServer.builder()
                                .version(version)
                                .table("shop", "items", "MergeTree", 500)
                                .table("shop", "orders", "MergeTree", 1000));
        succeed(server, "/backup/create?name=F");
        succeed(server, "/backup/upload/F");
        server.insertRows("shop", "orders", 100);
        succeed(server, "/backup/create?name=D");
        succeed(server, "/backup/upload/D?diff-from-remote=F");
        return server;
    }

    private void deleteLocal(SimulatedServer server, String... names) throws Exception {
        for (String name : names) {
            assertThat(post(server, "/backup/delete/local/" + name).statusCode()).isEqualTo(200);
        }
    }

    private String local(SimulatedServer server, String name) throws Exception {
        return named(get(server, "/backup/list/local").body().lines(), name);
    }

    private String remote(SimulatedServer server, String name) throws Exception {
        return named(get(server, "/backup/list/remote").body().lines(), name);
    }

    private static String named(Stream<String> rows, String name) {
        return rows.filter(row -> row.contains("\"name\":\"" + name + "\"")).findFirst().orElse("");
    }

    @Test
    void localCopyIsOverwrittenByTheOlderServerAndKeptByTheNewer() throws Exception {
        for (ServerVersion version : ServerVersion.values()) {
            SimulatedServer server = uploaded(version);
            RecordedOperation again = done(server, "/backup/download/F");
            if (version == ServerVersion.V2_4) {
                assertThat(again.status()).isEqualTo("success");
            } else {
                assertThat(again.error()).startsWith(EXISTS);
            }

            deleteLocal(server, "F");
            succeed(server, "/backup/download/F");
            succeed(server, "/backup/download/F");
            succeed(server, "/backup/restore/F");
            assertThat(server.rows("shop", "orders")).hasValue(1000);
        }
    }

    @Test
    void downloadedDiffNeedsNoLocalBaseAndLeavesAStubOfItOnTheOlderServer() throws Exception {
        for (ServerVersion version : ServerVersion.values()) {
            SimulatedServer server = uploaded(version);
            deleteLocal(server, "F", "D");

            succeed(server, "/backup/download/D");

            if (version == ServerVersion.V2_4) {
                assertThat(local(server, "D")).contains("\"required\":\"\",\"desc\":\"regular\"");
                assertThat(local(server, "F"))
                        .contains("\"desc\":\"old-format\"")
                        .doesNotContain("\"size\"");
                assertThat(done(server, "/backup/upload/F").error())
                        .isEqualTo("open F/metadata.json: no such file or directory");
            } else {
                assertThat(local(server, "D")).contains("\"required\":\"F\",\"desc\":\"regular\"");
                assertThat(local(server, "F")).isEmpty();
            }
            succeed(server, "/backup/restore/D");
            assertThat(server.rows("shop", "orders")).hasValue(1100);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsNotInTheStorageOrBrokenLeavesNothingLocal(ServerVersion version) throws Exception {
        SimulatedServer server = uploaded(version);
        deleteLocal(server, "F", "D");
        server.damage("D", Damage.BROKEN);

        assertThat(done(server, "/backup/download/NOPE").error())
                .isEqualTo("'NOPE' is not found on remote storage");
        assertThat(done(server, "/backup/download/D").error()).isEqualTo("'D' is empty backup");
        assertThat(server.local()).isEmpty();
    }

    @Test
    void diffWithoutItsBaseLeavesAHalfThatEmptiesTablesOnTheOlderServer() throws Exception {
        for (ServerVersion version : ServerVersion.values()) {
            SimulatedServer server = uploaded(version);
            deleteLocal(server, "F", "D");
            assertThat(post(server, "/backup/delete/remote/F").statusCode()).isEqualTo(200);

            String error = done(server, "/backup/download/D").error();
            done(server, "/backup/restore/D");

            if (version == ServerVersion.V2_4) {
                assertThat(error)
                        .isEqualTo(
                                "one of Download go-routine return error: one of downloadDiffParts"
                                        + " go-routine return error: F not found on remote storage");
                assertThat(local(server, "D")).contains("old-format");
                assertThat(server.rows("shop", "orders")).hasValue(0);
            } else {
                assertThat(error)
                        .isEqualTo(
                                "one of Download go-routine return error: downloadTableData:"
                                        + " downloadDiffParts: ReadBackupMetadataRemote: F not found"
                                        + " on remote storage");
                assertThat(local(server, "D")).contains("broken metadata.json not found");
                assertThat(server.rows("shop", "orders")).hasValue(1100);
            }
            assertThat(server.isDownloadable("D")).isFalse();
        }
    }

    @Test
    void downloadCutByAKillIsTakenUpByTheNewerServerOnly() throws Exception {
        for (ServerVersion version : ServerVersion.values()) {
            SimulatedServer server = uploaded(version);
            deleteLocal(server, "F", "D");
            server.restart();
            finished(server);
            long whole = server.remote().get(1).sizeBytes();
            server.faults().hold("download");
            post(server, "/backup/download/D");
            until(() -> !local(server, "D").isEmpty());
            assertThat(local(server, "D"))
                    .contains(version == ServerVersion.V2_4 ? "old-format" : "broken")
                    .doesNotContain("\"size\"");

            server.restart();
            finished(server);

            if (version == ServerVersion.V2_4) {
                assertThat(get(server, "/backup/actions").body()).isEmpty();
                assertThat(local(server, "D")).contains("old-format");
                succeed(server, "/backup/download/D");
            } else {
                assertThat(get(server, "/backup/actions").body())
                        .contains(
                                "\"command\":\"download --resumable=1 D\",\"status\":\"success\"");
                assertThat(local(server, "D"))
                        .contains("\"desc\":\"regular\"")
                        .contains("\"required\":\"F\"");
                assertThat(
                                server.local().stream()
                                        .filter(b -> b.name().equals("D"))
                                        .findFirst()
                                        .orElseThrow()
                                        .sizeBytes())
                        .as("smaller than the 76 800 bytes of 1600 rows")
                        .isBetween(whole, 76_000L);
                assertThat(done(server, "/backup/download/D").error())
                        .startsWith(EXISTS.replace("'F'", "'D'"));
            }
            succeed(server, "/backup/restore/D");
            assertThat(server.rows("shop", "orders")).hasValue(1100);
        }
    }

    @ParameterizedTest
    @EnumSource
    void killedDownloadIsDoneByTheNext(ServerVersion version) throws Exception {
        SimulatedServer server = uploaded(version);
        deleteLocal(server, "F");
        server.faults().hold("download");
        post(server, "/backup/download/F");
        until(() -> !local(server, "F").isEmpty());

        assertThat(post(server, "/backup/kill?command=download%20F").statusCode()).isEqualTo(200);
        assertThat(local(server, "F")).doesNotContain("regular");

        succeed(server, "/backup/download/F");
        assertThat(local(server, "F")).contains("regular");
    }

    @Test
    void partialDownloadLooksRegular() throws Exception {
        for (ServerVersion version : ServerVersion.values()) {
            SimulatedServer server = uploaded(version);
            deleteLocal(server, "F", "D");

            succeed(server, "/backup/download/D?table=shop.items");
            assertThat(local(server, "D")).contains("\"desc\":\"regular\"");
            RecordedOperation whole = done(server, "/backup/download/D");
            if (version == ServerVersion.V2_4) {
                assertThat(whole.status()).isEqualTo("success");
            } else {
                assertThat(whole.error()).contains("can't to add link to exists part ");
            }

            succeed(server, "/backup/download/F?schema");
            succeed(server, "/backup/download/F");
            succeed(server, "/backup/restore/F");
            assertThat(server.rows("shop", "orders"))
                    .hasValue(version == ServerVersion.V2_4 ? 0 : 1000);

            deleteLocal(server, "D");
            succeed(server, "/backup/download/D?table=shop.nothing");
            RecordedOperation restored = done(server, "/backup/restore/D");
            if (version == ServerVersion.V2_4) {
                assertThat(restored.status()).isEqualTo("success");
            } else {
                assertThat(restored.error())
                        .startsWith("'D' doesn't contains tables for restore, if you need it, ");
            }
        }
    }

    /** The state file says that all was sent, and the storage is not looked at. */
    @Test
    void uploadAfterARemoteDeleteIsASuccessWithoutData() throws Exception {
        for (ServerVersion version : ServerVersion.values()) {
            SimulatedServer server = uploaded(version);
            String whole = remote(server, "F");
            post(server, "/backup/delete/remote/D");
            post(server, "/backup/delete/remote/F");

            succeed(server, "/backup/upload/F");

            assertThat(done(server, "/backup/upload/D?diff-from-remote=F").error())
                    .contains("550 \"Can't open /backup/F/metadata/shop/items.json");
            assertGhost(server, version, whole);
        }
    }

    @Test
    void restartAloneBringsADeletedBackupBackWithoutItsData() throws Exception {
        for (ServerVersion version : ServerVersion.values()) {
            SimulatedServer server = uploaded(version);
            String whole = remote(server, "F");
            deleteLocal(server, "D");
            post(server, "/backup/delete/remote/D");
            post(server, "/backup/delete/remote/F");

            server.restart();
            finished(server);

            assertThat(get(server, "/backup/actions").body())
                    .contains("\"command\":\"upload --resumable=1 F\",\"status\":\"success\"");
            assertGhost(server, version, whole);
        }
    }

    private int deleted(SimulatedServer server, String place) throws Exception {
        return post(server, "/backup/delete/" + place + "/F").statusCode();
    }

    private void assertGhost(SimulatedServer server, ServerVersion version, String whole)
            throws Exception {
        assertThat(remote(server, "F")).isEqualTo(whole).contains("tar, regular");
        assertThat(server.isDownloadable("F")).isFalse();
        if (version == ServerVersion.V2_8) {
            assertThat(get(server, "/backup/tables?remote_backup=F&table=shop.orders").body())
                    .contains("\"total_bytes\":0,\"size\":\"\",\"parts\":0,\"disks\":[]");
        }
        deleteLocal(server, "F");
        assertThat(done(server, "/backup/download/F").error())
                .isEqualTo(
                        version == ServerVersion.V2_4
                                ? "one of Download Metadata go-routine return error: 550 \"Can't"
                                        + " open /backup/F/metadata/shop/items.json: No such file"
                                        + " or directory\""
                                : "one of Download Metadata go-routine return error:"
                                        + " downloadTableMetadata: remote metadata file"
                                        + " F/metadata/shop/items.json not found on remote storage,"
                                        + " backup is broken");
        server.restart();
        // An upload that is resumed may be at work.
        until(() -> List.of(200, 500).contains(deleted(server, "local")));
        until(() -> deleted(server, "remote") != 423);
        server.restart();
        finished(server);
        assertThat(remote(server, "F")).as("with its local copy its state is gone").isEmpty();
    }

    /** What is seen of it has full sizes, and only a download finds that parts are missing. */
    @Test
    void halfAnUploadThatIsDeletedAndUploadedAgainLacksItsFirstHalf() throws Exception {
        for (ServerVersion version : ServerVersion.values()) {
            SimulatedServer server = uploaded(version);
            succeed(server, "/backup/create?name=H");
            server.faults().next("upload", Ending.cancel());
            done(server, "/backup/upload/H");
            post(server, "/backup/clean/remote_broken");

            succeed(server, "/backup/upload/H");

            assertThat(remote(server, "H")).contains("tar, regular");
            if (version == ServerVersion.V2_8) {
                assertThat(get(server, "/backup/tables?remote_backup=H").body().lines())
                        .allSatisfy(row -> assertThat(row).contains("\"parts\":1"));
            }
            deleteLocal(server, "H");
            assertThat(done(server, "/backup/download/H").error()).contains("key not found");
        }
    }

    @ParameterizedTest
    @EnumSource
    void uploadOverABrokenRemoteOrOfANewLocalCopyIsWhole(ServerVersion version) throws Exception {
        SimulatedServer server = uploaded(version);
        succeed(server, "/backup/create?name=H");
        server.faults().next("upload", Ending.error("cut"));
        done(server, "/backup/upload/H");
        succeed(server, "/backup/upload/H");
        assertThat(server.isDownloadable("H")).isTrue();

        post(server, "/backup/delete/remote/H");
        deleteLocal(server, "H");
        succeed(server, "/backup/create?name=H");
        succeed(server, "/backup/upload/H");
        assertThat(server.isDownloadable("H")).isTrue();
    }

    @Test
    void newerServerSendsAllAgainWhereItIsAskedForSomethingElse() throws Exception {
        for (ServerVersion version : ServerVersion.values()) {
            SimulatedServer server = uploaded(version);
            post(server, "/backup/delete/remote/D");

            succeed(server, "/backup/upload/D");

            assertThat(server.isDownloadable("D")).isEqualTo(version == ServerVersion.V2_8);
        }
    }

    @ParameterizedTest
    @EnumSource
    void storageThatIsAwayLooksEmptyAndTakesNothing(ServerVersion version) throws Exception {
        SimulatedServer server = uploaded(version);
        server.faults().storageAway(true);

        assertThat(get(server, "/backup/list/remote").statusCode()).isEqualTo(200);
        assertThat(get(server, "/backup/list/remote").body()).isEmpty();
        assertThat(done(server, "/backup/upload/F").error())
                .startsWith("can't upload: ")
                .endsWith("connection refused");
        assertThat(done(server, "/backup/create?name=C").status()).isEqualTo("success");

        server.faults().clear();
        assertThat(server.remote()).hasSize(2);
        assertThat(remote(server, "F")).contains("regular");
    }
}
