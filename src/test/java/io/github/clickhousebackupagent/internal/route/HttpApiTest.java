package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.sandbox.Ending;
import io.github.clickhousebackupagent.sandbox.SimulatedBackup;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the API of an agent answers and does, and what it refuses. */
class HttpApiTest {

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String TOKEN = "tell-nobody";
    private static final String PASSWORD_OF_TARGETS = SandboxAgent.PASSWORD;
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
            assertThat(agent.journal().get(1).event()).isEqualTo(JournalEvent.REQUESTED);
            assertThat(agent.journal().get(1).detail("by")).isEqualTo("api from 127.0.0.1");
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

            // The queue may still have the one before for a moment.
            String agreed = "{\"wait\": true, \"order\": " + plan.json().get("order") + "}";
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
}
