package io.github.clickhousebackupagent.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A delete runs while its caller waits, and is not stopped by anything but the server's death. */
class SimulatedDeleteTest extends SimulatedServers {

    private SimulatedServer uploaded(ServerVersion version) throws Exception {
        SimulatedServer server = start(SimulatedServer.builder().version(version));
        succeed(server, "/backup/create?name=F");
        succeed(server, "/backup/upload/F");
        return server;
    }

    private void untilActionsHave(SimulatedServer server, String text) {
        until(() -> get(server, "/backup/actions").body().contains(text));
    }

    @ParameterizedTest
    @EnumSource
    void othersAreRefusedWhileADeleteRuns(ServerVersion version) throws Exception {
        SimulatedServer server = uploaded(version);
        Gate gate = server.faults().hold("delete");
        CompletableFuture<HttpResponse<String>> delete = posting(server, "/backup/delete/remote/F");
        untilActionsHave(server, "\"command\":\"delete remote F\",\"status\":\"in progress\"");

        assertThat(post(server, "/backup/create?name=B").statusCode()).isEqualTo(423);
        assertThat(post(server, "/backup/delete/local/F").statusCode()).isEqualTo(423);
        assertThat(get(server, "/backup/tables").statusCode()).isEqualTo(200);
        assertThat(delete).isNotDone();

        gate.open();
        assertThat(delete.join().body()).contains("\"status\":\"success\"");
        assertThat(server.remote()).isEmpty();
        untilActionsHave(server, "\"command\":\"delete remote F\",\"status\":\"success\"");
    }

    @ParameterizedTest
    @EnumSource
    void deleteGoesOnWithoutItsCaller(ServerVersion version) throws Exception {
        SimulatedServer server = uploaded(version);
        server.faults().duration("delete", Duration.ofMillis(400));

        assertThatThrownBy(
                        () ->
                                client.send(
                                        request(server, "/backup/delete/remote/F")
                                                .timeout(Duration.ofMillis(100))
                                                .POST(BodyPublishers.noBody())
                                                .build(),
                                        BodyHandlers.ofString()))
                .isInstanceOf(HttpTimeoutException.class);
        assertThat(server.remote()).hasSize(1);

        until(() -> server.remote().isEmpty());
        untilActionsHave(server, "\"command\":\"delete remote F\",\"status\":\"success\"");
    }

    @ParameterizedTest
    @EnumSource
    void killOfADeleteChangesItsRowOnly(ServerVersion version) throws Exception {
        SimulatedServer server = uploaded(version);
        Gate gate = server.faults().hold("delete");
        CompletableFuture<HttpResponse<String>> delete = posting(server, "/backup/delete/remote/F");
        untilActionsHave(server, "\"command\":\"delete remote F\",\"status\":\"in progress\"");

        CompletableFuture<HttpResponse<String>> kill =
                posting(server, "/backup/kill?command=delete%20remote%20F");
        untilActionsHave(server, "\"command\":\"delete remote F\",\"status\":\"cancel\"");

        if (version == ServerVersion.V2_4) {
            assertThat(kill.join().statusCode()).isEqualTo(200);
        } else {
            assertThat(kill).isNotDone();
        }
        assertThat(post(server, "/backup/create?name=B").statusCode()).isEqualTo(201);
        gate.open();
        assertThat(delete.join().body()).contains("\"status\":\"success\"");
        assertThat(kill.join().statusCode()).isEqualTo(200);
        assertThat(server.remote()).isEmpty();
    }

    /** No list shows it. */
    @ParameterizedTest
    @EnumSource
    void deleteCutByAKillLeavesWhatLooksWhole(ServerVersion version) throws Exception {
        SimulatedServer server = uploaded(version);
        post(server, "/backup/delete/local/F");
        String whole = get(server, "/backup/list/remote").body();
        Gate held = server.faults().hold("delete");
        CompletableFuture<HttpResponse<String>> delete = posting(server, "/backup/delete/remote/F");
        untilActionsHave(server, "delete remote F");
        // A row is there a moment before anything is deleted.
        await().until(held::isReached);

        server.restart();

        assertThat(delete).failsWithin(Duration.ofSeconds(10));
        assertThat(get(server, "/backup/actions").body()).isEmpty();
        assertThat(get(server, "/backup/list/remote").body()).isEqualTo(whole);
        assertThat(done(server, "/backup/download/F").status()).isEqualTo("error");
        assertThat(post(server, "/backup/delete/remote/F").statusCode()).isEqualTo(200);
        assertThat(get(server, "/backup/list/remote").body()).isEmpty();
    }

    @Test
    void notFoundIsNoProofThatItIsGone() throws Exception {
        for (ServerVersion version : ServerVersion.values()) {
            SimulatedServer server = uploaded(version);
            server.faults().storageAway(true);

            HttpResponse<String> answer = post(server, "/backup/delete/remote/F");

            assertThat(answer.statusCode()).isEqualTo(500);
            if (version == ServerVersion.V2_4) {
                assertThat(answer.body())
                        .contains("\"error\":\"'F' is not found on remote storage\"");
            } else {
                assertThat(answer.body())
                        .contains("bd.RemoveBackupRemote: FTP DeleteFile getConnection: ")
                        .contains("connection refused");
            }
            assertThat(server.remote()).hasSize(1);
            server.faults().storageAway(false);
            assertThat(post(server, "/backup/delete/remote/F").statusCode()).isEqualTo(200);
            assertThat(post(server, "/backup/delete/remote/F").body())
                    .contains("'F' is not found on remote storage");
        }
    }

    @ParameterizedTest
    @EnumSource
    void spacesAndSlashesAreTakenOutOfNames(ServerVersion version) throws Exception {
        SimulatedServer server = uploaded(version);

        for (String path : new String[] {"x%2Fy", "..%2F..", "%2E%2E", ""}) {
            assertThat(post(server, "/backup/delete/local/" + path).statusCode())
                    .as(path)
                    .isEqualTo(404);
        }
        HttpResponse<String> elsewhere = post(server, "/backup/delete/moon/F");
        assertThat(elsewhere.statusCode()).isEqualTo(500);
        assertThat(elsewhere.body()).contains("backup location must be 'local' or 'remote'");
        assertThat(server.local()).hasSize(1);

        HttpResponse<String> deleted = post(server, "/backup/delete/local/%20F");
        assertThat(deleted.body()).contains("\"backup_name\":\" F\"");
        assertThat(server.local()).isEmpty();
        succeed(server, "/backup/download/%20F");
        assertThat(server.local()).extracting(SimulatedBackup::name).containsExactly("F");
    }
}
