package io.github.clickhousebackupagent.internal.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clickhousebackupagent.internal.cli.AgentProcess.Ended;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A second agent waits for the state folder of the first, and goes on in its place. */
class StandByIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String NEVER = "0 0 0 1 1 ? 2099";
    private static final String EACH_SECOND = "* * * * * ?";

    @TempDir Path directory;

    private SimulatedServer server;
    private int port;
    private int anotherPort;

    @BeforeEach
    void start() throws IOException {
        server = SimulatedServer.builder().start();
        try (ServerSocket one = new ServerSocket(0);
                ServerSocket two = new ServerSocket(0)) {
            port = one.getLocalPort();
            anotherPort = two.getLocalPort();
        }
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void theUploadOfAnAgentThatWasKilledIsFinishedByTheOneThatStoodBy() throws Exception {
        Path first = config("first", port, EACH_SECOND);
        // Of its own: as on another machine, where the port of the first is not in its way.
        Path second = config("second", anotherPort, NEVER);
        try (var upload = server.faults().hold("upload");
                AgentProcess running = run(first);
                AgentProcess waiting = standBy(second)) {
            await().atMost(SOON).until(() -> has(JournalEvent.OPERATION_ACKNOWLEDGED, 2));
            await().atMost(SOON).until(() -> waiting.errors().contains("stands by"));
            assertThat(health(anotherPort))
                    .containsEntry("status", "UP")
                    .containsEntry("standBy", true);
            assertThat(get(anotherPort, "/api/v1/status"))
                    .as("what a command is told that takes it for the agent that runs")
                    .satisfies(
                            answer -> {
                                assertThat(answer.statusCode()).isEqualTo(404);
                                assertThat(answer.body())
                                        .contains("the agent that runs is on another machine");
                            });

            running.kill();

            await().atMost(SOON).until(() -> waiting.errors().contains("takes over"));
            await().atMost(SOON).until(() -> waiting.errors().contains("is running"));
            upload.close();
            await().atMost(SOON).until(() -> has(JournalEvent.MARKER_MOVED, 1));
            assertThat(health(anotherPort))
                    .containsEntry("status", "UP")
                    .doesNotContainKey("standBy");
            assertThat(waiting.errors().lines().filter(line -> line.contains("stands by")))
                    .as("it says so once, however long it waits")
                    .hasSize(1);
            waiting.terminate();
            assertThat(waiting.ended().exitCode()).isEqualTo(143);
        }
        String name = server.operations().get(1).name();
        assertThat(server.completeUploads(name)).isEqualTo(1);
        assertThat(
                        journal().read().stream()
                                .filter(e -> e.event().equals(JournalEvent.MARKER_MOVED))
                                .findFirst())
                .hasValueSatisfying(e -> assertThat(e.detail("backup")).isEqualTo(name));
    }

    @Test
    void onOneMachineTheSecondWaitsForThePortAsWellAndStopsWithoutTheFirst() throws Exception {
        Path config = config("both", port, NEVER);
        try (AgentProcess running = run(config)) {
            await().atMost(SOON).until(() -> running.errors().contains("is running"));
            try (AgentProcess waiting = standBy(config)) {
                await().atMost(SOON)
                        .until(() -> waiting.errors().contains("probes are not answered"));
                waiting.terminate();
                assertThat(waiting.ended().exitCode()).isEqualTo(143);
            }
            assertThat(health(port)).doesNotContainKey("standBy");
            try (AgentProcess waiting = standBy(config)) {
                await().atMost(SOON).until(() -> waiting.errors().contains("stands by"));
                running.terminate();
                assertThat(running.ended().exitCode()).isEqualTo(143);
                await().atMost(SOON).until(() -> waiting.errors().contains("is running"));
            }
        }
    }

    @Test
    void whatWasEditedWhileItWaitedIsInForceWhenItTakesOver() throws Exception {
        Path first = config("first", port, NEVER);
        Path second = config("second", anotherPort, NEVER);
        try (AgentProcess running = run(first);
                AgentProcess waiting = standBy(second)) {
            await().atMost(SOON).until(() -> waiting.errors().contains("stands by"));
            config("second", anotherPort, EACH_SECOND);

            running.kill();

            await().atMost(SOON).until(() -> has(JournalEvent.MARKER_MOVED, 1));
        }
    }

    /** The agent that ran had refused the edit, and went on. */
    @Test
    void anEditThatIsBrokenKeepsNobodyFromTakingOver() throws Exception {
        Path first = config("first", port, NEVER);
        Path second = config("second", anotherPort, EACH_SECOND);
        try (AgentProcess running = run(first);
                AgentProcess waiting = standBy(second)) {
            await().atMost(SOON).until(() -> waiting.errors().contains("stands by"));
            config("second", anotherPort, "0 99 * * * ?");

            running.kill();

            await().atMost(SOON).until(() -> has(JournalEvent.MARKER_MOVED, 1));
            await().atMost(SOON).until(() -> waiting.errors().contains("An edit is not taken up"));
            assertThat(waiting.errors()).contains("'0 99 * * * ?'");
        }
    }

    @Test
    void routesThatCouldNotTakeOverAreToldAtTheStartOfTheWait() throws Exception {
        Path config = config("both", port, NEVER);
        Path routes = Files.createDirectory(directory.resolve("routes"));
        try (Stream<Path> ours = Files.list(Path.of("routes"))) {
            for (Path file : ours.filter(Files::isRegularFile).toList()) {
                Files.copy(file, routes.resolve(file.getFileName()));
            }
        }
        Files.writeString(
                routes.resolve("mine.camel.yaml"),
                "- route: { from: { uri: 'direct:mine', steps: [ { to: 'direct:gone' } ] } }\n");
        try (AgentProcess running = run(config)) {
            await().atMost(SOON).until(() -> running.errors().contains("is running"));
            try (AgentProcess waiting =
                    AgentProcess.start(
                            directory,
                            "run",
                            "--stand-by",
                            "--config",
                            config.toString(),
                            "--routes",
                            routes.toString())) {
                Ended ended = waiting.ended();
                assertThat(ended.exitCode()).isEqualTo(3);
                assertThat(ended.errors()).contains("direct:gone").doesNotContain("stands by");
            }
        }
    }

    private AgentProcess run(Path config) throws IOException {
        return AgentProcess.start(directory, "run", "--config", config.toString());
    }

    /** Starts it when the first has the state folder. */
    private AgentProcess standBy(Path config) throws IOException {
        await().atMost(SOON).until(() -> Files.exists(directory.resolve("state/agent.json")));
        return AgentProcess.start(directory, "run", "--stand-by", "--config", config.toString());
    }

    private static Map<String, Object> health(int port) throws IOException, InterruptedException {
        HttpResponse<String> answer = get(port, "/observe/health");
        assertThat(answer.statusCode()).isEqualTo(200);
        return new ObjectMapper().readValue(answer.body(), new TypeReference<>() {});
    }

    private static HttpResponse<String> get(int port, String path)
            throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    private Path config(String name, int port, String cron) throws IOException {
        return Files.writeString(
                directory.resolve(name + ".yaml"),
                """
                targets: { node: { url: "%s" } }
                schedules: { full: { do: full, cron: "%s", catch-up: never } }
                limits: { settle: 1s }
                zone: UTC
                http: { port: %d }
                log-directory: "%s"
                state-directory: "%s"
                """
                        .formatted(
                                server.uri(),
                                cron,
                                port,
                                directory.resolve("log"),
                                directory.resolve("state")));
    }

    private boolean has(String event, int times) {
        return journal().read().stream().filter(e -> e.event().equals(event)).count() >= times;
    }

    private Journal journal() {
        return new Journal(directory.resolve("state/node/runs.jsonl"));
    }
}
