package io.github.clickhousebackupagent.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clickhousebackupagent.internal.control.AgentAddress;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The image that the system property {@code image} names. */
@Tag("image")
class ImageIT {

    private static final String IMAGE = System.getProperty("image");
    private static final String HOME = "/opt/clickhouse-backup-agent";
    private static final String AGENT = HOME + "/bin/clickhouse-backup-agent";
    private static final String LOGS = "/var/log/clickhouse-backup";
    private static final String STATE = "/var/lib/clickhouse-backup-agent";
    private static final int USER = 10001;
    private static final int SIGTERM = 143;
    private static final int WRONG_CONFIGURATION = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration STOP = Duration.ofSeconds(10);
    private static final ObjectMapper JSON = new ObjectMapper();

    /** One for all, as buildah copies the whole image for each; what is kept is in the volumes. */
    private static Container container;

    @TempDir private static Path outputs;

    @TempDir private Path directory;
    private Path logs;
    private Path state;
    private SimulatedServer server;

    @BeforeAll
    static void make() throws Exception {
        container = Container.of(IMAGE, outputs, LOGS, STATE);
    }

    @AfterAll
    static void remove() throws Exception {
        container.close();
    }

    @BeforeEach
    void start() throws Exception {
        logs = volume("logs");
        state = volume("state");
        server = SimulatedServer.builder().credentials("rlAPIuser", "Pass123").start();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /** As an engine makes a volume: it belongs to whom the folder of the image belongs to. */
    private Path volume(String name) throws IOException {
        Path volume = Files.createDirectory(directory.resolve(name));
        Files.setAttribute(volume, "unix:uid", USER);
        Files.setAttribute(volume, "unix:gid", USER);
        return volume;
    }

    private Map<String, Path> volumes() {
        return new HashMap<>(Map.of(LOGS, logs, STATE, state));
    }

    private Map<String, String> environment() throws IOException {
        return new HashMap<>(
                Map.of(
                        "SERVER", "shard1",
                        "API_URL", server.uri().toString(),
                        "API_USERNAME", "rlAPIuser",
                        "API_PASSWORD_FILE", "/run/secrets/backup-api-password",
                        "FIRST_FULL", "at-start",
                        "HTTP_PORT", "0"));
    }

    private Container.Running agent(String... command) throws IOException {
        Map<String, Path> volumes = volumes();
        volumes.put(
                "/run/secrets/backup-api-password",
                Files.writeString(directory.resolve("password"), "Pass123\n"));
        return container.start(volumes, environment(), command);
    }

    @Test
    void theFirstBackupIsMadeAndNothingIsWrittenOutsideOfTheVolumes() throws Exception {
        FileTime before = FileTime.from(Instant.now());
        try (Container.Running agent = agent(AGENT, "run")) {
            Path marker = logs.resolve(".shard1_last_backup");
            await("first backup").atMost(PATIENCE).until(() -> Files.exists(marker));

            assertThat(Files.readString(marker)).startsWith("FULL_CH_BK_");
            assertThat(server.remote()).hasSize(1);
            assertThat(logs.resolve("shard1_backup_ch.log")).isNotEmptyFile();
            assertThat(state.resolve("shard1/runs.jsonl")).isNotEmptyFile();
            assertThat(status(agent)).contains("Uid:\t%1$d\t%1$d\t%1$d\t%1$d".formatted(USER));
            assertThat(status(agent)).contains("Gid:\t%1$d\t%1$d\t%1$d\t%1$d".formatted(USER));
        }
        assertThat(filesNewerThan(before)).isEmpty();
    }

    @Test
    void aStopSignalEndsItWithinItsLimit() throws Exception {
        try (Container.Running agent = agent(AGENT, "run");
                var upload = server.faults().hold("upload")) {
            await("an upload").atMost(PATIENCE).until(() -> uploads(server) == 1);
            long before = System.nanoTime();

            agent.java().orElseThrow().destroy();

            assertThat(agent.ended().output())
                    .contains("clickhouse-backup-agent has stopped")
                    .contains("exited with status " + SIGTERM);
            assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(STOP);
        }
        try (Container.Running agent = agent(AGENT, "run")) {
            await("the same upload, after a start")
                    .atMost(PATIENCE)
                    .until(() -> Files.exists(logs.resolve(".shard1_last_backup")));
            assertThat(uploads(server)).as("not asked for again").isEqualTo(1);
        }
    }

    @Test
    void theHealthCheckTellsWhetherItIsAlive() throws Exception {
        assertThat(health().exitCode()).as("before it runs").isEqualTo(1);
        try (Container.Running agent = agent(AGENT, "run")) {
            await("healthy").atMost(PATIENCE).until(() -> health().exitCode() == 0);
            assertThat(health().output()).contains("\"status\":\"UP\"");
            // The Java of the image has only what is needed: of the process, too.
            assertThat(get("/observe/metrics"))
                    .contains(
                            "process_cpu_usage",
                            "process_files_open_files",
                            "jvm_memory_used_bytes");
            assertThat(get("/page/app.js")).contains("import");
            assertThat(agent.output()).doesNotContain("GC notifications");
            server.kill();
            assertThat(health().exitCode()).as("a server that is away").isZero();
            agent.java().orElseThrow().destroyForcibly();
            agent.ended();
            assertThat(health().exitCode()).as("after it was killed").isEqualTo(1);
        }
    }

    private String get(String path) throws Exception {
        URI url = AgentAddress.read(state).orElseThrow().url();
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(url + path)).build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private Container.Ended health() throws Exception {
        return container.start(volumes(), Map.of(), HOME + "/bin/health").ended();
    }

    @Test
    void routesAndConfigurationThatAreMountedAreUsed() throws Exception {
        Path routes = copy(container.root().resolve("opt/clickhouse-backup-agent/routes"));
        Files.writeString(
                routes.resolve("hello.camel.yaml"),
                """
                - route:
                    id: hello
                    description: Says hello when a backup is proven
                    from:
                      uri: direct:on-success/hello
                      steps:
                        - log: a route of my own was here
                """);
        Path config = Files.createDirectory(directory.resolve("config"));
        Files.writeString(
                config.resolve("agent.yaml"),
                """
                targets:
                  mounted: { url: "%s", username: rlAPIuser, password: Pass123 }
                schedules:
                  full: { do: full, cron: "0 0 * * *", first: at-start }
                http: { port: 0 }
                """
                        .formatted(server.uri()));
        Map<String, Path> volumes = volumes();
        volumes.put(HOME + "/routes", routes);
        volumes.put(HOME + "/config", config);
        try (Container.Running agent = container.start(volumes, Map.of(), AGENT, "run")) {
            await("a backup by the mounted routes")
                    .atMost(PATIENCE)
                    .until(() -> agent.output().contains("a route of my own was here"));
            assertThat(logs.resolve(".mounted_last_backup")).isNotEmptyFile();
        }
        Files.writeString(routes.resolve("hello.camel.yaml"), "- rout: {}");
        try (Container.Running agent = container.start(volumes, Map.of(), AGENT, "run")) {
            assertThat(agent.ended().output())
                    .contains(HOME + "/routes/hello.camel.yaml")
                    .contains("exited with status " + WRONG_CONFIGURATION);
        }
    }

    @Test
    void itStartsFromTheCacheOfItsBuild() throws Exception {
        Map<String, String> strict = Map.of("JAVA_OPTS", "-XX:AOTMode=on");
        try (Container.Running version = container.start(Map.of(), strict, AGENT, "--version")) {
            assertThat(version.ended().exitCode()).as("else it is not used").isZero();
            assertThat(version.output()).startsWith("clickhouse-backup-agent ");
        }
        Map<String, String> other =
                Map.of("JAVA_OPTS", "-XX:AOTMode=on -XX:AOTCache=" + HOME + "/LICENSE");
        try (Container.Running version = container.start(Map.of(), other, AGENT, "--version")) {
            assertThat(version.ended().exitCode()).as("this would tell").isNotZero();
        }
    }

    @Test
    void itTellsWhatItIsAndWhatIsInIt() throws Exception {
        JsonNode image = JSON.readTree(Container.inspect(IMAGE, outputs)).path("Docker");
        JsonNode config = image.path("config");

        assertThat(config.path("User").asText()).isEqualTo(USER + ":" + USER);
        assertThat(config.path("Entrypoint").toString()).isEqualTo("[\"" + AGENT + "\"]");
        assertThat(config.path("Cmd").toString()).isEqualTo("[\"run\"]");
        assertThat(config.path("Healthcheck").path("Test").toString()).contains("/bin/health");
        assertThat(config.path("Volumes").fieldNames()).toIterable().contains(LOGS, STATE);
        assertThat(config.path("Labels").fieldNames())
                .toIterable()
                .contains(
                        "org.opencontainers.image.title",
                        "org.opencontainers.image.licenses",
                        "org.opencontainers.image.version");
        JsonNode materials = JSON.readTree(home().resolve("sbom.cdx.json").toFile());
        assertThat(materials.path("components").findValuesAsText("name"))
                .contains("camel-main", "camel-quartz", "log4j-core");
    }

    @Test
    void theBinaryOfTheServerIsInItWhereItIsAskedFor() throws Exception {
        try (Container.Running version =
                container.start(Map.of(), Map.of(), "clickhouse-backup", "--version")) {
            assertThat(version.ended().output()).isEqualTo("clickhouse-backup of the test\n");
        }
        try (Container.Running trusted =
                container.start(Map.of(), Map.of(), "cat", "/etc/ssl/certs/ca-certificates.crt")) {
            assertThat(trusted.ended().output())
                    .as("without whom it trusts it reaches no storage by https")
                    .isEqualTo("certificates of the test\n");
        }
    }

    /** Leaves for the benchmarks what makes the image as large as it is. */
    @Test
    void itIsNoLargerThanItsParts() throws Exception {
        long java = size(home().resolve("runtime")) - size(cache());
        long jars = size(home().resolve("lib"));
        long rest = size(home()) - size(home().resolve("runtime")) - jars;
        Files.createDirectories(Path.of("target/image"));
        Files.write(
                Path.of("target/image/sizes"),
                List.of(
                        java + " Java runtime",
                        size(cache()) + " cache of classes",
                        jars + " jars",
                        rest + " scripts, routes, configuration, bill of materials"));

        assertThat(size(home())).isLessThan(200_000_000);
        assertThat(jars).isLessThan(50_000_000);
    }

    private Path home() {
        return container.root().resolve(HOME.substring(1));
    }

    private Path cache() {
        return home().resolve("runtime/agent.aot");
    }

    private static long size(Path path) throws IOException {
        try (Stream<Path> all = Files.walk(path)) {
            return all.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }

    private static long uploads(SimulatedServer server) {
        return server.calls().stream()
                .filter(call -> call.path().startsWith("/backup/upload"))
                .count();
    }

    private static String status(Container.Running agent) throws IOException {
        return Files.readString(
                Path.of("/proc", Long.toString(agent.java().orElseThrow().pid()), "status"));
    }

    /**
     * What an engine itself puts in place is not counted: its folders for processes and devices.
     */
    private List<Path> filesNewerThan(FileTime before) throws IOException {
        List<String> engine = List.of("proc", "sys", "dev", "run");
        try (Stream<Path> all =
                Files.walk(container.root())
                        .filter(
                                file ->
                                        !engine.contains(
                                                container
                                                        .root()
                                                        .relativize(file)
                                                        .getName(0)
                                                        .toString()))) {
            return all.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                    .filter(file -> modified(file).compareTo(before) > 0)
                    .toList();
        }
    }

    private static FileTime modified(Path file) {
        try {
            return Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path copy(Path folder) throws IOException {
        Path copy = Files.createDirectory(directory.resolve("routes"));
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, copy.resolve(file.getFileName()));
            }
        }
        return copy;
    }
}
