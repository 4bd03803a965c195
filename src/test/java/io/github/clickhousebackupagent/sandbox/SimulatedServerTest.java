package io.github.clickhousebackupagent.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What tests and the demo rely on beyond the recorded answers: faults, kills, and what is
 * remembered.
 */
class SimulatedServerTest extends SimulatedServers {
    @ParameterizedTest
    @EnumSource
    void uploadCutByAKillGoesOnUnderAnotherNameAfterTheRestart(ServerVersion version)
            throws Exception {
        SimulatedServer server = start(SimulatedServer.builder().version(version));
        done(server, "/backup/create?name=A");
        server.faults().hold("upload");
        post(server, "/backup/upload/A");
        until(() -> get(server, "/backup/list/remote").body().contains("can't stat metadata.json"));
        int port = server.port();

        server.kill();

        assertThatThrownBy(() -> get(server, "/backup/status"))
                .isInstanceOf(ConnectException.class);
        assertThat(server.operations().get(1).status()).isEqualTo("killed");
        assertThat(server.completeUploads("A")).isZero();

        Gate gate = server.faults().hold("upload");
        server.restart();

        assertThat(server.port()).isEqualTo(port);
        assertThat(get(server, "/backup/actions").body().lines())
                .as("the history is lost, the row has no id")
                .singleElement()
                .asString()
                .startsWith("{\"command\":\"upload --resumable=1 A\",\"status\":\"in progress\"")
                .doesNotContain("operation_id");
        assertThat(post(server, "/backup/create?name=B").statusCode()).isEqualTo(423);
        assertThat(get(server, "/backup/list/remote").body()).contains("can't stat metadata.json");

        gate.open();
        finished(server);
        assertThat(server.remote()).extracting(SimulatedBackup::broken).containsExactly("");
        assertThat(server.completeUploads("A")).isEqualTo(1);
    }

    /** As a real server does, which connects to ClickHouse first. */
    @ParameterizedTest
    @EnumSource
    void uploadCutByAKillMayBeResumedAMomentAfterTheServerListens(ServerVersion version)
            throws Exception {
        SimulatedServer server =
                start(
                        SimulatedServer.builder()
                                .version(version)
                                .resumeDelay(Duration.ofMillis(300)));
        done(server, "/backup/create?name=A");
        server.faults().hold("upload");
        post(server, "/backup/upload/A");
        until(() -> server.remote().size() == 1);

        server.restart();

        assertThat(get(server, "/backup/actions").body()).isEmpty();
        until(() -> get(server, "/backup/actions").body().contains("upload --resumable=1 A"));
        until(() -> server.completeUploads("A") == 1);
    }

    /** As a real server does: it gives up what is left to resume where another operation runs. */
    @ParameterizedTest
    @EnumSource
    void whatBeginsBeforeAnUploadIsResumedKeepsItFromThat(ServerVersion version) throws Exception {
        SimulatedServer server =
                start(
                        SimulatedServer.builder()
                                .version(version)
                                .resumeDelay(Duration.ofMillis(300)));
        done(server, "/backup/create?name=A");
        server.faults().hold("upload");
        post(server, "/backup/upload/A");
        until(() -> server.remote().size() == 1);

        server.faults().duration("create", Duration.ofMillis(600));
        server.restart();
        assertThat(post(server, "/backup/create?name=B").statusCode()).isEqualTo(201);
        finished(server);

        assertThat(get(server, "/backup/actions").body()).doesNotContain("resumable");
        assertThat(server.completeUploads("A")).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void diffCutByAKillIsResumedWithItsBase(ServerVersion version) throws Exception {
        SimulatedServer server = start(SimulatedServer.builder().version(version));
        done(server, "/backup/create?name=A");
        done(server, "/backup/upload/A");
        done(server, "/backup/create?name=B");
        server.faults().hold("upload");
        post(server, "/backup/upload/B?diff-from-remote=A");
        until(() -> server.remote().size() == 2);

        server.restart();
        until(() -> server.operations().size() == 6);
        finished(server);

        String quote = version == ServerVersion.V2_4 ? "\"" : "";
        assertThat(server.operations())
                .extracting(RecordedOperation::command)
                .endsWith(
                        "upload --resumable=1 A",
                        "upload --diff-from-remote=" + quote + "A" + quote + " --resumable=1 B");
        if (version == ServerVersion.V2_4) {
            // As seen on a real one: it looks for a base whose name has the quotes around it.
            assertThat(server.operations())
                    .last()
                    .extracting(RecordedOperation::error)
                    .asString()
                    .contains("\"A\" not found on remote storage");
            done(server, "/backup/upload/B?diff-from-remote=A");
        }
        assertThat(server.remote())
                .extracting(SimulatedBackup::required)
                .containsExactlyInAnyOrder("", "A");
        assertThat(server.completeUploads("A"))
                .as("the resumed row of a complete upload sends nothing")
                .isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void createCutByAKillLeavesNothingThatCanBeUploadedAsWhole(ServerVersion version)
            throws Exception {
        SimulatedServer server = start(SimulatedServer.builder().version(version));
        server.faults().hold("create");
        post(server, "/backup/create?name=A");
        until(() -> !server.local().isEmpty());

        server.restart();

        assertThat(get(server, "/backup/actions").body()).isEmpty();
        assertThat(server.local())
                .singleElement()
                .extracting(SimulatedBackup::broken)
                .isNotEqualTo("");
        assertThat(done(server, "/backup/create?name=A").status()).isEqualTo("success");
    }

    @Test
    void killedServerDoesNotLeaveACallerWaiting() throws Exception {
        SimulatedServer server = start(SimulatedServer.builder());
        server.faults().latency("/backup/status", Duration.ofMinutes(5));
        CompletableFuture<HttpResponse<String>> waiting =
                client.sendAsync(
                        request(server, "/backup/status").build(), BodyHandlers.ofString());
        until(() -> get(server, "/backup/actions").statusCode() == 200);

        server.kill();

        assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasRootCauseInstanceOf(IOException.class);
    }

    @Test
    void killByTheApiReturnsOnlyWhenNothingRunsAnyMore() throws Exception {
        SimulatedServer server = start(SimulatedServer.builder());
        BlockingQueue<String> callbacks = new LinkedBlockingQueue<>();
        String url = listen(callbacks);
        done(server, "/backup/create?name=A");
        server.faults().next("upload", Ending.never());
        post(server, "/backup/upload/A?callback=" + encode(url));

        assertThat(post(server, "/backup/kill").statusCode()).isEqualTo(200);

        assertThat(server.operations().get(1).status()).isEqualTo("cancel");
        assertThat(post(server, "/backup/create?name=B").statusCode()).isEqualTo(201);
        assertThat(callbacks.poll(10, TimeUnit.SECONDS)).contains("\"status\":\"error\"");
        assertThat(server.completeUploads("A")).isZero();
    }

    @Test
    void callbackUrlIsDecodedTwiceSoThatAPlusInItIsLost() throws Exception {
        SimulatedServer server = start(SimulatedServer.builder());
        BlockingQueue<String> callbacks = new LinkedBlockingQueue<>();
        String url = listen(callbacks) + "?token=a+b%2Bc";

        done(server, "/backup/create?name=A&callback=" + encode(url));

        // Once decoded a+b%2Bc, twice "a b+c", which is no URL: nothing is called.
        done(server, "/backup/create?name=B&callback=" + encode(listen(callbacks) + "?n=%2541"));
        assertThat(callbacks.poll(10, TimeUnit.SECONDS)).startsWith("/done?n=%41 ");
        assertThat(callbacks).isEmpty();
        HttpResponse<String> refused = post(server, "/backup/create?name=C&callback=%25zz");
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("invalid URL escape \\\"%zz\\\"");
    }

    @ParameterizedTest
    @EnumSource
    void callbackComesAfterTheRowHasEnded(ServerVersion version) throws Exception {
        SimulatedServer server = start(SimulatedServer.builder().version(version));
        BlockingQueue<String> statuses = new LinkedBlockingQueue<>();
        String url = listen(got -> statuses.add(got + get(server, "/backup/status").body()));

        post(server, "/backup/upload/MISSING?callback=" + encode(url));

        assertThat(statuses.poll(10, TimeUnit.SECONDS))
                .startsWith("/done {\"status\":\"error\",\"error\":\"can't find local backup")
                .contains("\"command\":\"upload MISSING\",\"status\":\"error\"");
    }

    @ParameterizedTest
    @EnumSource
    void nextOperationMayBeginWhileTheCallbackIsStillAnswered(ServerVersion version)
            throws Exception {
        SimulatedServer server = start(SimulatedServer.builder().version(version));
        BlockingQueue<String> ends = new LinkedBlockingQueue<>();
        String url =
                listen(
                        got -> {
                            post(server, "/backup/upload/A");
                            until(() -> server.operations().get(1).finish().isPresent());
                            ends.add(server.operations().get(1).toString());
                        });

        post(server, "/backup/create?name=A&callback=" + encode(url));

        assertThat(ends.poll(10, TimeUnit.SECONDS)).contains("status=success");
    }

    @Test
    void withheldCallbackIsNotSentLater() throws Exception {
        SimulatedServer server = start(SimulatedServer.builder());
        BlockingQueue<String> callbacks = new LinkedBlockingQueue<>();
        String url = listen(callbacks);
        server.faults().withholdCallbacks(true);
        done(server, "/backup/create?name=A&callback=" + encode(url));
        server.faults().withholdCallbacks(false);
        done(server, "/backup/upload/A?callback=" + encode(url + "/2"));

        assertThat(callbacks.poll(10, TimeUnit.SECONDS)).startsWith("/done/2 ");
        assertThat(callbacks).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void oldestLocalBackupGoesWhenThereAreTooMany(ServerVersion version) throws Exception {
        SimulatedServer server = start(SimulatedServer.builder().version(version).keepLocal(2));
        for (String name : List.of("A", "B", "C")) {
            done(server, "/backup/create?name=" + name);
        }

        assertThat(server.local()).extracting(SimulatedBackup::name).containsExactly("B", "C");
        assertThat(done(server, "/backup/upload/C?diff-from=A").error())
                .contains("open A/metadata.json");
    }

    @Test
    void remoteRetentionNeverTakesABase() throws Exception {
        SimulatedServer server = start(SimulatedServer.builder().keepRemote(1));
        for (String upload : List.of("OLD", "A", "B?diff-from-remote=A", "C?diff-from-remote=B")) {
            done(
                    server,
                    "/backup/create?name="
                            + upload.substring(
                                    0,
                                    upload.indexOf('?') < 0
                                            ? upload.length()
                                            : upload.indexOf('?')));
            done(server, "/backup/upload/" + upload);
        }

        assertThat(server.remote())
                .extracting(SimulatedBackup::name)
                .containsExactly("A", "B", "C");
    }

    @Test
    void diffIsAsLargeAsWhatWasAddedAndNoLarger() throws Exception {
        SimulatedServer server =
                start(SimulatedServer.builder().table("shop", "orders", 1_000, 1_000_000));
        done(server, "/backup/create?name=A");
        done(server, "/backup/upload/A");
        server.insertRows("shop", "orders", 100);
        done(server, "/backup/create?name=B");
        done(server, "/backup/upload/B?diff-from=A");

        assertThat(server.remote().get(0).sizeBytes()).isBetween(1_000_000L, 1_010_000L);
        assertThat(server.remote().get(1).sizeBytes()).isBetween(100_000L, 110_000L);
    }

    @ParameterizedTest
    @EnumSource
    void secondOperationIsRefusedWhileOneRuns(ServerVersion version) throws Exception {
        SimulatedServer server = start(SimulatedServer.builder().version(version));
        try (Gate foreign = server.faults().lock("create FOREIGN")) {
            assertThat(post(server, "/backup/create?name=A").statusCode()).isEqualTo(423);
            assertThat(post(server, "/backup/delete/local/A").statusCode()).isEqualTo(423);
            HttpResponse<String> text =
                    post(server, "/backup/actions", "{\"command\":\"create A\"}");
            assertThat(text.statusCode()).isEqualTo(500);
            assertThat(text.body()).contains("another operation is currently running");
            foreign.open();
            assertThat(post(server, "/backup/create?name=A").statusCode()).isEqualTo(201);
        }
        assertThat(server.calls()).filteredOn(c -> c.status() == 423).hasSize(2);
    }

    @Test
    void version24ForgetsItsLockOnceAListHasEnded() throws Exception {
        for (ServerVersion version : ServerVersion.values()) {
            SimulatedServer server = start(SimulatedServer.builder().version(version));
            server.faults().lock("create FOREIGN");
            get(server, "/backup/list/local");

            assertThat(post(server, "/backup/create?name=A").statusCode())
                    .isEqualTo(version == ServerVersion.V2_4 ? 201 : 423);
        }
    }

    @Test
    void faultyProxyAnswersInPlaceOfTheServerAndOnlyAsOftenAsTold() throws Exception {
        SimulatedServer server = start(SimulatedServer.builder());
        server.faults().answer("/backup/create", 2, 502, "text/html", "<html>Bad Gateway</html>");
        server.faults().answer("/backup/status", 1, 200, "application/json", "");

        for (int i = 0; i < 2; i++) {
            HttpResponse<String> answer = post(server, "/backup/create?name=A");
            assertThat(answer.statusCode()).isEqualTo(502);
            assertThat(answer.body()).contains("<html>");
        }
        assertThat(get(server, "/backup/status").body()).isEmpty();
        assertThat(server.operations()).isEmpty();
        assertThat(post(server, "/backup/create?name=A").statusCode()).isEqualTo(201);
    }

    @ParameterizedTest
    @EnumSource
    void lostAnswerDoesNotMeanThatNothingWasDone(ServerVersion version) throws Exception {
        SimulatedServer server = start(SimulatedServer.builder().version(version));
        server.faults().closeConnection("/backup/create", 1);
        assertThatThrownBy(() -> post(server, "/backup/create?name=A"))
                .isInstanceOf(IOException.class);
        assertThat(server.operations()).isEmpty();

        server.faults().halfAnswer("/backup/create", 1);
        assertThatThrownBy(() -> post(server, "/backup/create?name=A"))
                .isInstanceOf(IOException.class);
        assertThat(server.operations()).hasSize(1);
        assertThat(server.calls()).extracting(RecordedCall::status).containsOnly(0);
    }

    @Test
    void slowAnswerIsNotDelayedForOtherPaths() throws Exception {
        SimulatedServer server = start(SimulatedServer.builder());
        server.faults().latency("/backup/list", Duration.ofMinutes(5));

        assertThat(get(server, "/backup/status").statusCode()).isEqualTo(200);
        HttpRequest slow = request(server, "/backup/list").timeout(Duration.ofMillis(100)).build();
        assertThatThrownBy(() -> client.send(slow, BodyHandlers.ofString()))
                .isInstanceOf(java.net.http.HttpTimeoutException.class);

        server.faults().clear();
        assertThat(get(server, "/backup/list").statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @EnumSource
    void failedUploadIsNotListedAsWhole(ServerVersion version) throws Exception {
        SimulatedServer server = start(SimulatedServer.builder().version(version));
        done(server, "/backup/create?name=A");
        server.faults().next("upload", Ending.error("can't upload: disk quota exceeded"));

        RecordedOperation failed = done(server, "/backup/upload/A");

        assertThat(failed.status()).isEqualTo("error");
        assertThat(failed.error()).isEqualTo("can't upload: disk quota exceeded");
        assertThat(get(server, "/backup/status").body()).contains("disk quota exceeded");
        assertThat(server.remote())
                .extracting(SimulatedBackup::broken)
                .containsExactly(RemoteBackup.CANNOT_STAT);
        assertThat(done(server, "/backup/upload/A").status()).isEqualTo("success");
    }

    @Test
    void cancelledCreateLeavesNothing() throws Exception {
        SimulatedServer server = start(SimulatedServer.builder());
        server.faults().next("create", Ending.cancel());

        assertThat(done(server, "/backup/create?name=A").status()).isEqualTo("cancel");
        assertThat(server.local()).isEmpty();
    }

    @Test
    void unknownStatusStaysAndHasNoFinish() throws Exception {
        SimulatedServer server = start(SimulatedServer.builder());
        server.faults().next("create", Ending.status("paused"));
        post(server, "/backup/create?name=A");

        until(() -> get(server, "/backup/status").body().contains("\"status\":\"paused\""));
        assertThat(get(server, "/backup/status").body()).doesNotContain("finish");
    }

    @Test
    void vanishedRowIsFoundNowhereAlthoughTheBackupIsThere() throws Exception {
        SimulatedServer server = start(SimulatedServer.builder());
        server.faults().next("create", Ending.vanish());
        done(server, "/backup/create?name=A");

        until(() -> get(server, "/backup/actions").body().isEmpty());
        assertThat(server.local()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void successfulUploadMayStillBeDamaged(Damage damage) throws Exception {
        SimulatedServer server = start(SimulatedServer.builder());
        done(server, "/backup/create?name=A");
        server.faults().next("upload", Ending.damaged(damage));

        assertThat(done(server, "/backup/upload/A").status()).isEqualTo("success");

        String list = get(server, "/backup/list/remote").body();
        switch (damage) {
            case ABSENT -> assertThat(list).isEmpty();
            case BROKEN ->
                    assertThat(list).contains("\"desc\":\"broken (can't stat metadata.json)\"");
            case EMPTY -> assertThat(list).contains("\"name\":\"A\"").doesNotContain("\"size\"");
        }
    }

    @ParameterizedTest
    @EnumSource
    void diffOnABaseThatIsGoneCannotBeDownloaded(ServerVersion version) throws Exception {
        SimulatedServer server = start(SimulatedServer.builder().version(version).keepLocal(1));
        done(server, "/backup/create?name=A");
        done(server, "/backup/upload/A");
        done(server, "/backup/create?name=B");
        done(server, "/backup/upload/B?diff-from-remote=A");
        post(server, "/backup/delete/local/B");
        server.damage("A", Damage.BROKEN);

        assertThat(done(server, "/backup/download/B").error())
                .endsWith("A not found on remote storage");
    }

    @ParameterizedTest
    @EnumSource
    void dataRestoredTwiceDoublesTheRows(ServerVersion version) throws Exception {
        SimulatedServer server =
                start(
                        SimulatedServer.builder()
                                .version(version)
                                .table("shop", "orders", 100, 4800));
        done(server, "/backup/create?name=A");
        String drill = "/backup/restore/A?table=shop.*&restore_database_mapping=shop:drill";

        done(server, drill);
        assertThat(server.rows("drill", "orders")).hasValue(100);
        assertThat(done(server, drill + "&data").error()).isEmpty();
        assertThat(server.rows("drill", "orders")).hasValue(200);
        done(server, drill + "&rm=true");
        assertThat(server.rows("drill", "orders")).hasValue(100);
        assertThat(server.rows("shop", "orders")).hasValue(100);
        assertThat(done(server, "/backup/restore/A?table=nope.*").status()).isEqualTo("error");
        assertThat(server.rows("nope", "nope")).isEmpty();
    }

    @Test
    void noCredentialIsEverRemembered() throws Exception {
        SimulatedServer server = start(SimulatedServer.builder().credentials("api", "s3cret"));
        get(server, "/backup/status?user=api&pass=s3cret&operationid=x");

        assertThat(server.calls().toString())
                .contains("user=***&pass=***&operationid=x")
                .doesNotContain("s3cret");
        assertThat(server.calls().get(0).status()).isEqualTo(200);
    }

    @Test
    void timesAreTheServersLocalOnes() throws Exception {
        Clock clock = Clock.fixed(Instant.parse("2026-03-29T00:30:00Z"), ZoneId.of("Asia/Kolkata"));
        SimulatedServer server = start(SimulatedServer.builder().clock(clock));
        done(server, "/backup/create");
        done(server, "/backup/create?name=A");

        assertThat(get(server, "/backup/status").body())
                .contains("\"start\":\"2026-03-29 06:00:00\",\"finish\":\"2026-03-29 06:00:00\"");
        assertThat(get(server, "/backup/list/local").body())
                .contains("\"name\":\"2026-03-29T06-00-00\"");
        assertThat(
                        new HashSet<>(
                                server.operations().stream()
                                        .map(RecordedOperation::operationId)
                                        .toList()))
                .as("ids differ although the clock stands")
                .hasSize(2);
    }

    @Test
    void manyServersAtOnceCostLittle() throws Exception {
        Set<Integer> ports = new HashSet<>();
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            SimulatedServer server = start(SimulatedServer.builder());
            ports.add(server.port());
            answers.add(
                    client.sendAsync(
                            request(server, "/backup/create?name=A")
                                    .POST(BodyPublishers.noBody())
                                    .build(),
                            BodyHandlers.ofString()));
        }

        assertThat(ports).hasSize(200);
        for (CompletableFuture<HttpResponse<String>> answer : answers) {
            assertThat(answer.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(201);
        }
    }

    private interface Listener {
        void got(String text) throws Exception;
    }

    private String listen(BlockingQueue<String> callbacks) throws IOException {
        return listen(callbacks::add);
    }

    /** A listener for callbacks: its path and the body. */
    private String listen(Listener listener) throws IOException {
        HttpServer http =
                HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        http.createContext(
                "/",
                exchange -> {
                    try (exchange) {
                        String body =
                                new String(
                                        exchange.getRequestBody().readAllBytes(),
                                        StandardCharsets.UTF_8);
                        listener.got(exchange.getRequestURI() + " " + body);
                        exchange.sendResponseHeaders(200, -1);
                    } catch (IOException e) {
                        throw e;
                    } catch (Exception e) {
                        throw new IOException(e);
                    }
                });
        http.start();
        opened.add(() -> http.stop(0));
        return "http://127.0.0.1:" + http.getAddress().getPort() + "/done";
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
