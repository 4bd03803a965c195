package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.control.AgentAddress;
import io.github.clickhousebackupagent.sandbox.RecordedCall;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the port answers where no route does, and what it keeps from the routes. */
class FrontTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String TOKEN = "tell-nobody";
    private static final String OPEN =
            EditedAgent.schedule(EditedAgent.NEVER) + "http: { port: 0, token: " + TOKEN + " }\n";
    private static final Pattern LENGTH = Pattern.compile("Content-Length: ([0-9]+)");
    private static final String PLAN = "/api/v1/targets/node/deletions/plan";

    @TempDir Path directory;

    private final HttpClient client = HttpClient.newHttpClient();
    private SimulatedServer server;

    @BeforeEach
    void startServer() {
        server = SandboxAgent.server().start();
    }

    @AfterEach
    void stopServer() {
        server.close();
    }

    private URI url() {
        return AgentAddress.read(directory.resolve("state")).orElseThrow().url();
    }

    private HttpResponse<String> get(URI base, String path, String... headers) {
        HttpRequest.Builder call =
                HttpRequest.newBuilder(URI.create(base + path)).timeout(Duration.ofSeconds(3));
        if (headers.length > 0) {
            call.headers(headers);
        }
        try {
            return client.send(call.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(path, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Asks for what the server of the target has to be asked for. */
    private CompletableFuture<HttpResponse<String>> plan(URI base) {
        return client.sendAsync(
                HttpRequest.newBuilder(URI.create(base + PLAN))
                        .timeout(SOON)
                        .header("Authorization", "Bearer " + TOKEN)
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString("{\"place\": \"remote\", \"all\": true}"))
                        .build(),
                BodyHandlers.ofString());
    }

    private long asked() {
        return server.calls().stream()
                .map(RecordedCall::path)
                .filter(path -> path.startsWith("/backup/list"))
                .count();
    }

    private static JsonNode problem(HttpResponse<String> answer) {
        assertThat(answer.headers().firstValue("Content-Type"))
                .as(answer.statusCode() + " " + answer.body())
                .contains("application/problem+json");
        try {
            JsonNode problem = new ObjectMapper().readTree(answer.body());
            assertThat(problem.path("status").asInt()).isEqualTo(answer.statusCode());
            assertThat(problem.path("detail").asText()).isNotEmpty();
            return problem;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(answer.body(), e);
        }
    }

    /** Waits until the API is not answered as usual, and returns what is said instead. */
    private HttpResponse<String> awaitTurnedAway(URI base) {
        AtomicReference<HttpResponse<String>> away = new AtomicReference<>();
        await().atMost(SOON)
                .pollInterval(Duration.ofMillis(10))
                .until(
                        () -> {
                            away.set(get(base, "/api/v1/status"));
                            return away.get().statusCode() != 200;
                        });
        return away.get();
    }

    @Test
    void anAgentThatTakesUpAnEditIsNotRestartedAndItsCallersAreToldToComeAgain() throws Exception {
        try (EditedAgent agent = new EditedAgent(directory, Map.of("node", server), OPEN)) {
            server.faults().latency("/backup/list/remote", Duration.ofSeconds(4));
            URI base = url();
            CompletableFuture<HttpResponse<String>> inFlight = plan(base);
            await().atMost(SOON).until(() -> asked() > 0);

            agent.edit("mine", route("mine", "direct:mine"));

            HttpResponse<String> away = awaitTurnedAway(base);
            HttpResponse<String> live = get(base, "/observe/health/live");
            HttpResponse<String> ready = get(base, "/observe/health/ready");
            assertThat(live.statusCode()).isEqualTo(200);
            assertThat(live.body()).contains("\"status\":\"UP\"");
            assertThat(ready.statusCode()).isEqualTo(200);
            assertThat(away.statusCode()).isEqualTo(503);
            assertThat(problem(away).path("detail").asText()).contains("exchanged");
            assertThat(away.headers().firstValue("Retry-After")).contains("1");
            agent.awaitTaken(1);
            assertThat(inFlight.get().statusCode()).as(inFlight.get().body()).isEqualTo(200);
            assertThat(get(base, "/api/v1/status").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void anAgentThatStopsIsAliveButNotReadyAndSaysThatItStops() throws Exception {
        SandboxAgent agent = SandboxAgent.start(directory, server, OPEN);
        CompletableFuture<Void> stopped;
        try {
            server.faults().latency("/backup/list/remote", Duration.ofSeconds(4));
            URI base = url();
            CompletableFuture<HttpResponse<String>> inFlight = plan(base);
            await().atMost(SOON).until(() -> asked() > 0);

            stopped = CompletableFuture.runAsync(agent::close);

            HttpResponse<String> away = awaitTurnedAway(base);
            HttpResponse<String> live = get(base, "/observe/health/live");
            HttpResponse<String> ready = get(base, "/observe/health/ready");
            assertThat(live.statusCode()).isEqualTo(200);
            assertThat(live.body()).contains("\"status\":\"UP\"");
            assertThat(ready.statusCode()).isEqualTo(503);
            assertThat(ready.body()).contains("\"status\":\"DOWN\"", "\"stopping\":true");
            assertThat(away.statusCode()).isEqualTo(503);
            assertThat(problem(away).path("detail").asText()).isEqualTo("the agent stops");
            assertThat(away.headers().firstValue("Retry-After")).isPresent();
            assertThat(inFlight.get().statusCode()).as(inFlight.get().body()).isEqualTo(200);
        } finally {
            agent.close();
        }
        stopped.get();
    }

    /** No backups are made meanwhile: whoever looks at readiness must see that. */
    @Test
    void anAgentWhoseRoutesDoNotStartAgainAfterAnEditIsNotReadyUntilTheyDo() throws Exception {
        Path here = Files.createDirectories(directory.resolve("here"));
        try (EditedAgent agent = new EditedAgent(directory, Map.of("node", server), OPEN)) {
            URI base = url();
            agent.edit("mine", route("mine", watching(here)));
            agent.awaitTaken(1);
            Files.delete(here);

            agent.edit("mine", route("mine", watching(directory.resolve("nowhere"))));

            await().atMost(SOON)
                    .untilAsserted(
                            () -> {
                                HttpResponse<String> ready = get(base, "/observe/health/ready");
                                assertThat(ready.statusCode()).as(ready.body()).isEqualTo(503);
                                assertThat(ready.body()).contains("\"status\":\"DOWN\"");
                            });
            assertThat(get(base, "/observe/health/live").statusCode()).isEqualTo(200);
            HttpResponse<String> away = get(base, "/api/v1/status");
            assertThat(away.statusCode()).isEqualTo(503);
            assertThat(problem(away).path("detail").asText()).contains("do not start");

            Files.createDirectories(here);

            await().atMost(SOON)
                    .until(() -> get(base, "/observe/health/ready").statusCode() == 200);
            assertThat(get(base, "/api/v1/status").statusCode()).isEqualTo(200);
        }
    }

    /** What nobody foresaw must not end in an agent that looks fine and makes no backups. */
    @Test
    void aFaultThatNobodyForesawWhileAnEditIsTakenBackEndsInRoutesThatRun() throws Exception {
        AtomicInteger made = new AtomicInteger();
        AtomicBoolean broken = new AtomicBoolean(true);
        try (EditedAgent agent =
                new EditedAgent(
                        directory,
                        Map.of("node", server),
                        OPEN,
                        Edits.PAUSE,
                        now -> {
                            // Those of the start and of the edit are made.
                            if (made.incrementAndGet() > 2 && broken.get()) {
                                throw new IllegalStateException("nobody foresaw this");
                            }
                            return List.of();
                        })) {
            URI base = url();
            agent.edit("mine", route("mine", watching(directory.resolve("nowhere"))));

            await().atMost(SOON)
                    .untilAsserted(
                            () -> {
                                HttpResponse<String> ready = get(base, "/observe/health/ready");
                                assertThat(ready.statusCode()).as(ready.body()).isEqualTo(503);
                                assertThat(ready.body()).contains("\"edits\":\"failing\"");
                            });
            broken.set(false);

            await().atMost(SOON)
                    .until(() -> get(base, "/observe/health/ready").statusCode() == 200);
            assertThat(String.join("\n", agent.awaitRefused())).contains("nowhere");
            agent.agent().run(EditedAgent.TARGET, BackupKind.FULL);
            assertThat(agent.marker()).isNotEmpty();
            Files.delete(agent.file("mine"));
            await().atMost(SOON).untilAsserted(() -> assertThat(agent.state().refused()).isNull());
            assertThat(get(base, "/api/v1/status").statusCode()).isEqualTo(200);
        }
    }

    private static String watching(Path folder) {
        return "\"file:%s?startingDirectoryMustExist=true&autoCreate=false\"".formatted(folder);
    }

    private static String route(String id, String from) {
        return """
        - route:
            id: %s
            from:
              uri: %s
              steps:
                - log: a
        """
                .formatted(id, from);
    }

    @Test
    void aProbeIsAnsweredWhileAllWhoWorkOnCallsAreBusy() {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            server.faults().latency("/backup/list", Duration.ofSeconds(6));
            URI base = url();
            List<CompletableFuture<HttpResponse<String>>> calls = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                calls.add(plan(base));
            }
            await().atMost(SOON).until(() -> asked() >= 4);

            for (String probe : List.of("", "/live", "/ready")) {
                HttpResponse<String> answer = get(base, "/observe/health" + probe);
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.body())
                        .contains("\"status\":\"UP\"", "\"edits\":\"in-force\"", "inForceSince");
            }
            calls.forEach(call -> call.cancel(true));
        }
    }

    @Test
    void whoeverAsksForThePageAllTheTimeIsRefusedAndProbesAreNot() throws Exception {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            URI base = url();
            String all =
                    send(
                            base,
                            "GET /page/none.js HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(1000)
                                    + "GET /observe/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

            long refused =
                    Pattern.compile("HTTP/1.1 429 ", Pattern.LITERAL)
                            .matcher(all)
                            .results()
                            .count();
            assertThat(refused).isPositive();
            assertThat(all.toLowerCase(Locale.ROOT)).contains("retry-after: 1");
            assertThat(all.substring(all.lastIndexOf("HTTP/1.1 "))).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void aThousandServersBehindOneAddressMayAllCallBackInOneSecond() throws Exception {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            String callback =
                    "POST /callback/x HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n%sContent-Length: 2\r\n\r\n{}";
            String all =
                    send(
                            url(),
                            callback.formatted("").repeat(999)
                                    + callback.formatted("Connection: close\r\n"));

            assertThat(
                            Pattern.compile("HTTP/1.1 200 ", Pattern.LITERAL)
                                    .matcher(all)
                                    .results()
                                    .count())
                    .isEqualTo(1000);
        }
    }

    @Test
    void aFormIsRefusedBeforeAnythingIsMadeOfIt() throws Exception {
        Path uploads = Path.of("file-uploads");
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            URI base = url();
            for (String type :
                    List.of(
                            "multipart/form-data; boundary=x",
                            "application/x-www-form-urlencoded",
                            "text/plain")) {
                String body =
                        "--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"a\"\r\n\r\nb\r\n--x--\r\n";
                String answer =
                        send(
                                base,
                                "POST /callback/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: "
                                        + type
                                        + "\r\nContent-Length: "
                                        + body.length()
                                        + "\r\n\r\n"
                                        + body);
                assertThat(answer).as(type).startsWith("HTTP/1.1 415");
                assertThat(answer).contains("application/problem+json", "application/json");
            }
            assertThat(uploads).doesNotExist();
        }
    }

    /** Sends what no well-behaved client sends, and returns all that comes until the end. */
    private static String send(URI base, String text) throws IOException {
        try (Socket socket = new Socket(base.getHost(), base.getPort())) {
            socket.setSoTimeout((int) SOON.toMillis());
            OutputStream out = socket.getOutputStream();
            Thread writes =
                    new Thread(
                            () -> {
                                try {
                                    out.write(text.getBytes(StandardCharsets.US_ASCII));
                                    out.flush();
                                } catch (IOException e) {
                                    // It is refused before all of it is read.
                                }
                            });
            writes.start();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void whatCannotBeReadIsToldSoAsAnythingElseThatIsRefused() throws Exception {
        Map<String, Integer> calls =
                Map.ofEntries(
                        Map.entry("GET /api/v1/status HTTP/1.1\r\n", 400),
                        Map.entry("GET /page/%zz HTTP/1.1\r\nHost: localhost\r\n", 400),
                        Map.entry("GET /api/v1/runs?x=%zz HTTP/1.1\r\nHost: localhost\r\n", 400),
                        Map.entry("GET /api/v1/targets/%zz HTTP/1.1\r\nHost: localhost\r\n", 400),
                        Map.entry("nonsense\r\n", 400),
                        Map.entry("GET * HTTP/1.1\r\nHost: localhost\r\n", 404),
                        Map.entry(
                                "GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nX: "
                                        + "x".repeat(9000)
                                        + "\r\n",
                                431),
                        Map.entry("GET /" + "x".repeat(5000) + " HTTP/1.1\r\nHost: a\r\n", 414),
                        Map.entry("FOO /api/v1/status HTTP/1.1\r\nHost: localhost\r\n", 405),
                        Map.entry("FOO /page/ HTTP/1.1\r\nHost: localhost\r\n", 404),
                        Map.entry(
                                "POST /api/v1/targets/node/runs HTTP/1.1\r\nHost: localhost\r\n"
                                        + "Content-Type: application/json\r\nContent-Length: 1\r\n"
                                        + "Expect: the-best\r\n",
                                417),
                        Map.entry(
                                "POST /api/v1/targets/node/runs HTTP/1.1\r\nHost: localhost\r\n"
                                        + "Content-Type: application/json\r\nContent-Length: 2000000\r\n",
                                413));
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            URI base = url();
            for (Map.Entry<String, Integer> call : calls.entrySet()) {
                Matcher length = LENGTH.matcher(call.getKey());
                String body = length.find() ? "x".repeat(Integer.parseInt(length.group(1))) : "";
                String answer = send(base, call.getKey() + "Connection: close\r\n\r\n" + body);
                String asked = call.getKey().substring(0, Math.min(60, call.getKey().length()));
                assertThat(answer)
                        .as(asked)
                        .matches("(?s)HTTP/1[.][01] " + call.getValue() + " .*");
                assertThat(answer.toLowerCase(Locale.ROOT))
                        .as(asked)
                        .contains("content-type: application/problem+json")
                        .contains("\"status\":" + call.getValue())
                        .doesNotContain("exception", "vertx", "io.netty");
            }
        }
    }

    /** Whoever writes a link must not say in it who calls, and from where. */
    @Test
    void whatStandsInTheQueryIsNoHeader() {
        String closed =
                EditedAgent.schedule(EditedAgent.NEVER)
                        + "http: { port: 0, read: token, token: "
                        + TOKEN
                        + " }\n";
        try (SandboxAgent agent = SandboxAgent.start(directory, server, closed)) {
            URI base = url();
            String shown = "Bearer " + TOKEN;
            assertThat(get(base, "/observe/metrics?Authorization=Bearer%20" + TOKEN).statusCode())
                    .isEqualTo(401);
            for (String query :
                    List.of(
                            "Authorization=x",
                            "Origin=http://elsewhere",
                            "Host=elsewhere",
                            "Sec-Fetch-Site=cross-site")) {
                assertThat(
                                get(base, "/observe/metrics?" + query, "Authorization", shown)
                                        .statusCode())
                        .as(query)
                        .isEqualTo(200);
            }
            String tag = get(base, "/page/app.js").headers().firstValue("ETag").orElseThrow();
            assertThat(
                            get(base, "/page/app.js?If-None-Match=" + tag.replace("\"", "%22"))
                                    .statusCode())
                    .isEqualTo(200);
        }
    }

    /** A whole address in a call says what its sender likes, also that it came by TLS. */
    @Test
    void aWholeAddressInACallDoesNotMakeItOneOfOurs() throws Exception {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, OPEN)) {
            for (String path : List.of("/api/v1/status", "/observe/metrics", "/api/v1/events")) {
                assertThat(
                                send(
                                        url(),
                                        "GET https://evil.test"
                                                + path
                                                + " HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n"))
                        .as(path)
                        .startsWith("HTTP/1.1 4");
            }
        }
    }
}
