package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunRequest;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.sandbox.Ending;
import io.github.clickhousebackupagent.sandbox.SimulatedBackup;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the API of an agent answers and does, and what it refuses. */
class HttpApiTest {

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String TOKEN = "tell-nobody";
    private static final String PASSWORD_OF_TARGETS = SandboxAgent.PASSWORD;
    private static final String JSON = "application/json";
    private static final String RUNS = "/targets/{target}/runs";
    private static final String FULL = "{\"kind\": \"full\"}";
    private static final String NEVER =
            "schedules: { full: { do: full, cron: \"0 0 0 1 1 ? 2099\" } }\n";
    private static final String OPEN = NEVER + "http: { port: 0, token: " + TOKEN + " }\n";

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

    private ApiCaller caller(String token) {
        return ApiCaller.of(directory.resolve("state"), token);
    }

    @Test
    void whatIsToldIsAsTheDocumentSaysBeforeAndAfterABackup() {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            ApiCaller anybody = caller(null);
            var before = anybody.get("/status", "/status").json();
            assertThat(before.get("safe").asBoolean()).isFalse();
            assertThat(before.get("sentence").asText())
                    .isEqualTo("1 of 1 target is not safe: node (no proven backup).");
            assertThat(anybody.get("/runs", "/runs").json()).isEmpty();

            RunResult full = agent.full();

            var after = anybody.get("/status", "/status").json();
            assertThat(after.get("safe").asBoolean()).isTrue();
            assertThat(after.get("sentence").asText()).isEqualTo("node is safe.");
            assertThat(after.at("/targets/0/proven").asText()).isEqualTo(full.backup());
            assertThat(anybody.get("/targets", "/targets").json().findValuesAsText("name"))
                    .containsExactly("node");
            assertThat(
                            anybody.get("/targets/node", "/targets/{target}")
                                    .json()
                                    .get("verdict")
                                    .asText())
                    .isEqualTo("ok");
            assertThat(anybody.get("/schedules", "/schedules").json().at("/0/name").asText())
                    .isEqualTo("full");
            var runs = anybody.get("/runs?limit=5&target=node", "/runs").json();
            assertThat(runs).hasSize(1);
            assertThat(runs.at("/0/outcome").asText()).isEqualTo("success");
            assertThat(anybody.get("/runs?outcome=failed", "/runs").json()).isEmpty();
            assertThat(anybody.get("/runs?before=2001-01-01T00:00:00Z", "/runs").json()).isEmpty();
            assertThat(anybody.get("/runs?kind=full", "/runs").json()).hasSize(1);
            assertThat(
                            anybody.get("/runs/" + full.run(), "/runs/{run}")
                                    .json()
                                    .get("backup")
                                    .asText())
                    .isEqualTo(full.backup());
            assertThat(
                            anybody.get("/runs/" + full.run() + "/events", "/runs/{run}/events")
                                    .json()
                                    .findValuesAsText("event"))
                    .startsWith(JournalEvent.BEGUN)
                    .endsWith(JournalEvent.ENDED);
        }
    }

    @Test
    void whatWasIsToldWithItsChainsItsLogAndItsWay() {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            RunResult full = agent.full();
            RunResult diff = agent.diff();
            server.faults().next("create", Ending.error("no space left"));
            RunResult failed = agent.diff();

            var backups = caller(null).get("/targets/node/backups", "/targets/{target}/backups");
            assertThat(backups.json().get("marker").asText()).isEqualTo(diff.backup());
            assertThat(backups.json().get("backups").findValuesAsText("backup"))
                    .containsExactly(full.backup(), diff.backup());
            assertThat(backups.json().at("/backups/1/base").asText()).isEqualTo(full.backup());
            assertThat(backups.json().at("/backups/1/run").asText()).isEqualTo(diff.run());
            assertThat(backups.json().at("/backups/1/chainLength").asInt()).isEqualTo(2);
            assertThat(backups.json().at("/backups/0/sizeBytes").asLong()).isEqualTo(full.size());

            var log = caller(null).get("/runs/" + failed.run() + "/log", "/runs/{run}/log").json();
            assertThat(log.get("file").asText()).isEqualTo("node_backup_ch.log");
            assertThat(log.get("lines").toString())
                    .contains("##### started at", "CREATE BACKUP ERROR:", "no space left")
                    .doesNotContain(diff.run(), PASSWORD_OF_TARGETS);

            String way = caller(null).text("/runs/" + failed.run() + "/diagram", "image/svg+xml");
            assertThat(way).startsWith("<svg ").contains("<g class=\"failed\"");
            assertThat(caller(null).text("/runs/" + failed.run() + "/diagram", "image/svg+xml"))
                    .isEqualTo(way);
            String well = caller(null).text("/runs/" + diff.run() + "/diagram", "image/svg+xml");
            assertThat(well)
                    .contains("<g class=\"passed\"")
                    .doesNotContain("<g class=\"failed\"", "Serves the page");
            for (String call : List.of("log", "diagram")) {
                assertThat(caller(null).get("/runs/20200101T000000Z-000000/" + call, null).status())
                        .isEqualTo(404);
            }
            assertThat(caller(null).get("/targets/nobody/backups", null).status()).isEqualTo(404);
        }
    }

    @Test
    void aBackupThatIsAskedForIsMadeAndTheJournalSaysWhoAsked() {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            awaitArmed(agent);
            var asked = caller(TOKEN).post("/targets/node/runs", RUNS, FULL, Map.of());

            assertThat(asked.status()).isEqualTo(202);
            String run = asked.json().get("run").asText();
            assertThat(asked.header("Location")).isEqualTo("/api/v1/runs/" + run);
            awaitEnded(run);
            assertThat(agent.results(SandboxAgent.TARGET))
                    .extracting(RunResult::run, RunResult::outcome)
                    .containsExactly(org.assertj.core.groups.Tuple.tuple(run, Outcome.SUCCESS));
            // Beside it the schedule is put in force.
            JournalEvent first =
                    agent.journal().stream()
                            .filter(event -> run.equals(event.run()))
                            .findFirst()
                            .orElseThrow();
            assertThat(first.event()).isEqualTo(JournalEvent.REQUESTED);
            assertThat(first.detail("by")).isEqualTo("api from 127.0.0.1");
            assertThat(agent.everythingWritten()).doesNotContain(TOKEN);
        }
    }

    @Test
    void nobodyAsksInTheNameOfAnotherMachine() {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            for (String header :
                    List.of(
                            "CamelVertxPlatformHttpRemoteAddress",
                            "camelvertxplatformhttpremoteaddress",
                            "X-PlatformHttpRemoteAddress")) {
                caller(TOKEN)
                        .post(
                                "/targets/node/pause",
                                "/targets/{target}/pause",
                                "{}",
                                Map.of(header, "10.9.8.7:1"));
                caller(TOKEN)
                        .post("/targets/node/resume", "/targets/{target}/resume", "{}", Map.of());
            }
            assertThat(agent.journal())
                    .filteredOn(event -> event.event().equals(JournalEvent.PAUSED))
                    .hasSize(3)
                    .allSatisfy(
                            event ->
                                    assertThat(event.detail("by")).isEqualTo("api from 127.0.0.1"));
        }
    }

    /** It is the first that the journal says, and said soon after the start. */
    private static void awaitArmed(SandboxAgent agent) {
        await().atMost(SOON).until(() -> !agent.journal().isEmpty());
        assertThat(agent.journal().get(0).event()).isEqualTo(JournalEvent.ARMED);
    }

    private void awaitEnded(String run) {
        await().atMost(SOON)
                .until(
                        () ->
                                caller(null)
                                        .get("/runs/" + run, "/runs/{run}")
                                        .json()
                                        .get("state")
                                        .asText()
                                        .equals("ended"));
    }

    @Test
    void theSameWishThatComesTwiceMakesOneBackupAlsoAfterARestart() {
        Map<String, String> key = Map.of("Idempotency-Key", "7f1c");
        String run;
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            run =
                    caller(TOKEN)
                            .post("/targets/node/runs", RUNS, FULL, key)
                            .json()
                            .get("run")
                            .asText();
            awaitEnded(run);
            var again = caller(TOKEN).post("/targets/node/runs", RUNS, FULL, key);
            assertThat(again.status()).isEqualTo(202);
            assertThat(again.json().get("run").asText()).isEqualTo(run);
            var other = caller(TOKEN).post("/targets/node/runs", RUNS, "{\"kind\": \"diff\"}", key);
            assertThat(other.status()).isEqualTo(422);
        }
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            var again = caller(TOKEN).post("/targets/node/runs", RUNS, FULL, key);
            assertThat(again.json().get("run").asText()).isEqualTo(run);
            assertThat(agent.results(SandboxAgent.TARGET)).hasSize(1);
        }
    }

    @Test
    void aTargetThatIsBusyIsLeftAloneUnlessTheCallerWantsToWait() {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            String first;
            String second;
            try (var upload = server.faults().hold("upload")) {
                first = ask(FULL);
                await().atMost(SOON).until(() -> server.operations().size() == 2);
                assertThat(
                                caller(null)
                                        .get("/runs/" + first, "/runs/{run}")
                                        .json()
                                        .get("state")
                                        .asText())
                        .isEqualTo("running");

                var refused = caller(TOKEN).post("/targets/node/runs", RUNS, FULL, Map.of());
                assertThat(refused.status()).isEqualTo(409);
                assertThat(refused.json().get("run").asText()).isEqualTo(first);

                second = ask("{\"kind\": \"diff\", \"wait\": true}");
                assertThat(
                                caller(null)
                                        .get("/runs/" + second, "/runs/{run}")
                                        .json()
                                        .get("state")
                                        .asText())
                        .isEqualTo("waiting");
            }
            awaitEnded(second);
            assertThat(agent.results(SandboxAgent.TARGET))
                    .extracting(RunResult::run)
                    .containsExactly(first, second);
        }
    }

    /** As where the journal could not be read at the start, or a write only half failed. */
    @Test
    void aWishThatIsInNoQueueIsMadeAndIsNotInTheWayForEver() {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            awaitArmed(agent);
            Instant now = Instant.now();
            String left = RunRequest.byOrder("node", RunKind.FULL, null, now).run();
            new Journal(directory.resolve("state/node").resolve(Journal.FILE_NAME))
                    .append(
                            new JournalEvent(
                                    now,
                                    left,
                                    JournalEvent.REQUESTED,
                                    Map.of("kind", "full", "by", "me", "key", "7f1c")));

            var refused = caller(TOKEN).post("/targets/node/runs", RUNS, FULL, Map.of());
            assertThat(refused.status()).isEqualTo(409);
            assertThat(refused.json().get("run").asText()).isEqualTo(left);

            awaitEnded(left);
            assertThat(outcome(left)).isEqualTo("success");
            awaitEnded(ask(FULL));
            assertThat(agent.results(SandboxAgent.TARGET)).hasSize(2);
        }
    }

    /** The next backup first goes on with it: nobody has to start the agent again. */
    @Test
    void whatACommandLeftCutOffIsInNobodysWay() {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            awaitArmed(agent);
            Instant now = Instant.now();
            String left = RunRequest.byOrder("node", RunKind.FULL, null, now).run();
            new Journal(directory.resolve("state/node").resolve(Journal.FILE_NAME))
                    .append(
                            new JournalEvent(
                                    now,
                                    left,
                                    JournalEvent.BEGUN,
                                    Map.of("kind", "full", "target", "node")));

            String run = ask(FULL);

            awaitEnded(run);
            assertThat(outcome(run)).isEqualTo("success");
            assertThat(outcome(left)).isEqualTo("interrupted");
        }
    }

    /** It was answered that it is made. */
    @Test
    void whatWasPromisedWaitsForACommandThatHasTheTarget() {
        try (SandboxAgent command = SandboxAgent.start(directory, server, "");
                SandboxAgent agent = SandboxAgent.start(directory, server, OPEN);
                var upload = server.faults().hold("upload")) {
            var first = command.later(SandboxAgent.TARGET, BackupKind.FULL);
            await().atMost(SOON).until(() -> server.operations().size() == 2);

            String second = ask("{\"kind\": \"diff\", \"wait\": true}");
            await().atMost(SOON).until(() -> agent.log().contains("waits for its turn"));
            upload.open();

            awaitEnded(second);
            assertThat(outcome(second)).isEqualTo("success");
            assertThat(first.join().outcome()).isEqualTo(Outcome.SUCCESS);
        }
    }

    @Test
    void ofManyWishesInOneMomentOneIsTakenIn() {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN);
                var upload = server.faults().hold("upload")) {
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                answers.add(
                        CompletableFuture.supplyAsync(
                                () -> send("runs", bytes(FULL), JSON, false)));
            }
            List<HttpResponse<String>> all = answers.stream().map(CompletableFuture::join).toList();

            assertThat(all).filteredOn(answer -> answer.statusCode() == 202).hasSize(1);
            assertThat(all).filteredOn(answer -> answer.statusCode() == 409).hasSize(7);
            String run =
                    agent.journal().stream()
                            .filter(event -> event.event().equals(JournalEvent.REQUESTED))
                            .findFirst()
                            .orElseThrow()
                            .run();
            assertThat(all).allSatisfy(answer -> assertThat(answer.body()).contains(run));
            assertThat(upload).isNotNull();
        }
    }

    @Test
    void aCallerInALoopDoesNotFillTheDisk() {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN);
                var upload = server.faults().hold("create")) {
            String first = ask(FULL);
            awaitStage(first, "create");
            String waiting = "{\"kind\": \"diff\", \"wait\": true}";
            ApiCaller one = caller(TOKEN); // It reads the document once: calls are counted, too.
            for (int i = 0; i < 100; i++) {
                assertThat(one.post("/targets/node/runs", RUNS, waiting, Map.of()).status())
                        .isEqualTo(202);
            }
            int events = agent.journal().size();

            var refused = one.post("/targets/node/runs", RUNS, waiting, Map.of());

            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.detail())
                    .isEqualTo(
                            "found 100 runs that were asked for and wait for node; allowed: to come again when fewer do");
            assertThat(agent.journal()).hasSize(events);
            assertThat(upload).isNotNull();
        }
    }

    private String ask(String body) {
        return caller(TOKEN)
                .post("/targets/node/runs", RUNS, body, Map.of())
                .json()
                .get("run")
                .asText();
    }

    @Test
    void whatWasPromisedIsMadeAfterARestart() {
        String second;
        try (var upload = server.faults().hold("upload")) {
            try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
                ask(FULL);
                await().atMost(SOON).until(() -> server.operations().size() == 2);
                second = ask("{\"kind\": \"diff\", \"wait\": true}");
            }
        }
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            awaitEnded(second);
            assertThat(agent.results(SandboxAgent.TARGET))
                    .filteredOn(result -> result.run().equals(second))
                    .extracting(RunResult::outcome)
                    .containsExactly(Outcome.SUCCESS);
        }
    }

    @Test
    void aTargetAndAScheduleArePausedAndResumed() {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            String pause = "/targets/node/pause";
            var all = caller(TOKEN).post(pause, "/targets/{target}/pause", null, Map.of());
            assertThat(all.json().get("changed").asBoolean()).isTrue();
            var one =
                    caller(TOKEN)
                            .post(
                                    pause,
                                    "/targets/{target}/pause",
                                    "{\"schedule\": \"full\", \"reason\": \"new disks\"}",
                                    Map.of());
            assertThat(one.json().at("/pause/reason").asText()).isEqualTo("new disks");
            assertThat(one.json().at("/pause/by").asText()).isEqualTo("api from 127.0.0.1");
            assertThat(one.json().get("remaining")).hasSize(1);
            assertThat(
                            caller(null)
                                    .get("/targets/node", "/targets/{target}")
                                    .json()
                                    .get("verdict")
                                    .asText())
                    .isEqualTo("paused");
            var resumed =
                    caller(TOKEN)
                            .post(
                                    "/targets/node/resume",
                                    "/targets/{target}/resume",
                                    "{}",
                                    Map.of());
            assertThat(resumed.json().get("changed").asBoolean()).isTrue();
            var unknown =
                    caller(TOKEN)
                            .post(
                                    pause,
                                    "/targets/{target}/pause",
                                    "{\"schedule\": \"ful\"}",
                                    Map.of());
            assertThat(unknown.status()).isEqualTo(404);
            assertThat(unknown.detail()).contains("found 'ful'").contains("full");
        }
    }

    @Test
    void whoMayNotIsRefusedAndNothingHappens() {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            awaitArmed(agent);
            int calls = server.calls().size();
            int events = agent.journal().size();
            String runs = "/targets/node/runs";
            var none = caller(null).post(runs, RUNS, FULL, Map.of());
            assertThat(none.status()).isEqualTo(401);
            assertThat(none.header("WWW-Authenticate")).startsWith("Bearer");
            assertThat(caller("wrong").post(runs, RUNS, FULL, Map.of()).status()).isEqualTo(401);
            assertThat(
                            caller(TOKEN)
                                    .post(runs, RUNS, FULL, Map.of("Origin", "https://evil.test"))
                                    .status())
                    .isEqualTo(403);
            assertThat(
                            caller(TOKEN)
                                    .post(runs, RUNS, FULL, Map.of("Sec-Fetch-Site", "cross-site"))
                                    .status())
                    .isEqualTo(403);
            assertThat(
                            caller(TOKEN)
                                    .post(runs, RUNS, FULL, Map.of("Content-Type", "text/plain"))
                                    .status())
                    .isEqualTo(415);
            assertThat(server.calls()).hasSize(calls);
            assertThat(agent.journal()).hasSize(events);
        }
    }

    @Test
    void withoutATokenInTheConfigurationNothingCanBeChangedAndTheAnswerSaysHowToSetOne() {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, NEVER)) {
            var refused = caller("any").post("/targets/node/runs", RUNS, FULL, Map.of());
            assertThat(refused.status()).isEqualTo(403);
            assertThat(refused.detail()).contains("http.token-file").contains("Authorization");
            assertThat(agent.results(SandboxAgent.TARGET)).isEmpty();
        }
    }

    @Test
    void readingIsForThoseWithTheTokenWhereThatIsWanted() {
        String closed = NEVER + "http: { port: 0, read: token, token: " + TOKEN + " }\n";
        try (SandboxAgent agent = SandboxAgent.start(directory, server, closed)) {
            assertThat(caller(TOKEN).get("/status", "/status").status()).isEqualTo(200);
            assertThat(status("GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n"))
                    .isEqualTo("401");
            assertThat(status("GET /api/v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n"))
                    .isEqualTo("401");
        }
    }

    @Test
    void whatIsNotInTheDocumentIsRefused() {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            ApiCaller caller = caller(TOKEN);
            assertThat(caller.get("/nothing", null).status()).isEqualTo(404);
            assertThat(caller.get("", null).status()).isEqualTo(404);
            assertThat(caller.get("/targets/nobody", null).status()).isEqualTo(404);
            assertThat(caller.get("/runs/nobody", null).status()).isEqualTo(404);
            assertThat(caller.get("/runs/20200101T000000Z-000000", null).status()).isEqualTo(404);
            assertThat(caller.get("/targets/%2e%2e%2fx", null).status()).isEqualTo(404);
            assertThat(status("GET /api/v1/targets/%zz HTTP/1.1\r\nHost: localhost\r\n"))
                    .isIn("400", "404");
            var method = caller.call("DELETE", "/status", null, null, Map.of());
            assertThat(method.status()).isEqualTo(405);
            assertThat(method.header("Allow")).isEqualTo("GET");
            for (String query :
                    List.of(
                            "?limit=0",
                            "?limit=x",
                            "?limit=201",
                            "?limit=1&limit=2",
                            "?kind=other",
                            "?outcome=",
                            "?before=yesterday",
                            "?unknown=1")) {
                assertThat(caller.get("/runs" + query, null).status()).as(query).isEqualTo(400);
            }
            for (String body :
                    List.of(
                            "",
                            "{",
                            "[]",
                            "{}",
                            "{\"kind\":\"drop\"}",
                            FULL + FULL,
                            "null",
                            "{\"kind\":\"full\",\"more\":1}",
                            "{\"kind\":\"full\",\"wait\":\"yes\"}")) {
                assertThat(caller.post("/targets/node/runs", RUNS, body, Map.of()).status())
                        .as(body)
                        .isIn(400, 415);
            }
            assertThat(
                            caller.post(
                                            "/targets/node/runs",
                                            RUNS,
                                            FULL,
                                            Map.of("Idempotency-Key", "a b"))
                                    .status())
                    .isEqualTo(400);
            assertThat(
                            caller.post(
                                            "/targets/node/runs",
                                            RUNS,
                                            "{\"kind\":\"" + "x".repeat(2_000_000) + "\"}",
                                            Map.of())
                                    .status())
                    .isEqualTo(413);
            assertThat(server.operations()).isEmpty();
        }
    }

    /** A page whose name suddenly points to this machine is not to read what we tell. */
    @Test
    void aForeignNameForThisMachineIsRefusedAndPathsLeadNowhere() {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            assertThat(status("GET /api/v1/status HTTP/1.1\r\nHost: evil.test\r\n"))
                    .isEqualTo("403");
            assertThat(status("GET /api/v1/status HTTP/1.1\r\nHost: localhost:1\r\n"))
                    .isEqualTo("200");
            assertThat(status("GET /api/v1/../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n"))
                    .isEqualTo("404");
            assertThat(status("GET /api/v1/%2e%2e/status HTTP/1.1\r\nHost: localhost\r\n"))
                    .isEqualTo("404");
            assertThat(status("GET //api/v1/status HTTP/1.1\r\nHost: localhost\r\n"))
                    .isIn("200", "404");
        }
    }

    /** Sends what no well-behaved client sends, and returns the status. */
    private String status(String head) {
        var url = caller(null).base();
        try (Socket socket = new Socket(url.getHost(), url.getPort())) {
            socket.setSoTimeout((int) SOON.toMillis());
            OutputStream out = socket.getOutputStream();
            out.write((head + "Connection: close\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            out.flush();
            InputStream in = socket.getInputStream();
            String answer = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return answer.split(" ")[1];
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void aRestoreIsPlannedAgreedToAndDone() {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            String backup = agent.full().backup();
            ApiCaller caller = caller(TOKEN);
            String wish =
                    "{\"order\": {\"backup\": \"%s\", \"existing\": \"replace\"}}"
                            .formatted(backup);

            var plan =
                    caller.post(
                            "/targets/node/restores/plan",
                            "/targets/{target}/restores/plan",
                            wish,
                            Map.of());
            assertThat(plan.status()).as(plan.json().toString()).isEqualTo(200);
            assertThat(plan.json().get("refusals")).isEmpty();
            assertThat(plan.json().at("/order/agreed")).isNotEmpty();
            assertThat(agent.results(SandboxAgent.TARGET)).as("a plan does nothing").hasSize(1);

            // What was not agreed to is not destroyed.
            var blind =
                    caller.post(
                            "/targets/node/restores", "/targets/{target}/restores", wish, Map.of());
            assertThat(blind.status()).isEqualTo(202);
            String refused = blind.json().get("run").asText();
            awaitEnded(refused);
            assertThat(outcome(refused)).isEqualTo("failed");

            String agreed = "{\"order\": " + plan.json().get("order") + "}";
            String run =
                    caller.post(
                                    "/targets/node/restores",
                                    "/targets/{target}/restores",
                                    agreed,
                                    Map.of())
                            .json()
                            .get("run")
                            .asText();
            awaitEnded(run);
            assertThat(outcome(run)).as(agent.log()).isEqualTo("success");
        }
    }

    private String outcome(String run) {
        return caller(null).get("/runs/" + run, "/runs/{run}").json().get("outcome").asText();
    }

    @Test
    void aDeletionIsPlannedAndDoneOnceHoweverOftenItIsAskedFor() {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            String first = agent.full().backup();
            String second = agent.full().backup();
            ApiCaller caller = caller(TOKEN);

            var refused =
                    caller.post(
                            "/targets/node/deletions/plan",
                            "/targets/{target}/deletions/plan",
                            "{\"place\": \"remote\", \"names\": [\"%s\"]}".formatted(second),
                            Map.of());
            assertThat(refused.json().get("refusals")).isNotEmpty();
            assertThat(refused.json().has("order")).isFalse();
            var plan =
                    caller.post(
                            "/targets/node/deletions/plan",
                            "/targets/{target}/deletions/plan",
                            "{\"place\": \"remote\", \"names\": [\"%s\"]}".formatted(first),
                            Map.of());
            assertThat(plan.json().get("refusals")).isEmpty();

            String order = "{\"order\": " + plan.json().get("order") + "}";
            Map<String, String> key = Map.of("Idempotency-Key", "once");
            String path = "/targets/node/deletions";
            String template = "/targets/{target}/deletions";
            String run = caller.post(path, template, order, key).json().get("run").asText();
            assertThat(caller.post(path, template, order, key).json().get("run").asText())
                    .isEqualTo(run);
            assertThat(
                            caller.post(
                                            path,
                                            template,
                                            order.replace("\"force\":false", "\"force\":true"),
                                            key)
                                    .status())
                    .as("another order with the same key")
                    .isEqualTo(422);
            awaitEnded(run);
            assertThat(outcome(run)).isEqualTo("success");
            assertThat(server.remote()).extracting(SimulatedBackup::name).containsExactly(second);
            assertThat(agent.results(SandboxAgent.TARGET)).hasSize(3);
        }
    }

    @Test
    void whatTheServerWorksOnIsKilledAndTheJournalSaysByWhom() {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN);
                var upload = server.faults().hold("upload")) {
            ApiCaller caller = caller(TOKEN);
            String kill = "/targets/{target}/kill";
            var idle = caller.post("/targets/node/kill", kill, "{}", Map.of());
            assertThat(idle.json().get("killed")).isEmpty();
            String run =
                    caller.post("/targets/node/runs", RUNS, FULL, Map.of())
                            .json()
                            .get("run")
                            .asText();
            await().atMost(SOON)
                    .until(
                            () ->
                                    caller.get("/runs/" + run, "/runs/{run}")
                                            .json()
                                            .get("stage")
                                            .asText()
                                            .equals("upload"));
            assertThat(
                            caller.post(
                                            "/targets/node/kill",
                                            kill,
                                            "{\"command\": \"upload OTHER\"}",
                                            Map.of())
                                    .status())
                    .isEqualTo(409);

            await().atMost(SOON)
                    .until(
                            () ->
                                    !caller.post("/targets/node/kill", kill, "{}", Map.of())
                                            .json()
                                            .get("killed")
                                            .isEmpty());

            awaitEnded(run);
            assertThat(outcome(run)).isEqualTo("failed");
            assertThat(agent.journal())
                    .filteredOn(event -> event.event().equals(JournalEvent.KILL_ANNOUNCED))
                    .first()
                    .satisfies(
                            event -> {
                                assertThat(event.detail("command")).startsWith("upload FULL");
                                assertThat(event.detail("by")).isEqualTo("api from 127.0.0.1");
                            });
            assertThat(upload).isNotNull();
        }
    }

    /** What is no order is not taken for one without a word, which means everything. */
    @Test
    void aBodyThatIsNoObjectKillsAndPausesNothing() throws Exception {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN);
                var upload = server.faults().hold("upload")) {
            String run = ask(FULL);
            awaitStage(run, "upload");
            Map<String, Integer> bodies = new LinkedHashMap<>();
            for (String body :
                    List.of(
                            "null",
                            "\"null\"",
                            "'null'",
                            "\"\"",
                            "\"x\"",
                            "[]",
                            "0",
                            "true",
                            " ",
                            "\r\n",
                            "{} {}",
                            "{}x",
                            "{\"schedule\": null}",
                            "{\"command\": null}",
                            "{\"reason\": \"a\", \"reason\": \"b\"}",
                            "{\"command\": \"a\", \"command\": \"b\"}",
                            "\ufeff{}",
                            "${null}",
                            "[".repeat(100_000),
                            "{\"reason\":".repeat(100_000))) {
                bodies.put(body, 400);
            }
            for (String call : List.of("kill", "pause", "resume")) {
                bodies.forEach(
                        (body, status) -> {
                            for (boolean chunked : List.of(false, true)) {
                                var answer = send(call, bytes(body), JSON, chunked);
                                assertThat(answer.statusCode())
                                        .as("%s %.40s %s", call, body, answer.body())
                                        .isEqualTo(status);
                                assertThat(answer.body()).contains("\"detail\"");
                            }
                        });
                assertThat(send(call, new byte[] {'{', '"', (byte) 0xC3, '(', '}'}, JSON, false))
                        .extracting(HttpResponse::statusCode)
                        .isEqualTo(400);
                assertThat(send(call, "{}".getBytes(StandardCharsets.UTF_16), JSON, false))
                        .extracting(HttpResponse::statusCode)
                        .isEqualTo(400);
                for (String type :
                        List.of(
                                "application/x-www-form-urlencoded",
                                "multipart/form-data; boundary=x",
                                "text/plain",
                                "application/octet-stream")) {
                    for (String body : List.of("", "command=upload", "{}")) {
                        assertThat(send(call, bytes(body), type, false).statusCode())
                                .as("%s %s '%s'", call, type, body)
                                .isEqualTo(415);
                    }
                }
            }

            assertThat(agent.journal())
                    .extracting(JournalEvent::event)
                    .doesNotContain(
                            JournalEvent.KILL_ANNOUNCED,
                            JournalEvent.PAUSED,
                            JournalEvent.UNPAUSED,
                            JournalEvent.ENDED);
            assertThat(caller(null).get("/runs/" + run, "/runs/{run}").json().at("/state").asText())
                    .isEqualTo("running");
            // Nothing at all, and nothing in an object, is for everything.
            assertThat(send("pause", new byte[0], JSON, false).statusCode()).isEqualTo(200);
            assertThat(send("resume", bytes("{}"), JSON, true).statusCode()).isEqualTo(200);
            assertThat(send("pause", new byte[0], null, true).statusCode()).isEqualTo(200);
            assertThat(upload).isNotNull();
        }
    }

    @Test
    void whatLooksLikeNoQueryIsOne() {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            for (String query : List.of("null", "%22%22", "''", "'limit=1'")) {
                assertThat(caller(null).get("/runs?" + query, null).status())
                        .as(query)
                        .isEqualTo(400);
            }
        }
    }

    private void awaitStage(String run, String stage) {
        await().atMost(SOON)
                .until(
                        () ->
                                caller(null)
                                        .get("/runs/" + run, "/runs/{run}")
                                        .json()
                                        .get("stage")
                                        .asText()
                                        .equals(stage));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Sends a body as it is. */
    private HttpResponse<String> send(String call, byte[] body, String type, boolean chunked) {
        var publisher = HttpRequest.BodyPublishers.ofByteArray(body);
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(caller(null).base() + "/targets/node/" + call))
                        .timeout(SOON)
                        .header("Authorization", "Bearer " + TOKEN)
                        .POST(
                                chunked
                                        ? HttpRequest.BodyPublishers.fromPublisher(publisher)
                                        : publisher);
        if (type != null) {
            request.header("Content-Type", type);
        }
        try {
            return HttpClient.newHttpClient()
                    .send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** No plan shows what the server reads in it, and nobody can agree to that. */
    @Test
    void aRestoreOfWhatAServerReadsOtherwiseIsRefusedAtOnce() {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            for (String wish :
                    List.of(
                            "\"tables\": [\"shop.a,prod.b\"]",
                            "\"tables\": [\"shop.[ab]*\"]",
                            "\"tables\": [\"shop.\\\\x\"]",
                            "\"tables\": [\"shop.*\", \"*\"]",
                            "\"tables\": [\"a.*\"], \"databases\": {\"a:b,c\": \"d\"}",
                            "\"tables\": [\"a.*\"], \"databases\": {\"a\": \"d,c:e\"}",
                            "\"tables\": [\"a.*\"], \"names\": {\"a.*\": \"a.c\"}",
                            "\"tables\": [\"a.b\"], \"names\": {\"a.b\": \"a.c,d.e:f.g\"}",
                            "\"existing\": \"append\"",
                            "\"existing\": \"replace\", \"content\": \"data\"")) {
                String order = "{\"order\": {\"backup\": \"B\", " + wish + "}}";
                for (String call : List.of("/restores", "/restores/plan")) {
                    var answer =
                            caller(TOKEN)
                                    .post(
                                            "/targets/node" + call,
                                            "/targets/{target}" + call,
                                            order,
                                            Map.of());
                    assertThat(answer.status()).as(order).isEqualTo(400);
                    assertThat(answer.detail()).as(order).contains("found ", "; allowed: ");
                }
            }
            assertThat(agent.results(SandboxAgent.TARGET)).isEmpty();
            assertThat(server.operations()).isEmpty();
        }
    }

    /** Nothing that is long overflows a stack, or comes back whole. */
    /** Where its files are is nobody's business but of those who have the token. */
    @Test
    void whereAJournalIsThatCannotBeReadIsToldWithTheTokenOnly() throws IOException {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            agent.full();
            Path journal = directory.resolve("state/node/runs.jsonl");
            Files.delete(journal);
            Files.createDirectories(journal.resolve("in-the-way"));

            for (String path : List.of("/status", "/targets/node")) {
                String template = path.replace("node", "{target}");
                assertThat(caller(null).get(path, template).json().toString())
                        .contains("a file of its own; its log says which", "\"unreadable\"")
                        .doesNotContain(directory.toString(), "runs.jsonl");
                assertThat(caller(TOKEN).get(path, template).json().toString())
                        .contains(journal.toString());
            }
        }
    }

    /** A caller who has it wrong must see what is right. */
    @Test
    void whatAnIdOfARunLooksLikeIsToldWhereOneDoesNot() throws Exception {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            HttpResponse<String> refused = plainGet("/runs/nothing");
            assertThat(refused.statusCode()).isEqualTo(404);
            assertThat(refused.body())
                    .contains("run: found 'nothing'; allowed: ^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}$");
        }
    }

    @Test
    void aLongNameOfATargetIsToldInShortAndWhatIsAllowed() throws Exception {
        String name = "a".repeat(200);
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            for (String path : List.of("/targets/" + name, "/runs?target=" + name)) {
                HttpResponse<String> refused = plainGet(path);
                assertThat(refused.statusCode()).isEqualTo(404);
                assertThat(refused.body())
                        .contains("target: found 'aaa", "; allowed: node")
                        .doesNotContain(name);
            }
            assertThat(plainGet("/targets/" + name + "a").body())
                    .contains("target: found 'aaa", "; allowed: 1 to 200 characters");
        }
    }

    @Test
    void longNamesAreRefusedInShort() {
        String name = "a".repeat(100_000);
        String dots = "a.".repeat(50_000);
        Map<String, List<String>> bad = new LinkedHashMap<>();
        List<String> orders = new ArrayList<>();
        List<String> backups = new ArrayList<>();
        for (String one : List.of(name, dots)) {
            backups.add("{\"order\": {\"backup\": \"" + one + "\"}}");
            orders.addAll(backups);
            orders.add("{\"order\": {\"backup\": \"B\", \"tables\": [\"" + one + "\"]}}");
            orders.add("{\"order\": {\"backup\": \"B\", \"agreed\": [\"" + one + "\"]}}");
            for (String map : List.of("databases", "names")) {
                for (String entry : List.of("\"a\": \"" + one + "\"", "\"" + one + "\": \"a\"")) {
                    orders.add(
                            "{\"order\": {\"backup\": \"B\", \"%s\": {%s}}}".formatted(map, entry));
                }
            }
            bad.computeIfAbsent("deletions", any -> new ArrayList<>())
                    .add(
                            "{\"order\": {\"place\": \"remote\", \"force\": true, \"names\": [\"%s\"]}}"
                                    .formatted(one));
            bad.computeIfAbsent("deletions/plan", any -> new ArrayList<>())
                    .add("{\"place\": \"remote\", \"names\": [\"%s\"]}".formatted(one));
            bad.computeIfAbsent("pause", any -> new ArrayList<>())
                    .addAll(
                            List.of(
                                    "{\"schedule\": \"" + one + "\"}",
                                    "{\"reason\": \"" + one + "\"}",
                                    "{\"" + one + "\": 1}"));
            bad.computeIfAbsent("resume", any -> new ArrayList<>())
                    .add("{\"schedule\": \"" + one + "\"}");
            bad.computeIfAbsent("kill", any -> new ArrayList<>())
                    .add("{\"command\": \"" + one + "\"}");
            bad.computeIfAbsent("runs", any -> new ArrayList<>())
                    .add("{\"kind\": \"" + one + "\"}");
        }
        bad.put("restores", orders);
        bad.put("restores/plan", orders);
        bad.put("adoptions", backups);
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            bad.forEach(
                    (call, bodies) ->
                            bodies.forEach(
                                    body -> {
                                        var answer = send(call, bytes(body), JSON, false);
                                        assertThat(answer.statusCode())
                                                .as("%s %.80s %.200s", call, body, answer.body())
                                                .isEqualTo(400);
                                        assertThat(answer.body().length())
                                                .as("%s %.80s", call, body)
                                                .isLessThan(2_000);
                                    }));
            for (String part : List.of("/runs?target=", "/runs?before=", "/runs?kind=", "/runs/")) {
                assertThat(caller(null).get(part + name.substring(0, 3_000), null).status())
                        .as(part)
                        .isIn(400, 404);
            }
            assertThat(agent.journal())
                    .extracting(JournalEvent::event)
                    .doesNotContain(
                            JournalEvent.REQUESTED,
                            JournalEvent.PAUSED,
                            JournalEvent.UNPAUSED,
                            JournalEvent.KILL_ANNOUNCED);
        }
    }

    /** Nobody is to look for a fault of the server where the agent's own disk has one. */
    @Test
    void aFaultOfTheAgentsOwnDiskIsToldAsThat() throws IOException {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            agent.full();
            Path marker = agent.config.markerFile(SandboxAgent.TARGET);
            Files.delete(marker);
            Files.createDirectories(marker.resolve("in-the-way"));
            requireFaultOfOurs(
                    send(
                            "deletions/plan",
                            bytes("{\"place\": \"local\", \"all\": true}"),
                            JSON,
                            false));

            Path journal = directory.resolve("state/node/runs.jsonl");
            Files.delete(journal);
            Files.createDirectories(journal.resolve("in-the-way"));
            for (String call : List.of("runs", "pause", "resume")) {
                String body = call.equals("runs") ? FULL : "{}";
                requireFaultOfOurs(send(call, bytes(body), JSON, false));
            }
            assertThat(server.operations()).as("those of the backup before").hasSize(2);
        }
    }

    private void requireFaultOfOurs(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(500);
        assertThat(answer.body())
                .contains("the agent cannot read or write a file of its own")
                .doesNotContain(directory.toString(), "runs.jsonl", "not foreseen");
    }

    @Test
    void aServerThatIsAwayIsToldAsThat() {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            server.close();
            for (String path : List.of("kill", "deletions/plan", "restores/plan")) {
                var answer =
                        caller(TOKEN)
                                .post(
                                        "/targets/node/" + path,
                                        "/targets/{target}/" + path,
                                        switch (path) {
                                            case "kill" -> "{}";
                                            case "deletions/plan" ->
                                                    "{\"place\": \"local\", \"all\": true}";
                                            default -> "{\"order\": {\"backup\": \"B\"}}";
                                        },
                                        Map.of());
                assertThat(answer.status()).as(path + answer.json()).isEqualTo(502);
            }
            assertThat(agent.results(SandboxAgent.TARGET)).isEmpty();
        }
    }

    @Test
    void halfAnOrderIsNotCarriedOut() {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            Map<String, List<String>> bad =
                    Map.of(
                            "adoptions",
                            List.of(
                                    "{}",
                                    "{\"order\": {}}",
                                    "{\"order\": {\"backup\": null}}",
                                    "{\"order\": {\"backup\": \"a/../b\"}}",
                                    "{\"order\": {\"backup\": \"a..b\"}}"),
                            "deletions",
                            List.of(
                                    "{\"order\": {\"place\": \"remote\"}}",
                                    "{\"order\": {\"place\": \"remote\", \"names\": [], \"force\": true}}",
                                    "{\"order\": {\"place\": \"moon\", \"names\": [\"B\"], \"force\": true}}",
                                    "{\"order\": {\"place\": \"remote\", \"names\": [\"a?b\"], \"force\": true}}"),
                            "restores",
                            List.of("{\"order\": {\"backup\": \"B\", \"more\": 1}}"));
            bad.forEach(
                    (path, bodies) ->
                            bodies.forEach(
                                    body ->
                                            assertThat(
                                                            caller(TOKEN)
                                                                    .post(
                                                                            "/targets/node/" + path,
                                                                            "/targets/{target}/"
                                                                                    + path,
                                                                            body,
                                                                            Map.of())
                                                                    .status())
                                                    .as(body)
                                                    .isEqualTo(400)));
            assertThat(agent.results(SandboxAgent.TARGET)).isEmpty();
        }
    }

    private HttpResponse<String> plainGet(String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(caller(null).base() + path))
                                .timeout(SOON)
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void aJournalThatCannotBeReadHidesNoRunOfAnotherTarget() throws Exception {
        Map<String, SimulatedServer> servers = new LinkedHashMap<>();
        servers.put("broken", server);
        servers.put("node", server);
        try (SandboxAgent agent =
                SandboxAgent.start(directory, servers, OPEN, java.time.Clock.systemUTC())) {
            RunResult full = agent.run("node", BackupKind.FULL);
            Path journal = directory.resolve("state/broken/runs.jsonl");
            await().atMost(SOON).until(() -> Files.exists(journal)); // Its schedule is in force.
            Files.delete(journal);
            Files.createDirectory(journal);

            for (String query : List.of("", "?limit=200", "?outcome=success")) {
                var runs = caller(null).get("/runs" + query, "/runs");
                assertThat(runs.json().findValuesAsText("run")).containsExactly(full.run());
                assertThat(runs.header("Unreadable-Targets")).as(query).isEqualTo("broken");
            }
            var known = caller(null).get("/runs?target=node", "/runs");
            assertThat(known.json()).hasSize(1);
            assertThat(known.header("Unreadable-Targets")).isNull();
            assertThat(caller(null).get("/runs/" + full.run(), "/runs/{run}").status())
                    .isEqualTo(200);
            assertThat(
                            caller(null)
                                    .get("/runs/" + full.run() + "/events", "/runs/{run}/events")
                                    .json())
                    .isNotEmpty();

            for (String path :
                    List.of(
                            "/runs?target=broken",
                            "/runs?target=broken&kind=full",
                            "/targets/broken/backups",
                            // Nobody knows whether it is one of that target.
                            "/runs/20200101T000000Z-000000")) {
                HttpResponse<String> refused = plainGet(path);
                assertThat(refused.statusCode()).as(path + refused.body()).isEqualTo(500);
                assertThat(refused.headers().firstValue("Content-Type"))
                        .contains("application/problem+json");
                assertThat(refused.body()).contains("a file of its own; its log says which");
            }
        }
    }

    @Test
    void numbersThatSomebodyWroteIntoAJournalByHandAreNotKnownAndHideNothing() throws Exception {
        Path folder = Files.createDirectories(directory.resolve("state/node"));
        Files.writeString(
                folder.resolve("runs.jsonl"),
                """
                {"time":"2026-11-22T12:00:00Z","run":"20261122T120000Z-00000a","event":"begun","kind":"full"}
                {"time":"2026-11-22T12:00:01Z","run":"20261122T120000Z-00000a","event":"proven","backup":"B","size":"much","chain-length":"99999999999"}
                {"time":"2026-11-22T12:00:02Z","run":"20261122T120000Z-00000a","event":"ended","outcome":"success","stage":"prove"}
                """);
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            for (String query : List.of("", "?limit=200")) {
                var runs = caller(null).get("/runs" + query, "/runs").json();
                assertThat(runs).hasSize(1);
                assertThat(runs.get(0).has("sizeBytes")).isFalse();
            }
            assertThat(
                            caller(null)
                                    .get("/targets/node/backups", "/targets/{target}/backups")
                                    .json()
                                    .get("backups"))
                    .hasSize(1);
            assertThat(agent.results(SandboxAgent.TARGET)).hasSize(1);
        }
    }

    @Test
    void theLogOfARunOfWeeksAgoIsReadAndThatItIsGoneIsTold() throws Exception {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            RunResult full = agent.full();
            Path log = agent.config.logFile("node");
            Path old = log.resolveSibling(log.getFileName() + ".2026-W48.1.gz");
            try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(old))) {
                Files.copy(log, out);
            }
            Files.write(log, new byte[0]); // The agent has it open.

            String path = "/runs/" + full.run() + "/log";
            var told = caller(null).get(path, "/runs/{run}/log").json();
            assertThat(told.get("file").asText()).isEqualTo(old.getFileName().toString());
            assertThat(told.get("gone").asBoolean()).isFalse();
            assertThat(told.get("lines").toString())
                    .contains("##### started at", "is proven and now the last backup");

            Files.delete(old);
            var gone = caller(null).get(path, "/runs/{run}/log").json();
            assertThat(gone.get("gone").asBoolean()).isTrue();
            assertThat(gone.get("lines")).isEmpty();

            Files.writeString(old, "no gzip");
            HttpResponse<String> damaged = plainGet(path);
            assertThat(damaged.statusCode()).isEqualTo(500);
            assertThat(damaged.body()).contains("a file of its own; its log says which");
        }
    }
}
