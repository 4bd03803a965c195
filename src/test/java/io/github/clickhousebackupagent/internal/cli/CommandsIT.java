package io.github.clickhousebackupagent.internal.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.clickhousebackupagent.internal.cli.AgentProcess.Ended;
import io.github.clickhousebackupagent.sandbox.Damage;
import io.github.clickhousebackupagent.sandbox.Ending;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands of the distribution, as processes, against a simulated server. */
class CommandsIT {

    private static final String SECRET = "s3cr3t-of-the-api";

    @TempDir Path directory;

    private SimulatedServer server;

    @BeforeEach
    void start() {
        server = SimulatedServer.builder().credentials("api", SECRET).start();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void theSampleConfigurationServesOneTargetByEnvironmentAlone() throws Exception {
        assertThat(agent("full").exitCode()).isZero();
        assertThat(agent("diff").exitCode()).isZero();

        String last = Files.readString(directory.resolve("log/.node_last_backup"));
        assertThat(last).startsWith("DIFF_CH_BK_").doesNotContain("\n");
        assertThat(server.remote()).extracting(backup -> backup.name()).contains(last);
    }

    /** Parity row 11. */
    @Test
    void row11_theCommandsOfTheShellAgentWorkWithoutAnyConfiguration() throws Exception {
        String[] where = {
            "--log-directory", path("log"), "--state-directory", path("state"), "--json"
        };
        Ended full =
                run(
                        Map.of(),
                        words(
                                where,
                                "create_full_backup",
                                "127.0.0.1:" + server.port(),
                                "api",
                                SECRET));
        Ended diff =
                run(
                        Map.of(),
                        words(
                                where,
                                "create_diff_backup",
                                "127.0.0.1:" + server.port(),
                                "api",
                                SECRET));

        assertThat(full.exitCode()).as(full.errors()).isZero();
        assertThat(diff.run().get("base").asText()).isEqualTo(full.run().get("backup").asText());
        assertThat(directory.resolve("log/127.0.0.1-" + server.port() + "_backup_ch.log")).exists();
        assertThat(directory.resolve("log/.127.0.0.1-" + server.port() + "_last_backup"))
                .hasContent(diff.run().get("backup").asText());
    }

    @Test
    void row11_anotherFirstWordIsAnError() throws Exception {
        Ended ended = run(Map.of(), "create_ful_backup", "127.0.0.1", "api", "x");

        assertThat(ended.exitCode()).isEqualTo(2);
        assertThat(ended.errors())
                .hasLineCount(1)
                .contains(
                        "unknown command 'create_ful_backup'", "did you mean create_full_backup?");
    }

    @Test
    void thePasswordOfTheShellCommandsCanStayOutOfTheProcessList() throws Exception {
        Path secret = Files.writeString(directory.resolve("secret"), SECRET + "\n");
        server.faults().duration("create", Duration.ofSeconds(2));
        try (AgentProcess process =
                AgentProcess.start(
                        directory,
                        Map.of("API_USERNAME", "api", "API_PASSWORD_FILE", secret.toString()),
                        "create_full_backup",
                        "127.0.0.1:" + server.port(),
                        "--log-directory",
                        path("log"),
                        "--state-directory",
                        path("state"))) {
            await().atMost(Duration.ofSeconds(20)).until(() -> !server.operations().isEmpty());
            assertThat(process.commandLine()).contains("create_full_backup").doesNotContain(SECRET);
            assertThat(process.ended().exitCode()).isZero();
        }
    }

    @Test
    void checkTellsVersionBackupsAndMarker() throws Exception {
        agent("full");
        JsonNode found = agent("check", "--json").json().get(0);

        assertThat(found.get("result").asText()).isEqualTo("ok");
        assertThat(found.get("remoteBackups").asInt()).isEqualTo(1);
        assertThat(found.get("marker").asText()).startsWith("FULL_CH_BK_");
    }

    @ParameterizedTest
    @CsvSource({"check,1", "full,1"})
    void aWrongPasswordIsToldInOneLine(String command, int exitCode) throws Exception {
        Ended ended = run(with("API_PASSWORD", "wrong-" + SECRET), command);

        assertThat(ended.exitCode()).isEqualTo(exitCode);
        assertThat(ended.errors() + ended.output())
                .contains("401")
                .doesNotContain("wrong-" + SECRET)
                .doesNotContain("\tat ");
        assertThat(server.calls()).noneMatch(call -> call.method().equals("POST"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"check", "full"})
    void anApiThatIsDownIsExitCode4(String command) throws Exception {
        server.kill();
        assertThat(agent(command).exitCode()).isEqualTo(4);
    }

    @Test
    void aBackupThatIsNotProvenIsExitCode6() throws Exception {
        server.faults().next("upload", Ending.damaged(Damage.BROKEN));
        String config =
                file(
                        """
                        targets: { node: { url: "%s", username: api, password: %s } }
                        limits: { proof: 1s }
                        log-directory: "%s"
                        state-directory: "%s"
                        """
                                .formatted(server.uri(), SECRET, path("log"), path("state")));
        Ended ended = agent("full", "--config", config);

        assertThat(ended.exitCode()).isEqualTo(6);
        assertThat(directory.resolve("log/.node_last_backup")).doesNotExist();
    }

    @Test
    void historyTellsEachRunOnce() throws Exception {
        agent("full");
        agent("diff");
        JsonNode history = agent("history", "--json").json();

        assertThat(history).hasSize(2);
        assertThat(history.findValuesAsText("kind")).containsExactly("full", "diff");
        assertThat(history.findValuesAsText("outcome")).containsOnly("success");
        assertThat(agent("history").output()).hasLineCount(3).contains("TARGET", "node");
    }

    @Test
    void listTellsWhatCanBeRestoredAndWhatCannot() throws Exception {
        agent("full");
        agent("diff");
        agent("diff");
        JsonNode found = agent("list", "--json").json().get(0);
        JsonNode backups = found.get("backups");

        assertThat(backups).hasSize(3);
        assertThat(backups.findValuesAsText("state")).containsExactly("proven", "proven", "last");
        assertThat(backups.get(2).get("chain")).hasSize(3);
        assertThat(backups.get(2).get("where").toString()).isEqualTo("[\"local\",\"remote\"]");
        assertThat(backups.get(0).get("dependants")).hasSize(1);
        assertThat(backups.get(0).get("ageSeconds").asLong()).isBetween(0L, 120L);
        assertThat(backups.get(0).get("sizeBytes").asLong()).isPositive();

        String middle = backups.get(1).get("name").asText();
        server.damage(middle, Damage.BROKEN);
        Ended table = agent("list");
        assertThat(table.exitCode()).isZero();
        assertThat(table.output())
                .hasLineCount(4)
                .contains("STATE", "broken: can't stat metadata.json", middle + " is broken");
        assertThat(table.errors())
                .hasLineCount(1)
                .startsWith("[WARNING] node: the marker names DIFF_CH_BK_");
        assertThat(server.calls())
                .filteredOn(call -> call.method().equals("POST"))
                .as("three backups, and nothing by list")
                .hasSize(6);
    }

    @Test
    void listDrawsChainsAsTreesAndSaysWhichHaveLostTheirBase() throws Exception {
        JsonNode full = agent("full", "--json").json().get(0);
        JsonNode diff = agent("diff", "--json").json().get(0);

        assertThat(run(with("LC_ALL", "C.UTF-8"), "list", "--tree").output())
                .hasLineCount(2)
                .contains("\n└─ " + diff.get("backup").asText());
        assertThat(agent("list", "--tree").output())
                .as("without a locale, as in most containers")
                .contains("\n`- " + diff.get("backup").asText());

        server.damage(full.get("backup").asText(), Damage.ABSENT);
        assertThat(agent("list", "--tree", "--remote").output())
                .startsWith("Cannot be restored, as what they are based on is missing:\n")
                .contains(full.get("backup").asText() + " (missing)\n`- ");
    }

    @Test
    void anEmptyRemoteListIsNotTakenForNoBackups() throws Exception {
        JsonNode full = agent("full", "--json").json().get(0);
        server.damage(full.get("backup").asText(), Damage.ABSENT);
        Ended list = agent("list", "--remote");

        assertThat(list.errors()).hasLineCount(1).contains("is the storage within reach?");
        assertThat(agent("list", "--json").json().get(0).get("backups").get(0).get("state"))
                .as("the copy on disk is there")
                .hasToString("\"local-only\"");
    }

    @Test
    void aTargetThatIsDownHidesNoBackupsOfTheOthers() throws Exception {
        agent("full");
        String config =
                file(
                        """
                        targets:
                          down: { url: "http://127.0.0.1:1" }
                          node: { url: "%s", username: api, password: %s }
                        log-directory: "%s"
                        state-directory: "%s"
                        """
                                .formatted(server.uri(), SECRET, path("log"), path("state")));
        Ended list = agent("list", "--config", config);

        assertThat(list.exitCode()).isEqualTo(4);
        assertThat(list.output()).hasLineCount(2).contains("TARGET", "node    FULL_CH_BK_");
        assertThat(list.errors()).hasLineCount(1).startsWith("[ERROR] down: no answer: ");
        assertThat(agent("list", "--json", "--config", config).json())
                .hasSize(2)
                .anyMatch(target -> target.path("exitCode").asInt() == 4);
    }

    @Test
    void statusAnswersWhileTheServerIsDownAndAsksItNothing() throws Exception {
        agent("full");
        int calls = server.calls().size();
        server.kill();
        Ended status = agent("status", "--json");

        assertThat(status.exitCode()).as(status.errors()).isZero();
        assertThat(status.json().get("agentRuns").asBoolean()).isFalse();
        JsonNode node = status.json().get("targets").get(0);
        assertThat(node.get("verdict").asText()).isEqualTo("ok");
        assertThat(node.get("proven").asText()).startsWith("FULL_CH_BK_");
        assertThat(node.get("promises")).hasSize(3);
        assertThat(agent("status", "--max-age", "26h").exitCode()).isZero();
        assertThat(agent("status").output())
                .contains("STATUS", "node    ok", "No agent with schedules runs on ");
        assertThat(server.calls()).hasSize(calls);
    }

    @Test
    void aBackupThatIsTooOldOrNotThereIsExitCode7() throws Exception {
        assertThat(agent("status").exitCode()).isZero();
        assertThat(agent("status", "--max-age", "1d").exitCode()).isEqualTo(7);
        agent("full");
        assertThat(agent("status", "--max-age", "1ms").exitCode()).isEqualTo(7);
        assertRefused(2, "--max-age: found '26'; allowed: a number and", "status", "--max-age=26");
    }

    @Test
    void nagiosGetsOneLineAndAnExitCodeOfItsOwnKind() throws Exception {
        Ended never = agent("status", "--nagios");
        assertThat(never.exitCode()).isEqualTo(2);
        assertThat(never.output()).hasLineCount(1).startsWith("BACKUP CRITICAL - node never: ");

        agent("full");
        Ended well = agent("status", "--nagios", "--max-age", "26h");
        assertThat(well.exitCode()).isZero();
        assertThat(well.output())
                .hasLineCount(1)
                .matches("(?s)BACKUP OK - 1 of 1 .* \\| age=\\d+s;;93600;0\\n");

        for (String[] wrong :
                new String[][] {
                    {"--config", path("none.yaml")}, {"nodee"}, {"--max-age", "soon"}
                }) {
            Ended unknown = agent(words(wrong, "status", "--nagios"));
            assertThat(unknown.exitCode()).isEqualTo(3);
            assertThat(unknown.output()).hasLineCount(1).startsWith("BACKUP UNKNOWN - ");
        }
        Files.delete(directory.resolve("state/node/runs.jsonl"));
        Files.createDirectories(directory.resolve("state/node/runs.jsonl"));
        assertThat(agent("status", "--nagios").output()).startsWith("BACKUP UNKNOWN - node cannot");
        assertThat(agent("status").exitCode()).isEqualTo(1);
    }

    @Test
    void whatIsPausedByACommandIsLeftOutByTheAgentThatRuns() throws Exception {
        String config =
                file(
                        """
                        targets: { node: { url: "%s", username: api, password: %s } }
                        schedules: { often: { do: full, cron: "* * * * * ?" } }
                        http: { port: 0 }
                        log-directory: "%s"
                        state-directory: "%s"
                        """
                                .formatted(server.uri(), SECRET, path("log"), path("state")));
        try (AgentProcess process = AgentProcess.start(directory, "run", "--config", config)) {
            await().atMost(Duration.ofSeconds(30)).until(() -> times("proven", "state/node") > 0);
            Ended pause = agent("pause", "often", "--reason", "new disks", "--config", config);
            assertThat(pause.exitCode()).as(pause.errors()).isZero();
            assertThat(pause.output()).isEqualTo("node: schedule often is paused now\n");
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> process.errors().contains("is left out"));

            assertThat(agent("pause", "often", "--config", config).output())
                    .contains("was paused already, since ", ": new disks");
            JsonNode status = agent("status", "--json", "--config", config).json();
            assertThat(status.get("agentRuns").asBoolean()).isTrue();
            assertThat(status.at("/targets/0/verdict").asText()).isEqualTo("paused");
            assertThat(agent("status", "--config", config).output())
                    .contains("often is paused since ", ": new disks");
            assertThat(agent("next", "--config", config).output()).contains("node (paused)");
            assertThat(agent("full", "--config", config).exitCode()).as("by hand").isZero();

            assertThat(agent("resume", "often", "--config", config).output())
                    .isEqualTo("node: schedule often is resumed now\n");
            long proven = times("proven", "state/node");
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> times("proven", "state/node") > proven);
            assertThat(process.errors()).doesNotContain("Missed");
        }
        assertThat(agent("resume", "often", "--config", config).output())
                .isEqualTo("node: schedule often is not paused\n");
    }

    @Test
    void aNameThatMayMeanTwoThingsIsAskedBack() throws Exception {
        String config =
                file(
                        """
                        targets: { node: { url: "%s" }, other: { url: "%s" } }
                        groups: { all: [ node, other ] }
                        schedules: { node: { do: full, cron: "0 1 1 1 *" } }
                        log-directory: "%s"
                        state-directory: "%s"
                        """
                                .formatted(server.uri(), server.uri(), path("log"), path("state")));

        assertRefused(
                2,
                "'node' is both a schedule and a target; allowed: schedule:node, target:node",
                "pause",
                "node",
                "--config",
                config);
        assertRefused(2, "did you mean other?", "pause", "othr", "--config", config);
        assertRefused(2, "NAME", "pause", "--config", config);
        assertThat(agent("pause", "schedule:node", "--config", config).output())
                .isEqualTo(
                        "node: schedule node is paused now\nother: schedule node is paused now\n");
        assertThat(agent("pause", "all", "--config", config).output())
                .contains("node: all schedules are paused now", "other: all schedules are paused");
        assertThat(agent("resume", "target:node", "--config", config).output())
                .contains("node: all schedules are resumed now, but schedule node is paused since");
    }

    @Test
    void nextTellsWhenEachScheduleFires() throws Exception {
        JsonNode next = agent("next", "--count", "2", "--json").json();

        assertThat(next).hasSize(6);
        assertThat(next.findValuesAsText("schedule"))
                .contains("diff-weekdays", "diff-saturday", "full-saturday");
        assertThat(next.findValuesAsText("time")).allMatch(time -> time.contains("T"));
    }

    @Test
    void configShowHidesSecretsAndConfigSchemaIsJson() throws Exception {
        assertThat(agent("config", "show").output())
                .contains("password: '******'", "max-chain-length: 72")
                .doesNotContain(SECRET);
        assertThat(agent("config", "schema").json().get("properties").has("targets")).isTrue();
    }

    @Test
    void badInputIsOneLineAndItsExitCode() throws Exception {
        assertRefused(2, "unknown command 'fulll'", "fulll");
        assertRefused(2, "unknown target 'nodee'", "full", "nodee");
        assertRefused(2, "no command; allowed: run", new String[0]);
        assertRefused(2, "SERVER", "create_full_backup");
        assertRefused(3, "no such file", "full", "--config", path("none.yaml"));
        assertRefused(3, "(file): found what is not YAML", "full", "--config", file("{"));
        assertRefused(
                3,
                ":2: schedulez: found the unknown key schedulez; allowed: ",
                "full",
                "--config",
                file("targets: { a: { url: 'http://a:1' } }\nschedulez: {}"));
        assertThat(server.calls()).isEmpty();
    }

    @Test
    void argumentsThatWouldBeIgnoredAreRefused() throws Exception {
        assertRefused(
                2,
                "found --config beside",
                "create_full_backup",
                "a",
                "u",
                "p",
                "--config",
                file("{}"));
        assertRefused(2, "--last: found -1; allowed: 1 or more", "history", "--last=-1");
        assertRefused(2, "has a '_' in its host", "create_full_backup", "ch_1", "u", "p");
        Ended ended = run(with("LOG_FORMAT", "xml"), "next");
        assertThat(ended.errors()).contains("LOG_FORMAT: found 'xml'; allowed: text, json");
        assertThat(ended.exitCode()).isEqualTo(3);
    }

    @Test
    void oneTargetThatCannotBeginDoesNotStopTheOthers() throws Exception {
        Path config =
                Files.writeString(
                        directory.resolve("two.yaml"),
                        """
                        targets:
                          broken: { url: "%1$s", username: api, password: %2$s }
                          whole: { url: "%1$s", username: api, password: %2$s }
                        log-directory: "%3$s"
                        state-directory: "%4$s"
                        """
                                .formatted(server.uri(), SECRET, path("log"), path("state")));
        Files.createDirectories(directory.resolve("state/broken/runs.jsonl"));
        Ended ended = agent("full", "--json", "--config", config.toString());

        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.json().findValuesAsText("outcome")).containsExactly("failed", "success");
    }

    @Test
    void aBrokenRouteKeepsTheAgentFromStarting() throws Exception {
        Path routes = Files.createDirectories(directory.resolve("routes"));
        try (Stream<Path> files =
                Files.list(Path.of(System.getProperty(AgentProcess.DISTRIBUTION), "routes"))) {
            for (Path file : files.toList()) {
                Files.copy(file, routes.resolve(file.getFileName()));
            }
        }
        assertThat(agent("full", "--routes", routes.toString()).exitCode()).isZero();

        Path stage = routes.resolve("run-backup.camel.yaml");
        String whole = Files.readString(stage);
        Files.writeString(stage, whole.replace("- filter:", "- filtre:"));
        assertRefused(3, "run-backup.camel.yaml:", "run", "--routes", routes.toString());
        Files.writeString(stage, whole.replace("direct:prove-backup", "direct:proof"));
        assertRefused(
                3, "direct:proof, which no route begins", "run", "--routes", routes.toString());
        Files.writeString(stage, whole.replace("ref: runs", "ref: rums"));
        assertRefused(3, "rums", "run", "--routes", routes.toString());
        Files.writeString(stage, whole + "\n- route: [");
        assertRefused(3, "run-backup.camel.yaml:", "run", "--routes", routes.toString());
        assertRefused(3, "no *.camel.yaml", "run", "--routes", path("log"));
    }

    @Test
    void aPortThatIsTakenKeepsTheAgentFromStarting() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            Ended ended = run(with("HTTP_PORT", Integer.toString(taken.getLocalPort())), "run");

            assertThat(ended.exitCode()).isEqualTo(3);
            assertThat(ended.errors()).hasLineCount(1).contains("http.port: found");
        }
    }

    @Test
    void aTargetThatIsDownDoesNotStopTheOthersAndIsTriedAgain() throws Exception {
        Path config =
                Files.writeString(
                        directory.resolve("two.yaml"),
                        """
                        targets:
                          down: { url: "http://127.0.0.1:1" }
                          up: { url: "%s", username: api, password: %s }
                        schedules:
                          often: { do: full, cron: "* * * * * ?" }
                        http: { port: 0 }
                        log-directory: "%s"
                        state-directory: "%s"
                        """
                                .formatted(server.uri(), SECRET, path("log"), path("state")));
        try (AgentProcess process =
                AgentProcess.start(directory, "run", "--config", config.toString())) {
            await().atMost(Duration.ofSeconds(30))
                    .until(
                            () ->
                                    times("ended", "state/down") >= 2
                                            && times("marker-moved", "state/up") >= 2);
            process.terminate();
            await().atMost(Duration.ofSeconds(20)).until(() -> !process.isAlive());
            assertThat(process.ended().exitCode()).isEqualTo(143);
            assertThat(process.errors())
                    .contains("is running: 2 target(s), 1 schedule(s)", "has stopped")
                    .contains("down at http://127.0.0.1:1 does not answer as it should");
            assertThat(process.errors()).doesNotContain("\tat ").doesNotContain(SECRET);
        }
    }

    @Test
    void logLinesAreJsonOnRequest() throws Exception {
        Ended ended = run(with("LOG_FORMAT", "json"), "full");

        assertThat(ended.errors().lines())
                .isNotEmpty()
                .allMatch(line -> line.startsWith("{\"@timestamp\":\"") && line.endsWith("}"))
                .allMatch(line -> line.contains("\"target\":\"node\""));
    }

    @Test
    void theDemoShowsTwoOfEachKindWithin40Seconds() throws Exception {
        Ended ended = run(Map.of(), "demo");

        assertThat(ended.exitCode()).as(ended.errors()).isZero();
        assertThat(ended.took()).isLessThan(Duration.ofSeconds(40));
        for (String target : new String[] {"shard1", "shard2"}) {
            for (String kind : new String[] {"FULL", "DIFF"}) {
                assertThat(
                                ended.output()
                                        .lines()
                                        .filter(line -> line.contains(target + "  " + kind))
                                        .filter(line -> line.endsWith("success")))
                        .hasSizeGreaterThanOrEqualTo(2);
            }
        }
    }

    @Test
    void theReadmeNamesTheDemoThatIsTested() throws Exception {
        assertThat(Path.of("README.md"))
                .content()
                .contains(
                        "mvn -q -DskipTests package &&"
                                + " target/clickhouse-backup-agent/bin/clickhouse-backup-agent demo",
                        "mvn verify");
    }

    private void assertRefused(int exitCode, String message, String... arguments) throws Exception {
        Ended ended = agent(arguments);
        assertThat(ended.errors()).contains(message).hasLineCount(1).startsWith("[ERROR] ");
        assertThat(ended.exitCode()).isEqualTo(exitCode);
        assertThat(ended.output()).isEmpty();
    }

    private Ended agent(String... arguments) throws Exception {
        return run(with("HTTP_PORT", "0"), arguments);
    }

    private Ended run(Map<String, String> environment, String... arguments) throws Exception {
        try (AgentProcess process = AgentProcess.start(directory, environment, arguments)) {
            return process.ended();
        }
    }

    private Map<String, String> with(String name, String value) {
        Map<String, String> environment = new HashMap<>();
        environment.put("SERVER", "node");
        environment.put("API_URL", server.uri().toString());
        environment.put("API_USERNAME", "api");
        environment.put("API_PASSWORD", SECRET);
        environment.put("LOG_DIRECTORY", path("log"));
        environment.put("STATE_DIRECTORY", path("state"));
        environment.put(name, value);
        return environment;
    }

    private long times(String event, String state) throws IOException {
        Path journal = directory.resolve(state).resolve("runs.jsonl");
        if (!Files.exists(journal)) {
            return 0;
        }
        return Files.readAllLines(journal).stream()
                .filter(line -> line.contains("\"event\":\"" + event + "\""))
                .count();
    }

    private String file(String content) throws IOException {
        return Files.writeString(directory.resolve("agent.yaml"), content).toString();
    }

    private String path(String name) {
        return directory.resolve(name).toString();
    }

    private static String[] words(String[] last, String... first) {
        return Stream.concat(Stream.of(first), Stream.of(last)).toArray(String[]::new);
    }
}
