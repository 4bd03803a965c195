package io.github.clickhousebackupagent.internal.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.internal.cli.AgentProcess.Ended;
import io.github.clickhousebackupagent.internal.control.AgentAddress;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Routes and configuration are edited beside an agent that runs as a process. */
@Timeout(120)
class EditsIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir Path directory;

    private SimulatedServer server;

    @BeforeEach
    void start() throws IOException {
        server = SimulatedServer.builder().start();
        Files.createDirectories(directory.resolve("routes"));
        try (Stream<Path> files = Files.list(Path.of("routes"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, routes().resolve(file.getFileName().toString()));
            }
        }
        configure("0 0 1 1 *");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void aRefusedEditStandsInLogStatusAndHealthUntilItIsMended() throws Exception {
        try (AgentProcess agent = run()) {
            await().atMost(SOON).until(() -> agent.errors().contains("is running"));
            assertThat(agent("full").exitCode()).isZero();
            Path mine = routes().resolve("mine.camel.yaml");

            Files.writeString(mine, "- route:\n    id: mine\n    from: direct:mine\n");

            await().atMost(SOON).until(() -> agent.errors().contains("An edit is not taken up"));
            Ended status = agent("status");
            assertThat(status.exitCode()).isZero();
            assertThat(status.output()).contains("is refused:\n  " + mine + ":");
            assertThat(agent("status", "--json").json().at("/edits/refused/problems/0").asText())
                    .startsWith(mine.toString());
            Ended nagios = agent("status", "--nagios");
            assertThat(nagios.exitCode()).isEqualTo(1);
            assertThat(nagios.output())
                    .startsWith("BACKUP WARNING - an edit is refused: " + mine)
                    .hasLineCount(1);
            assertThat(health()).contains("\"status\":\"UP\"", "\"edits\":\"refused\"");
            Ended check = check(routes());
            assertThat(check.exitCode()).isEqualTo(3);
            assertThat(check.errors()).startsWith("[ERROR] " + mine + ":");

            Files.delete(mine);

            await().atMost(SOON).until(() -> agent.errors().contains("again as what runs"));
            assertThat(agent("status").output()).doesNotContain("refused");
            assertThat(health()).contains("\"edits\":\"in-force\"");
            assertThat(agent("status", "--nagios").exitCode()).isZero();
        }
    }

    @Test
    void anEditOfTheScheduleIsInForceAndACommandFindsTheAgentAfterIt() throws Exception {
        try (AgentProcess agent = run()) {
            await().atMost(SOON).until(() -> agent.errors().contains("is running"));

            configure("*/1 * * * * ?");

            await().atMost(SOON)
                    .until(
                            () ->
                                    new Journal(directory.resolve("state/node/runs.jsonl"))
                                            .read().stream()
                                                    .anyMatch(
                                                            e ->
                                                                    e.event()
                                                                            .equals(
                                                                                    JournalEvent
                                                                                            .MARKER_MOVED)));
            assertThat(agent.errors()).contains("An edit is in force");
            configure("0 0 1 1 *");
            await().atMost(SOON).until(() -> agent("status").output().contains("after 2 edit(s)"));
            String last = Files.readString(directory.resolve("log/.node_last_backup"));
            Ended adopted = agent("adopt", last);
            assertThat(adopted.errors()).contains("does it, also when this command is ended");
            agent.terminate();
            assertThat(agent.ended().exitCode()).isEqualTo(143);
            assertThat(directory.resolve("state/edits.json")).doesNotExist();
        }
    }

    @Test
    void routesAreCheckedInAPipelineWithoutAnAgent() throws Exception {
        Ended fine = check(routes(), "--json");
        assertThat(fine.exitCode()).as(fine.errors()).isZero();
        assertThat(fine.json().get("ok").asBoolean()).isTrue();
        assertThat(fine.json().get("problems")).isEmpty();

        Files.writeString(
                routes().resolve("mine.camel.yaml"),
                """
                - route:
                    id: mine
                    from:
                      uri: direct:mine
                      steps:
                        - to: direct:nobody
                """);
        Ended bad = check(routes(), "--json");
        assertThat(bad.exitCode()).isEqualTo(3);
        assertThat(bad.json().get("ok").asBoolean()).isFalse();
        assertThat(bad.json().at("/problems/0/line").asInt()).isEqualTo(6);
        assertThat(bad.json().at("/problems/0/file").asText()).endsWith("mine.camel.yaml");
        assertThat(bad.json().at("/problems/0/found").asText()).contains("direct:nobody");
        assertThat(server.calls()).as("no server is asked").isEmpty();
        assertThat(directory.resolve("state")).doesNotExist();

        Ended made = agentRaw("routes", "check", routes().toString(), "--any-config");
        assertThat(made.exitCode()).isEqualTo(3);
        Ended none = check(directory.resolve("nowhere"));
        assertThat(none.exitCode()).isEqualTo(3);
        assertThat(none.errors()).contains("nowhere: found no readable folder; allowed:");
    }

    private String health() throws Exception {
        URI url = AgentAddress.read(directory.resolve("state")).orElseThrow().url();
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(url + "/observe/health")).build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private Path routes() {
        return directory.resolve("routes");
    }

    private Path config() {
        return directory.resolve("agent.yaml");
    }

    private void configure(String cron) throws IOException {
        Files.writeString(
                config(),
                """
                targets: { node: { url: "%s" } }
                schedules: { full: { do: full, cron: "%s" } }
                limits: { silence: 1s, settle: 1s, stop: 5s }
                http: { port: 0, callback-url: "off" }
                log-directory: "%s"
                state-directory: "%s"
                """
                        .formatted(
                                server.uri(),
                                cron,
                                directory.resolve("log"),
                                directory.resolve("state")));
    }

    private AgentProcess run() throws IOException {
        return AgentProcess.start(
                directory, "run", "--config", config().toString(), "--routes", routes().toString());
    }

    private Ended agent(String... words) throws Exception {
        String[] all =
                Stream.concat(Stream.of(words), Stream.of("--config", config().toString()))
                        .toArray(String[]::new);
        return agentRaw(all);
    }

    private Ended check(Path folder, String... words) throws Exception {
        return agent(
                Stream.concat(Stream.of("routes", "check", folder.toString()), Stream.of(words))
                        .toArray(String[]::new));
    }

    private Ended agentRaw(String... words) throws Exception {
        try (AgentProcess process = AgentProcess.start(directory, words)) {
            return process.ended();
        }
    }
}
