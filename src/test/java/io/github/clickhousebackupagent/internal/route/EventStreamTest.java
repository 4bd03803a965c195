package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.control.AgentAddress;
import io.github.clickhousebackupagent.internal.live.Hub;
import io.github.clickhousebackupagent.internal.run.PauseRequest;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What those hear who listen at {@code GET /api/v1/events}, over real connections. */
class EventStreamTest {

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String NEVER = EditedAgent.schedule(EditedAgent.NEVER);

    @TempDir Path directory;

    private SimulatedServer server;
    private final List<Listening> open = new ArrayList<>();

    @BeforeEach
    void startServer() {
        server = SandboxAgent.server().start();
    }

    @AfterEach
    void stopServer() {
        open.forEach(Listening::close);
        server.close();
    }

    /** A connection that reads what comes, or does not read at all. */
    private final class Listening implements AutoCloseable {
        private final Socket socket;
        private final List<String> lines = new CopyOnWriteArrayList<>();
        private final Map<String, Long> counts = new ConcurrentHashMap<>();
        private volatile boolean ended;

        Listening(String token, boolean reads) {
            this(
                    reads,
                    "Host: localhost\r\n"
                            + (token == null ? "" : "Authorization: Bearer " + token + "\r\n"));
        }

        Listening(String headers) {
            this(true, headers);
        }

        private Listening(boolean reads, String headers) {
            URI url = AgentAddress.read(directory.resolve("state")).orElseThrow().url();
            try {
                socket = new Socket();
                if (!reads) {
                    socket.setReceiveBufferSize(4096);
                }
                socket.connect(
                        new InetSocketAddress(url.getHost(), url.getPort()), (int) SOON.toMillis());
                String head =
                        "GET /api/v1/events HTTP/1.1\r\n" + headers + "Connection: close\r\n\r\n";
                socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            open.add(this);
            if (reads) {
                Thread thread = new Thread(this::read, "listening");
                thread.setDaemon(true);
                thread.start();
            }
        }

        private void read() {
            try (BufferedReader in =
                    new BufferedReader(
                            new InputStreamReader(
                                    socket.getInputStream(), StandardCharsets.UTF_8))) {
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                    if (lines.size() < 1000) {
                        lines.add(line);
                    }
                    if (line.startsWith("event: ")) {
                        counts.merge(line.substring("event: ".length()), 1L, Long::sum);
                    }
                }
            } catch (IOException e) {
                lines.add("broken: " + e.getMessage());
            }
            ended = true;
        }

        List<String> events() {
            return lines.stream()
                    .filter(line -> line.startsWith("event: "))
                    .map(line -> line.substring("event: ".length()))
                    .toList();
        }

        long count(String event) {
            return counts.getOrDefault(event, 0L);
        }

        Listening awaitEvent(String event) {
            await().atMost(SOON).until(() -> events().contains(event));
            return this;
        }

        int status() {
            await().atMost(SOON).until(() -> !lines.isEmpty());
            return Integer.parseInt(lines.get(0).split(" ")[1]);
        }

        @Override
        public void close() {
            try {
                socket.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Asks with other headers. */
    private int status(String headers) {
        Listening listening = new Listening(headers);
        return listening.status();
    }

    private Listening listen() {
        return new Listening(null, true).awaitEvent("hello");
    }

    @Test
    void aRunIsToldFromItsBeginningToItsEndAsTheDocumentSays() throws Exception {
        try (SandboxAgent agent =
                SandboxAgent.start(directory, server, NEVER + "http: { port: 0 }\n")) {
            Listening listening = listen();
            agent.full();
            listening.awaitEvent("ended");
            agent.agent().pause(new PauseRequest("node", null, null, "me"));
            listening.awaitEvent("changed");
            assertThat(listening.events())
                    .startsWith("hello", "begun", "stage")
                    .containsSubsequence("begun", "stage", "proven", "ended", "changed");
            JsonNode document =
                    ApiCaller.of(directory.resolve("state"), null)
                            .get("/openapi.json", "/openapi.json")
                            .json();
            JsonSchema schema =
                    JsonSchemaFactory.getInstance(VersionFlag.V202012)
                            .getSchema(
                                    ((ObjectNode)
                                                    document.at("/components/schemas/Happening")
                                                            .deepCopy())
                                            .set("components", document.get("components")));
            List<String> data =
                    listening.lines.stream().filter(line -> line.startsWith("data: ")).toList();
            assertThat(data).hasSameSizeAs(listening.events());
            for (String line : data) {
                assertThat(schema.validate(new ObjectMapper().readTree(line.substring(6))))
                        .as(line)
                        .isEmpty();
            }
        }
    }

    @Test
    void whoListensHearsOnThroughAnEdit() {
        try (EditedAgent agent = EditedAgent.start(directory, server)) {
            Listening listening = listen();
            agent.replace("prove-backup", "- route:", "# Edited.\n- route:");
            agent.awaitTaken(1);
            listening.awaitEvent("edit");
            agent.agent().run("node", BackupKind.FULL);
            listening.awaitEvent("ended");
            assertThat(listening.ended).isFalse();
            assertThat(listening.events()).containsOnlyOnce("hello").containsOnlyOnce("ended");
        }
    }

    @Test
    void whenItChangesWhoMayReadAllHaveToComeAgain() {
        try (EditedAgent agent = EditedAgent.start(directory, server)) {
            Listening listening = listen();
            agent.configure(
                    Map.of("node", server), NEVER + "http: { port: 0, token: t1, read: token }\n");
            await().atMost(SOON).until(() -> listening.ended);
            assertThat(new Listening(null, true).status()).isEqualTo(401);
            assertThat(new Listening("t2", true).status()).isEqualTo(401);
            assertThat(new Listening("t1", true).awaitEvent("hello").status()).isEqualTo(200);
        }
    }

    @Test
    void whoDoesNotReadIsCutOffAndHoldsNobodyUp() {
        try (SandboxAgent agent =
                SandboxAgent.start(directory, server, NEVER + "http: { port: 0 }\n")) {
            Listening quick = listen();
            new Listening(null, false);
            await().atMost(SOON).until(() -> agent.agent().hub().readers() == 2);
            Hub hub = agent.agent().hub();
            int told = 0;
            while (hub.readers() == 2 && told < 200_000) {
                for (int i = 0; i < 200; i++) {
                    hub.edited();
                }
                told += 200;
                // As fast as somebody who reads can follow.
                long heard = told;
                await().atMost(SOON)
                        .pollInterval(Duration.ofMillis(2))
                        .until(() -> quick.count("edit") >= heard);
            }
            assertThat(hub.readers()).isEqualTo(1);
            assertThat(quick.ended).isFalse();
            long heard = quick.count("edit");
            hub.edited();
            await().atMost(SOON).until(() -> quick.count("edit") == heard + 1);
        }
    }

    @Test
    void oneTooManyIsToldSoAndMayComeWhenAnotherIsGone() {
        try (SandboxAgent agent =
                SandboxAgent.start(directory, server, NEVER + "http: { port: 0 }\n")) {
            List<Listening> all = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                all.add(new Listening(null, true));
            }
            await().atMost(SOON).until(() -> agent.agent().hub().readers() == 100);
            Listening more = new Listening(null, true);
            assertThat(more.status()).isEqualTo(503);
            await().atMost(SOON)
                    .until(
                            () ->
                                    more.lines.stream()
                                            .anyMatch(line -> line.contains("allowed: 100")));
            all.get(0).close();
            await().atMost(SOON).until(() -> agent.agent().hub().readers() == 99);
            assertThat(new Listening(null, true).awaitEvent("hello").status()).isEqualTo(200);
        }
    }

    @Test
    void aPageOfSomebodyElseHearsNothing() {
        try (SandboxAgent agent =
                SandboxAgent.start(directory, server, NEVER + "http: { port: 0 }\n")) {
            ApiCaller caller = ApiCaller.of(directory.resolve("state"), null);
            Map<String, String> foreign = Map.of("Origin", "https://evil.test");
            assertThat(status("Host: evil.test\r\n")).isEqualTo(403);
            assertThat(status("Host: evil.test\r\nCamelHttpUrl: https://evil.test/\r\n"))
                    .isEqualTo(403);
            assertThat(caller.call("GET", "/events", null, null, foreign).status()).isEqualTo(403);
            assertThat(caller.call("POST", "/events", null, null, Map.of()).status())
                    .isEqualTo(405);
            assertThat(caller.get("/events?since=1", null).status()).isEqualTo(400);
            assertThat(agent.agent().hub().readers()).isZero();
        }
    }
}
