package io.github.clickhousebackupagent.internal.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clickhousebackupagent.internal.cli.AgentProcess.Ended;
import io.github.clickhousebackupagent.sandbox.SimulatedBackup;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The commands that destroy if they are not careful, as processes, alone and with an agent that
 * runs.
 */
class OrdersIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int REFUSED = 8;

    @TempDir Path directory;

    private SimulatedServer server;

    @BeforeEach
    void start() throws IOException {
        server =
                SimulatedServer.builder()
                        .credentials("api", "secret")
                        .clickHouseCredentials("reader", "read-only")
                        .table("shop", "orders", "MergeTree", 1_000)
                        .start();
        Files.writeString(
                directory.resolve("agent.yaml"),
                """
                targets:
                  node:
                    url: "%s"
                    username: api
                    password: secret
                    clickhouse-url: "%s"
                    clickhouse-username: reader
                    clickhouse-password: read-only
                schedules: { yearly: { do: full, cron: "0 0 1 1 *" } }
                limits: { silence: 1s, settle: 200ms, proof: 1s }
                log-directory: "%s"
                state-directory: "%s"
                http: { port: 0, callback-url: "off" }
                """
                        .formatted(
                                server.uri(),
                                server.clickHouseUri(),
                                directory.resolve("log"),
                                directory.resolve("state")));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void aPlanChangesNothing() throws Exception {
        String full = full();
        int posts = posts();

        Ended delete = agent("delete", "remote", "--all", "--dry-run");
        assertThat(delete.exitCode()).as(delete.errors()).isZero();
        assertThat(delete.output())
                .contains(full, "all are to go; its local copy goes, too")
                .contains("node: 1 of 1 backups would be deleted from remote")
                .contains("The marker would be removed");
        JsonNode plan = agent("delete", "remote", full, "--dry-run", "--json").json();
        assertThat(plan.get("items").get(0).get("name").asText()).isEqualTo(full);
        assertThat(plan.get("refusals")).hasSize(2);

        Ended restore = agent("restore", "last", "--dry-run", "--replace");
        assertThat(restore.exitCode()).as(restore.errors()).isZero();
        assertThat(restore.output())
                .containsPattern("shop\\.orders +shop\\.orders +1,000 rows +DROPPED and made anew")
                .contains("node: restore of " + full);
        JsonNode table = agent("restore", full, "--dry-run", "--json").json().get("tables").get(0);
        assertThat(table.get("what").asText()).isEqualTo("replaced");
        assertThat(table.get("rows").asLong()).isEqualTo(1_000);
        assertThat(posts()).isEqualTo(posts);
        assertThat(directory.resolve("log/.node_last_backup")).hasContent(full);
    }

    @Test
    void nobodyWhoDoesNotAnswerLosesAnything() throws Exception {
        String full = full();

        Ended silent = typing("", "restore", "last", "--replace");
        assertThat(silent.exitCode()).isEqualTo(2);
        assertThat(silent.errors())
                .contains("1,000 rows of 1 table(s) will be gone for ever", "nobody answers");
        Ended no = typing("n\n", "delete", "remote", full, "--force");
        assertThat(no.exitCode()).isEqualTo(1);
        assertThat(no.errors()).contains("Nothing was done");
        // Where nothing would be left, a yes that was typed by habit does not do.
        Ended habit = typing("yes\n", "delete", "remote", "--all");
        assertThat(habit.exitCode()).isEqualTo(1);
        assertThat(server.remote()).extracting(SimulatedBackup::name).containsExactly(full);
        assertThat(server.rows("shop", "orders")).hasValue(1_000);

        Ended meant = typing("node\n", "delete", "remote", "--all");
        assertThat(meant.exitCode()).as(meant.errors()).isZero();
        assertThat(meant.output()).contains("1 backup deleted from remote; there is no marker now");
        assertThat(server.remote()).isEmpty();
    }

    @Test
    void whatWouldDestroyIsExitCode8AndSaysHowToDoItAllTheSame() throws Exception {
        String full = full();
        agent("diff");

        assertRefused("is needed by", "delete", "remote", full, "--yes", "--force");
        assertRefused("would be gone", "restore", full, "--yes");
        assertRefused("doubles", "restore", full, "--data", "--yes");
        assertRefused("is not in the local or the remote list", "restore", "NOPE", "--yes");
        assertRefused("is not in the remote list", "delete", "remote", "NOPE", "--yes");
        assertThat(server.rows("shop", "orders")).hasValue(1_000);
        assertThat(server.remote()).hasSize(2);
    }

    @Test
    void argumentsThatMeanTwoThingsAreRefused() throws Exception {
        String[][] wrong = {
            {"names beside --all", "delete", "remote", "A", "--all"},
            {"neither names nor --all", "delete", "local"},
            {"PLACE", "delete", "moon", "A"},
            {"found the name '../x'", "delete", "remote", "../x"},
            {"--append without --data", "restore", "A", "--append"},
            {"--replace beside --data", "restore", "A", "--replace", "--data"},
            {"--replace", "restore", "A", "--replace", "--append", "--data"},
            {"--schema", "restore", "A", "--schema", "--data"},
            {"--table: found 'orders'", "restore", "A", "--table", "orders"},
            {"--map-database", "restore", "A", "--map-database", "a=b c"},
            {"node has no marker", "restore", "last"},
            {"unknown target 'nod'", "adopt", "A", "--target", "nod"},
        };
        for (String[] words : wrong) {
            Ended ended = agent(List.of(words).subList(1, words.length).toArray(String[]::new));
            assertThat(ended.exitCode()).as(ended.errors()).isEqualTo(2);
            assertThat(ended.errors()).contains(words[0]).doesNotContain("\tat ");
        }
        assertThat(server.calls()).isEmpty();
    }

    @Test
    void whatTheAgentIsToldOutlivesTheTerminal() throws Exception {
        String full = full();
        server.dropTable("shop", "orders");
        var hold = server.faults().hold("restore");
        try (AgentProcess agent = AgentProcess.start(directory, "run", "--config", config())) {
            await().atMost(SOON).until(() -> Files.exists(address()));
            try (AgentProcess terminal =
                    AgentProcess.start(directory, "restore", "last", "--config", config())) {
                await().atMost(SOON)
                        .until(
                                () ->
                                        server.operations().stream()
                                                .anyMatch(o -> o.command().startsWith("restore")));
                terminal.interrupt();
                assertThat(terminal.ended().exitCode()).isEqualTo(130);
            }
            hold.open();
            await().atMost(SOON)
                    .until(
                            () ->
                                    agent("history", "--json")
                                            .json()
                                            .findValuesAsText("kind")
                                            .contains("restore"));

            Ended delete = agent("delete", "remote", full, "--yes", "--force", "--json");
            assertThat(delete.exitCode()).as(delete.errors()).isZero();
            assertThat(delete.errors()).contains("also when this command is ended");
            assertThat(delete.run().get("kind").asText()).isEqualTo("delete");
            Ended adopt = agent("adopt", "NOPE");
            assertThat(adopt.exitCode()).isEqualTo(6);
            assertThat(adopt.errors()).contains("NOPE is not proven");

            agent.terminate();
            String said = agent.ended().errors();
            assertThat(said)
                    .contains(
                            "Restore of " + full + " is done", "Deletion of " + full + " is done");
        }
        assertThat(server.rows("shop", "orders")).hasValue(1_000);
        assertThat(address()).doesNotExist();
    }

    @Test
    void nobodyElseOnTheMachineTellsTheAgentAnything() throws Exception {
        String full = full();
        try (AgentProcess agent = AgentProcess.start(directory, "run", "--config", config())) {
            await().atMost(SOON).until(() -> Files.exists(address()));
            JsonNode address = new ObjectMapper().readTree(address().toFile());
            URI url = URI.create(address.get("url").asText() + "/api/v1/targets/node/deletions");
            String body =
                    """
                    {"order":{"place":"remote","names":["%s"],"force":true}}
                    """
                            .formatted(full);

            for (String authorization :
                    List.of("Bearer x", "Basic " + address.get("token").asText())) {
                assertThat(status(url, authorization, body)).isIn(401, 403);
            }
            String right = "Bearer " + address.get("token").asText();
            assertThat(status(url, right, "{}")).isEqualTo(400);
            assertThat(status(url, right, "x".repeat(100_000))).isIn(400, 413);
            assertThat(server.remote()).hasSize(1);
            agent.terminate();
            assertThat(agent.ended().errors()).doesNotContain(address.get("token").asText());
        }
        assertThat(url(address())).isEmpty();
    }

    private static String url(Path address) {
        return Files.exists(address) ? address.toString() : "";
    }

    private static int status(URI url, String authorization, String body) throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(url)
                        .header("Authorization", authorization)
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(body))
                        .build();
        return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).statusCode();
    }

    @Test
    void killShowsWhatTheServerWorksOn() throws Exception {
        assertThat(agent("kill").output()).contains("works on nothing");
        var foreign = server.faults().lock("create FOREIGN");

        Ended shown = agent("kill", "--dry-run");
        assertThat(shown.output()).contains("create FOREIGN");
        Ended killed = typing("yes\n", "kill");
        assertThat(killed.exitCode()).as(killed.errors()).isZero();
        assertThat(killed.errors()).contains("Killing create FOREIGN", "it is cancelled");
        foreign.open();
    }

    private void assertRefused(String why, String... arguments) throws Exception {
        Ended ended = agent(arguments);
        assertThat(ended.exitCode()).as(ended.errors()).isEqualTo(REFUSED);
        assertThat(ended.errors()).contains("[ERROR] refused: ", why);
    }

    private String full() throws Exception {
        Ended ended = agent("full", "--json");
        assertThat(ended.exitCode()).as(ended.errors()).isZero();
        return ended.run().get("backup").asText();
    }

    private int posts() {
        return (int) server.calls().stream().filter(c -> c.method().equals("POST")).count();
    }

    private Path address() {
        return directory.resolve("state/agent.json");
    }

    private String config() {
        return directory.resolve("agent.yaml").toString();
    }

    private Ended agent(String... arguments) throws Exception {
        return typing("", arguments);
    }

    private Ended typing(String typed, String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--config", config()));
        try (AgentProcess process =
                AgentProcess.typing(directory, Map.of(), typed, all.toArray(String[]::new))) {
            return process.ended();
        }
    }
}
