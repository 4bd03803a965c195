package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.control.AgentAddress;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.PauseRequest;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.sandbox.Ending;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Prometheus is told: alerts are deaf to what is not there. */
class MetricsTest {

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String OURS = "clickhouse_backup_agent_";
    private static final String SCHEDULES =
            """
            schedules:
              weekly: { do: full, cron: "0 0 20 ? * SAT" }
              hourly: { do: diff, cron: "0 30 8-20 ? * *" }
            """;
    private static final String WEEKLY = "{kind=\"full\",schedule=\"weekly\",target=\"node\"}";
    private static final String NODE = "{target=\"node\"}";

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

    private HttpResponse<byte[]> get(String path, String... headers) {
        URI url = AgentAddress.read(directory.resolve("state")).orElseThrow().url();
        HttpRequest.Builder call = HttpRequest.newBuilder(URI.create(url + path)).timeout(SOON);
        if (headers.length > 0) {
            call.headers(headers);
        }
        try {
            return client.send(call.build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private String text() {
        HttpResponse<byte[]> answer = get("/observe/metrics");
        String text = new String(answer.body(), StandardCharsets.UTF_8);
        assertThat(answer.statusCode()).as(text).isEqualTo(200);
        return text;
    }

    /** Returns the value of each series, by its name and labels as they stand there. */
    private Map<String, Double> scrape() {
        Map<String, Double> values = new TreeMap<>();
        for (String line : text().lines().filter(line -> !line.startsWith("#")).toList()) {
            int space = line.lastIndexOf(' ');
            assertThat(values.put(line.substring(0, space), value(line.substring(space + 1))))
                    .as("twice: " + line)
                    .isNull();
        }
        return values;
    }

    private static double value(String text) {
        return text.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(text);
    }

    @Test
    void eachMetricOfTheReferenceIsToldAndEachThatIsToldIsInTheReference() throws Exception {
        Map<String, String> documented =
                Pattern.compile("^\\| `([a-z_]+)` \\| ([a-z]+) \\|", Pattern.MULTILINE)
                        .matcher(Files.readString(Path.of("docs/reference/metrics.md")))
                        .results()
                        .collect(Collectors.toMap(m -> m.group(1), m -> m.group(2)));
        try (SandboxAgent agent = SandboxAgent.start(directory, server, SCHEDULES)) {
            // Each receiver is told from its first notice on.
            agent.agent().seen().notices().known("webhook");
            Map<String, String> told =
                    Pattern.compile("^# TYPE ([a-z_]+) ([a-z]+)$", Pattern.MULTILINE)
                            .matcher(text())
                            .results()
                            .collect(Collectors.toMap(m -> m.group(1), m -> m.group(2)));

            assertThat(told).containsAllEntriesOf(documented);
            assertThat(told.keySet().stream().filter(name -> name.startsWith(OURS)))
                    .isSubsetOf(documented.keySet());
            assertThat(told).containsKeys("jvm_memory_used_bytes", "process_cpu_usage");
        }
    }

    @Test
    void aScheduleThatNeverRanIsTold() {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, SCHEDULES)) {
            String force = OURS + "schedule_in_force_since_timestamp_seconds" + WEEKLY;
            await().atMost(SOON).until(() -> scrape().get(force) > 0);
            Map<String, Double> values = scrape();

            assertThat(values)
                    .containsEntry(OURS + "schedule_last_success_timestamp_seconds" + WEEKLY, 0.0)
                    .containsEntry(OURS + "schedule_last_attempt_timestamp_seconds" + WEEKLY, 0.0)
                    .containsEntry(OURS + "schedule_failed_runs_in_a_row" + WEEKLY, 0.0)
                    .containsEntry(
                            OURS
                                    + "schedule_promised_interval_seconds{kind=\"full\",schedule=\"weekly\"}",
                            7 * 86400.0)
                    .containsEntry(
                            OURS
                                    + "schedule_promised_interval_seconds{kind=\"diff\",schedule=\"hourly\"}",
                            12 * 3600.0)
                    .containsEntry(OURS + "schedule_missed_runs_total" + WEEKLY, 0.0)
                    .containsEntry(OURS + "runs_total{outcome=\"failed\",target=\"node\"}", 0.0)
                    .containsEntry(OURS + "last_proven_backup_timestamp_seconds" + NODE, 0.0)
                    .containsEntry(OURS + "last_proof_success" + NODE, Double.NaN)
                    .containsEntry(OURS + "broken_backups" + NODE, Double.NaN)
                    .containsEntry(OURS + "max_chain_length", 72.0)
                    .containsEntry(OURS + "hook_failures_total{point=\"on-failure\"}", 0.0)
                    .containsEntry(
                            OURS + "stage_duration_seconds_count{kind=\"diff\",stage=\"upload\"}",
                            0.0);
            double next =
                    values.get(
                            OURS
                                    + "schedule_next_run_timestamp_seconds{kind=\"full\",schedule=\"weekly\"}");
            assertThat(Instant.ofEpochSecond((long) next)).isAfter(Instant.now());
            double since = values.get(OURS + "schedule_in_force_since_timestamp_seconds" + WEEKLY);
            assertThat(Instant.ofEpochSecond((long) since)).isAfter(Instant.now().minus(SOON));
        }
    }

    @Test
    void whatWasDoneIsToldAndIsTheSameAfterARestart() {
        Map<String, Double> before;
        RunResult full;
        try (SandboxAgent agent = SandboxAgent.start(directory, server, SCHEDULES)) {
            full = agent.full();
            agent.fire("node", BackupKind.DIFF);
            await().atMost(SOON).until(() -> agent.results("node").size() == 2);
            server.faults().next("create", Ending.error("no space left on device"));
            assertThat(agent.full().outcome()).isEqualTo(Outcome.FAILED);
            // What is done by hand does not wait until schedules are in force.
            String hourly = "{kind=\"diff\",schedule=\"hourly\",target=\"node\"}";
            String force = OURS + "schedule_in_force_since_timestamp_seconds" + hourly;
            await().atMost(SOON).until(() -> scrape().get(force) > 0);
            agent.agent().pause(new PauseRequest("node", "weekly", "moving", "ops"));

            before = scrape();
        }
        assertThat(before)
                .containsEntry(OURS + "runs_total{outcome=\"success\",target=\"node\"}", 2.0)
                .containsEntry(OURS + "runs_total{outcome=\"failed\",target=\"node\"}", 1.0)
                .containsEntry(OURS + "runs_total{outcome=\"skipped\",target=\"node\"}", 0.0)
                .containsEntry(
                        OURS
                                + "schedule_failed_runs_in_a_row{kind=\"diff\",schedule=\"hourly\",target=\"node\"}",
                        0.0)
                .containsEntry(OURS + "last_backup_chain_length" + NODE, 2.0)
                .containsEntry(
                        OURS + "last_backup_size_bytes{kind=\"full\",target=\"node\"}",
                        full.size().doubleValue())
                .containsEntry(OURS + "last_proof_success" + NODE, 1.0)
                .containsEntry(OURS + "broken_backups" + NODE, 0.0)
                .containsEntry(OURS + "promised_interval_seconds" + NODE, 12 * 3600.0)
                .containsEntry(OURS + "api_up" + NODE, 1.0)
                .containsEntry(
                        OURS + "stage_duration_seconds_count{kind=\"full\",stage=\"upload\"}", 1.0)
                .containsEntry(
                        OURS
                                + "stage_duration_seconds_bucket{kind=\"full\",stage=\"run\",le=\"+Inf\"}",
                        2.0);
        assertThat(before.get(OURS + "schedule_paused_since_timestamp_seconds" + WEEKLY))
                .isGreaterThan(1.7e9);
        assertThat(before.get(OURS + "last_proven_backup_timestamp_seconds" + NODE))
                .isGreaterThan(1.7e9);

        try (SandboxAgent agent = SandboxAgent.start(directory, server, SCHEDULES)) {
            assertThat(ofJournal(scrape())).isEqualTo(ofJournal(before));
        }
    }

    @Test
    void aDiffThatBecameAFullIsARunOfItsScheduleThatSucceeded() {
        String promoting =
                """
                schedules: { hourly: { do: diff, cron: "0 30 8-20 ? * *", overlap: wait } }
                backup: { when-no-base: promote-to-full }
                """;
        String hourly = "{kind=\"diff\",schedule=\"hourly\",target=\"node\"}";
        try (SandboxAgent agent = SandboxAgent.start(directory, server, promoting)) {
            server.faults().next("create", Ending.error("no space left on device"));
            agent.fire("node", BackupKind.DIFF);
            await().atMost(SOON).until(() -> agent.results("node").size() == 1);
            assertThat(scrape())
                    .containsEntry(OURS + "schedule_failed_runs_in_a_row" + hourly, 1.0)
                    .containsEntry(OURS + "schedule_last_success_timestamp_seconds" + hourly, 0.0);

            agent.fire("node", BackupKind.DIFF);
            await().atMost(SOON).until(() -> agent.results("node").size() == 2);

            assertThat(agent.results("node"))
                    .extracting(RunResult::kind)
                    .containsOnly(RunKind.FULL);
            Map<String, Double> values = scrape();
            assertThat(values)
                    .containsEntry(OURS + "schedule_failed_runs_in_a_row" + hourly, 0.0)
                    .containsEntry(OURS + "runs_total{outcome=\"success\",target=\"node\"}", 1.0)
                    .containsEntry(OURS + "runs_total{outcome=\"failed\",target=\"node\"}", 1.0);
            for (String moment : List.of("success", "attempt")) {
                String name = OURS + "schedule_last_" + moment + "_timestamp_seconds" + hourly;
                assertThat(values.get(name)).isGreaterThan(1.7e9);
            }

            // From now on it is a DIFF: both kinds count.
            server.faults().next("create", Ending.error("no space left on device"));
            agent.fire("node", BackupKind.DIFF);
            await().atMost(SOON).until(() -> agent.results("node").size() == 3);
            assertThat(scrape())
                    .containsEntry(OURS + "schedule_failed_runs_in_a_row" + hourly, 1.0);
        }
    }

    /** Leaves out what is of a process. */
    private static Map<String, Double> ofJournal(Map<String, Double> values) {
        return values.entrySet().stream()
                .filter(one -> one.getKey().startsWith(OURS))
                .filter(one -> !one.getKey().contains("_api_"))
                .filter(one -> !one.getKey().contains("_next_run_"))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    @Test
    void aServerThatDoesNotAnswerIsTold() {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, SCHEDULES)) {
            agent.full();
            assertThat(scrape()).containsEntry(OURS + "api_up" + NODE, 1.0);
            double took = scrape().get(OURS + "api_last_call_duration_seconds" + NODE);
            assertThat(took).isBetween(0.0, 20.0);

            server.close();
            assertThat(agent.full().outcome()).isEqualTo(Outcome.FAILED);

            assertThat(scrape()).containsEntry(OURS + "api_up" + NODE, 0.0);
        }
    }

    @Test
    void aServerThatRefusesThePasswordIsTold() {
        try (SimulatedServer closed = SimulatedServer.builder().credentials("a", "b").start();
                SandboxAgent agent = SandboxAgent.start(directory, closed, SCHEDULES)) {
            agent.full();

            assertThat(scrape()).containsEntry(OURS + "api_up" + NODE, 0.0);
        }
    }

    @Test
    void anEditBeginsNoCounterAnew() throws Exception {
        try (EditedAgent agent = EditedAgent.start(directory, server)) {
            agent.edit(
                    "mine",
                    """
                    - route:
                        id: mine
                        from:
                          uri: direct:on-success
                          steps:
                            - throwException: { exceptionType: "java.lang.IllegalStateException", message: no }
                    """);
            agent.awaitTaken(1);
            agent.agent().run(EditedAgent.TARGET, BackupKind.FULL);
            String failures = OURS + "hook_failures_total{point=\"on-success\"}";
            await().atMost(SOON).until(() -> scrape().get(failures) == 1);
            Map<String, Double> before = scrape();

            agent.configure(
                    Map.of(EditedAgent.TARGET, server), EditedAgent.schedule("0 0 20 ? * SAT"));
            agent.awaitTaken(2);

            assertThat(scrape())
                    .containsEntry(failures, 1.0)
                    .containsEntry(OURS + "api_up" + NODE, 1.0)
                    .containsEntry(
                            OURS
                                    + "schedule_promised_interval_seconds{kind=\"full\",schedule=\"full\"}",
                            7 * 86400.0)
                    .containsEntry(
                            OURS + "last_proven_backup_timestamp_seconds" + NODE,
                            before.get(OURS + "last_proven_backup_timestamp_seconds" + NODE));
            agent.edit("mine", "- route: {");
            agent.awaitRefused();
            assertThat(scrape().get(OURS + "edit_refused_since_timestamp_seconds"))
                    .isGreaterThan(1.7e9);
        }
    }

    @Test
    void whoMayNotReadTheApiMayNotReadMetrics() {
        String closed = SCHEDULES + "http: { port: 0, token: tell-nobody, read: token }\n";
        try (SandboxAgent agent = SandboxAgent.start(directory, server, closed)) {
            assertThat(get("/observe/metrics").statusCode()).isEqualTo(401);
            assertThat(get("/observe/metrics", "Authorization", "Bearer other").statusCode())
                    .isEqualTo(401);
            assertThat(get("/observe/metrics", "Authorization", "Bearer tell-nobody").statusCode())
                    .isEqualTo(200);
            assertThat(get("/observe/metrics", "Origin", "http://elsewhere").statusCode())
                    .isEqualTo(403);
            // Probes have no token, and learn nothing of backups.
            for (String probe : List.of("", "/live", "/ready")) {
                HttpResponse<byte[]> answer = get("/observe/health" + probe);
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(new String(answer.body(), StandardCharsets.UTF_8))
                        .contains("\"status\":\"UP\"")
                        .doesNotContain("node");
            }
        }
    }

    @Test
    void itIsToldInTheFormatThatIsAskedFor() throws Exception {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, SCHEDULES)) {
            HttpResponse<byte[]> open =
                    get("/observe/metrics", "Accept", "application/openmetrics-text");
            HttpResponse<byte[]> zipped = get("/observe/metrics", "Accept-Encoding", "gzip");

            assertThat(open.headers().firstValue("Content-Type").orElseThrow())
                    .startsWith("application/openmetrics-text");
            assertThat(new String(open.body(), StandardCharsets.UTF_8)).endsWith("# EOF\n");
            assertThat(zipped.headers().firstValue("Content-Encoding")).contains("gzip");
            byte[] plain =
                    new GZIPInputStream(new ByteArrayInputStream(zipped.body())).readAllBytes();
            assertThat(new String(plain, StandardCharsets.UTF_8)).contains(OURS + "api_up" + NODE);
        }
    }
}
