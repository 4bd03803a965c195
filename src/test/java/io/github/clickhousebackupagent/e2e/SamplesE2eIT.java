package io.github.clickhousebackupagent.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.clickhousebackupagent.internal.cli.AgentProcess;
import io.github.clickhousebackupagent.internal.cli.AgentProcess.Ended;
import io.github.clickhousebackupagent.samples.ComposeFile;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is in {@code clickhouse/} and {@code docker-compose.yml}, with real servers: a first user's
 * backups, made by nothing but what is delivered.
 */
@Tag("e2e")
class SamplesE2eIT {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static SampleInstallation samples;
    private static RealStack stack;
    private static RealApi api;

    @TempDir Path directory;

    @BeforeAll
    static void start() throws IOException {
        samples = new SampleInstallation();
        stack = RealStack.startGiven(samples);
        api = new RealApi(stack);
        statements(Path.of("clickhouse/initdb/shop.sql")).forEach(stack::query);
    }

    @AfterAll
    static void close() {
        if (stack != null) {
            stack.close();
        }
    }

    @BeforeEach
    void idleServer() {
        Awaitility.await("the server to be idle")
                .atMost(LIMIT)
                .until(() -> api.running().isEmpty());
    }

    @Test
    void aFirstUserGetsAFullAndADiffAndAPlanThatCountsRows() throws Exception {
        Ended check = agent("check", "--json");
        assertThat(check.exitCode()).as(check.errors()).isZero();
        assertThat(check.run().path("target").asText()).isEqualTo("clickhouse");

        String full = proven(agent("full", "--json"));
        assertThat(stack.remoteFolder().resolve(full)).isDirectory();
        stack.query("INSERT INTO shop.orders SELECT * FROM shop.orders WHERE id < 10");
        String diff = proven(agent("diff", "--json"));

        assertThat(api.remoteBackup(diff).path("required").asText()).isEqualTo(full);
        assertThat(api.row("upload", diff).orElseThrow().path("command").asText())
                .isEqualTo("upload --diff-from=\"" + full + "\" " + diff);
        assertThat(directory.resolve("log/clickhouse_backup_ch.log")).isNotEmptyFile();

        Ended plan = agent("restore", "last", "--table", "shop.orders", "--dry-run");
        assertThat(plan.exitCode()).as(plan.errors()).isEqualTo(8);
        assertThat(plan.output() + plan.errors()).contains("shop.orders (10,010 rows)");

        stack.query("DROP TABLE shop.orders");
        Ended restore = agent("restore", "last", "--table", "shop.orders", "--yes");
        assertThat(restore.exitCode()).as(restore.errors()).isZero();
        assertThat(stack.query("SELECT count() FROM shop.orders")).isEqualTo("10010");
        assertThat(stack.query("SELECT count() FROM shop.orders WHERE id < 10")).isEqualTo("20");
    }

    /** With {@code docker compose up}, nobody asks for it. */
    @Test
    void theFirstFullIsMadeAtOnce() throws Exception {
        Path marker = directory.resolve("log/.clickhouse_last_backup");
        Ended ended;
        try (AgentProcess agent = AgentProcess.start(directory, environment(), "run")) {
            Awaitility.await("the first FULL")
                    .atMost(LIMIT)
                    .until(() -> !agent.isAlive() || Files.exists(marker));
            agent.terminate();
            ended = agent.ended();
        }
        assertThat(marker).as(ended.errors()).isNotEmptyFile();
        String backup = Files.readString(marker);
        assertThat(backup).startsWith("FULL_CH_BK_");
        assertThat(api.remoteBackup(backup).path("desc").asText()).doesNotContain("broken");
    }

    @Test
    void theUserOfTheAgentSeesAllAndChangesNothing() {
        String tables = "SELECT count() FROM system.tables";
        assertThat(asAgent(tables).body().strip()).isEqualTo(stack.query(tables));
        assertThat(asAgent("DROP TABLE shop.orders").statusCode()).isNotEqualTo(200);
        assertThat(asAgent("INSERT INTO shop.orders (id) VALUES (1)").statusCode())
                .isNotEqualTo(200);
        assertThat(Long.parseLong(stack.query("SELECT count() FROM shop.orders"))).isPositive();
    }

    @Test
    void withoutItsSecretsNothingStarts() throws Exception {
        for (String service : List.of("clickhouse", "clickhouse-backup", "ftpd_server")) {
            String script =
                    samples.compose()
                            .service(service)
                            .startScript()
                            .replace("/run/secrets/", directory + "/missing/")
                            .replaceFirst("(?m)^exec .*$", "echo started");
            Ran ran = run(script);
            assertThat(ran.exitCode()).as(service).isNotZero();
            assertThat(ran.output()).as(service).doesNotContain("started");
        }
    }

    @Test
    void healthChecksTellWhatIsUpAndWhatIsNot() throws Exception {
        String port = Integer.toString(stack.apiUri().getPort());
        String healthOfApi =
                SampleInstallation.here(
                                samples.compose().service("clickhouse-backup").healthScript())
                        .replace(":7171/", ":" + port + "/");
        String healthOfFtp =
                samples.compose()
                        .service("ftpd_server")
                        .healthScript()
                        .replace("/127.0.0.1/21;", "/127.0.0.1/" + stack.ftpPort() + ";");
        assertThat(healthOfApi).contains(":" + port + "/");
        assertThat(healthOfFtp).contains("/127.0.0.1/" + stack.ftpPort() + ";");
        int rows = api.actions().size();

        assertThat(run(healthOfApi).exitCode()).as(run(healthOfApi).output()).isZero();
        assertThat(run(healthOfFtp).exitCode()).as(run(healthOfFtp).output()).isZero();
        assertThat(api.actions()).as("a health check is no operation").hasSize(rows);
        Path other = Files.writeString(directory.resolve("other"), "wrong");
        assertThat(
                        run(healthOfApi.replace(
                                        SampleInstallation.secret("api-password").toString(),
                                        other.toString()))
                                .exitCode())
                .as("another password")
                .isNotZero();

        stack.killBackupServer();
        stack.stopFtp();
        try {
            assertThat(run(healthOfApi).exitCode()).isNotZero();
            assertThat(run(healthOfFtp).exitCode()).isNotZero();
        } finally {
            stack.startWhatIsDown();
        }
    }

    @Test
    void replicasThatShareAStorageHaveAFolderEach() throws Exception {
        Map<String, String> environment =
                ComposeFile.read(Path.of("docker-compose.cluster.yml"))
                        .service("backup-s1r2")
                        .environment();
        String path = environment.get("FTP_PATH");
        stack.killBackupServer();
        stack.startBackupServerWith(Map.of("FTP_PATH", path));
        try {
            String full = proven(agent("full", "--json"));
            assertThat(stack.remoteFolder().resolve("01").resolve("02").resolve(full))
                    .isDirectory();

            stack.killBackupServer();
            // 2.4.0 would upload its last backup again, to the new folder.
            stack.startBackupServerWith(
                    Map.of(
                            "FTP_PATH",
                            path.replace("{replica}", "01"),
                            "API_COMPLETE_RESUMABLE_AFTER_RESTART",
                            "false"));
            assertThat(api.remoteBackups()).as("what another replica sees").isEmpty();
        } finally {
            stack.killBackupServer();
            stack.startBackupServer();
        }
    }

    private String proven(Ended ended) throws IOException {
        assertThat(ended.exitCode()).as(ended.errors()).isZero();
        JsonNode run = ended.run();
        assertThat(run.path("outcome").asText()).isEqualTo("success");
        String backup = run.path("backup").asText();
        assertThat(Files.readString(directory.resolve("log/.clickhouse_last_backup")))
                .isEqualTo(backup);
        return backup;
    }

    private Ended agent(String... arguments) throws Exception {
        try (AgentProcess agent = AgentProcess.start(directory, environment(), arguments)) {
            return agent.ended();
        }
    }

    /** What the container has, but for where things are. */
    private Map<String, String> environment() {
        Map<String, String> environment =
                samples.compose().service("clickhouse-backup-agent").environment();
        environment.put("API_URL", stack.apiUri().toString());
        environment.put("CLICKHOUSE_URL", stack.clickHouseUri().toString());
        environment.replaceAll((name, value) -> SampleInstallation.here(value));
        environment.put("HTTP_PORT", "0");
        environment.put("LOG_DIRECTORY", directory.resolve("log").toString());
        environment.put("STATE_DIRECTORY", directory.resolve("state").toString());
        return environment;
    }

    private static HttpResponse<String> asAgent(String sql) {
        try {
            HttpRequest request =
                    HttpRequest.newBuilder(URI.create(stack.clickHouseUri() + "/"))
                            .header("X-ClickHouse-User", "backup_agent")
                            .header(
                                    "X-ClickHouse-Key",
                                    Files.readString(
                                                    SampleInstallation.secret(
                                                            "clickhouse-reader-password"))
                                            .strip())
                            .timeout(LIMIT)
                            .POST(BodyPublishers.ofString(sql))
                            .build();
            return HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(sql, e);
        }
    }

    private record Ran(int exitCode, String output) {}

    private Ran run(String script) throws Exception {
        Path output = Files.createTempFile(directory, "script-", ".log");
        Process process =
                new ProcessBuilder("bash", "-ec", script)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
        if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("did not end: " + script);
        }
        return new Ran(process.exitValue(), Files.readString(output));
    }

    private static List<String> statements(Path file) throws IOException {
        return Arrays.stream(Files.readString(file).replaceAll("(?m)^--.*$", "").split(";"))
                .map(String::strip)
                .filter(statement -> !statement.isEmpty())
                .toList();
    }
}
