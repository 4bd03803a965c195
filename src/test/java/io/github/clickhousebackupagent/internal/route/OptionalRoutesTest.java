package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RunRequest;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.sandbox.Ending;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.component.kafka.KafkaClientFactory;
import org.apache.camel.component.kafka.KafkaConfiguration;
import org.apache.camel.component.kafka.KafkaEndpoint;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The files in routes/optional work by copying them, against servers that keep what they get. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
class OptionalRoutesTest {

    private static final Path OPTIONAL = Path.of("routes/optional");
    private static final Pattern VARIABLE = Pattern.compile("\\{\\{\\??env:([A-Z_]+)");
    private static final String SECRET = "s3cret${body}{x}";

    /** A request that a server got. */
    private record Request(String method, String uri, Map<String, String> headers, String body) {}

    @TempDir Path directory;

    private final List<Request> requests = new CopyOnWriteArrayList<>();

    static Stream<String> names() throws IOException {
        try (Stream<Path> files = Files.list(OPTIONAL)) {
            return files
                    .map(file -> file.getFileName().toString().replace(".camel.yaml", ""))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void theHeadOfEachSaysEachVariableAndNoOther(String name) throws Exception {
        String text = Files.readString(OPTIONAL.resolve(name + ".camel.yaml"));
        String head = text.substring(0, text.indexOf("\n\n"));
        List<String> used = new ArrayList<>();
        Matcher variable = VARIABLE.matcher(text);
        while (variable.find()) {
            used.add(variable.group(1));
        }
        List<String> told =
                Pattern.compile("(?m)^#   ([A-Z][A-Z0-9_]+)  ")
                        .matcher(head)
                        .results()
                        .map(line -> line.group(1))
                        .toList();
        assertThat(told).containsExactlyInAnyOrderElementsOf(used.stream().distinct().toList());
    }

    @Test
    void allTogetherLoadBesideTheShippedOnes() throws Exception {
        Hooked hooked = new Hooked(directory);
        for (String name : names().toList()) {
            copy(
                    hooked,
                    name,
                    Map.of(
                            "WEBHOOK_URL", "http://127.0.0.1:1/",
                            "HEALTHCHECKS_KEY_FILE", secret(),
                            "HOOK_COMMAND", "/bin/true",
                            "MAIL_FROM", "agent@example.com",
                            "MAIL_TO", "me@example.com",
                            "MARKER_BUCKET", "backups",
                            "NOTIFY_WEBHOOK_URL", "http://127.0.0.1:1/",
                            "NOTIFY_WEBHOOK_SECRET_FILE", secret(),
                            "NOTIFY_SLACK_URL_FILE", secret()));
        }
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked)) {
            assertThat(agent.agent().context().getRoutes())
                    .extracting(org.apache.camel.Route::getRouteId)
                    .contains(
                            "webhook-send",
                            "healthchecks-ping",
                            "command-run",
                            "notify-email-send",
                            "notify-slack-deliver",
                            "notify-webhook-deliver",
                            "kafka-send",
                            "copy-marker");
        }
    }

    @Test
    void whatIsInTheFolderOptionalIsNotLoaded() throws Exception {
        Hooked hooked = new Hooked(directory);
        Files.createDirectories(hooked.routes.resolve("optional"));
        Files.copy(
                OPTIONAL.resolve("webhook.camel.yaml"),
                hooked.routes.resolve("optional/webhook.camel.yaml"));
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked)) {
            assertThat(agent.agent().context().getRoute("webhook-send")).isNull();
        }
    }

    @Test
    void aVariableThatIsMissingIsNamed() throws Exception {
        Hooked hooked = copy(new Hooked(directory), "webhook", Map.of());
        try (SimulatedServer server = SandboxAgent.server().start()) {
            assertThatThrownBy(() -> start(server, hooked)).hasMessageContaining("WEBHOOK_URL");
        }
    }

    @Test
    void aSecretFileThatIsMissingIsNamed() throws Exception {
        Hooked hooked =
                copy(
                        new Hooked(directory),
                        "healthchecks",
                        Map.of("HEALTHCHECKS_KEY_FILE", directory.resolve("nowhere").toString()));
        try (SimulatedServer server = SandboxAgent.server().start()) {
            assertThatThrownBy(() -> start(server, hooked))
                    .hasMessageContaining(
                            "found no readable file (NoSuchFileException); allowed: a file that holds the secret");
        }
    }

    @Test
    void webhook() throws Exception {
        HttpServer http = http(200);
        Hooked hooked =
                copy(
                        new Hooked(directory),
                        "webhook",
                        Map.of(
                                "WEBHOOK_URL",
                                url(http) + "/hook?to=us",
                                "WEBHOOK_TOKEN_FILE",
                                secret()));
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked)) {
            RunResult full = agent.full();
            server.faults().next("create", Ending.error("disk \"full\""));
            RunResult failed = agent.full();

            assertThat(requests).hasSize(2);
            Request success = requests.get(0);
            assertThat(success.method()).isEqualTo("POST");
            assertThat(success.uri()).isEqualTo("/hook?to=us");
            assertThat(success.headers())
                    .containsEntry("authorization", "Bearer " + SECRET)
                    .containsEntry("content-type", "application/json")
                    .doesNotContainKey("backupname");
            JsonNode event = new ObjectMapper().readTree(success.body());
            assertThat(event.get("event").asText()).isEqualTo("on-success");
            assertThat(event.get("backup").asText()).isEqualTo(full.backup());
            assertThat(event.get("size").asLong()).isEqualTo(full.size());
            JsonNode failure = new ObjectMapper().readTree(requests.get(1).body());
            assertThat(failure.get("event").asText()).isEqualTo("on-failure");
            assertThat(failure.get("run").asText()).isEqualTo(failed.run());
            assertThat(failure.get("reason").asText()).isEqualTo("disk \"full\"");
            assertThat(agent.log()).doesNotContain("Hook ");
        } finally {
            http.stop(0);
        }
    }

    @Test
    void aWebhookThatRefusesIsAWarningWithoutItsAddressAndToken() throws Exception {
        HttpServer http = http(404);
        Hooked hooked =
                copy(
                        new Hooked(directory),
                        "webhook",
                        Map.of("WEBHOOK_URL", url(http) + "/T0P", "WEBHOOK_TOKEN_FILE", secret()));
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked)) {
            assertThat(agent.full().outcome()).isEqualTo(Outcome.SUCCESS);
            http.stop(0);
            assertThat(agent.full().outcome()).isEqualTo(Outcome.SUCCESS);

            assertThat(agent.log().split("Hook on-success, route webhook-on-success: ", -1))
                    .hasSize(3);
            assertThat(agent.log())
                    .contains("route webhook-on-success: the webhook answered 404")
                    .doesNotContain("T0P", SECRET);
        } finally {
            http.stop(0);
        }
    }

    @Test
    void aWebhookNeedsNoToken() throws Exception {
        HttpServer http = http(204);
        Hooked hooked = copy(new Hooked(directory), "webhook", Map.of("WEBHOOK_URL", url(http)));
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked)) {
            agent.full();

            assertThat(requests)
                    .singleElement()
                    .satisfies(
                            request ->
                                    assertThat(request.headers())
                                            .doesNotContainKey("authorization"));
            assertThat(agent.log()).doesNotContain("Hook ");
        } finally {
            http.stop(0);
        }
    }

    @Test
    void healthchecks() throws Exception {
        HttpServer http = http(200);
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, healthchecks(http))) {
            RunResult full = bySchedule(agent, BackupKind.FULL, "full-weekly");
            server.faults().next("upload", Ending.error("no space"));
            bySchedule(agent, BackupKind.DIFF, "hourly");

            assertThat(requests)
                    .extracting(request -> request.uri().replaceFirst("rid=.*", ""))
                    .containsExactly(
                            "/k3y/node-full-weekly/start?create=1&",
                            "/k3y/node-full-weekly?create=1&",
                            "/k3y/node-hourly/start?create=1&",
                            "/k3y/node-hourly/fail?create=1&");
            assertThat(requests)
                    .extracting(request -> request.uri().replaceFirst(".*rid=", ""))
                    .allMatch(rid -> rid.matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"))
                    .satisfies(
                            rids -> {
                                assertThat(rids.get(0)).isEqualTo(rids.get(1));
                                assertThat(rids.get(2)).isEqualTo(rids.get(3));
                                assertThat(rids.get(0)).isNotEqualTo(rids.get(2));
                            });
            assertThat(requests.get(1).body()).isEqualTo(full.backup());
            assertThat(requests.get(3).body()).isEqualTo("no space");
            assertThat(requests).allMatch(request -> request.method().equals("POST"));
            assertThat(agent.log()).doesNotContain("Hook ");
        } finally {
            http.stop(0);
        }
    }

    @Test
    void aDiffThatBecomesAFullIsStillWhatTheCheckOfItsScheduleWaitsFor() throws Exception {
        HttpServer http = http(200);
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, healthchecks(http))) {
            RunResult promoted = bySchedule(agent, BackupKind.DIFF, "hourly");

            assertThat(promoted.base()).as("there was nothing to base it on").isNull();
            assertThat(requests)
                    .extracting(request -> request.uri().replaceFirst("\\?.*", ""))
                    .containsExactly("/k3y/node-hourly/start", "/k3y/node-hourly");
        } finally {
            http.stop(0);
        }
    }

    @Test
    void aRunByHandMakesNoCheckThatWouldGoRedWhenNobodyMakesAnother() throws Exception {
        HttpServer http = http(200);
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, healthchecks(http))) {
            assertThat(agent.full().outcome()).isEqualTo(Outcome.SUCCESS);
            server.faults().next("upload", Ending.error("no space"));
            assertThat(agent.full().outcome()).isEqualTo(Outcome.FAILED);

            assertThat(requests).isEmpty();
        } finally {
            http.stop(0);
        }
    }

    private Hooked healthchecks(HttpServer http) throws IOException {
        Path key = Files.writeString(directory.resolve("key"), "k3y\n");
        return copy(
                new Hooked(directory),
                "healthchecks",
                Map.of("HEALTHCHECKS_URL", url(http), "HEALTHCHECKS_KEY_FILE", key.toString()));
    }

    private static RunResult bySchedule(SandboxAgent agent, BackupKind kind, String schedule) {
        Instant now = Instant.now();
        return agent.agent()
                .run(
                        RunRequest.bySchedule(
                                "by-%s-%s".formatted(schedule, now.toEpochMilli()),
                                SandboxAgent.TARGET,
                                kind,
                                schedule,
                                now));
    }

    @Test
    void withoutHealthchecksBackupsAreMadeAllTheSame() throws Exception {
        HttpServer http = http(500);
        http.stop(0);
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, healthchecks(http))) {
            assertThat(bySchedule(agent, BackupKind.FULL, "full-weekly").outcome())
                    .isEqualTo(Outcome.SUCCESS);
            assertThat(agent.log())
                    .contains("Hook on-success, route healthchecks-success: ")
                    .doesNotContain("k3y");
        }
    }

    @Test
    void command() throws Exception {
        Path out = directory.resolve("out put");
        Path script =
                script(
                        "printf '%s|' \"$@\" \"$BACKUP_NAME\" \"$BACKUP_OUTCOME\" \"$BACKUP_REASON\""
                                + " \"$BACKUP_STARTED_AT\" >> '"
                                + out
                                + "'; echo >> '"
                                + out
                                + "'");
        Hooked hooked =
                copy(new Hooked(directory), "command", Map.of("HOOK_COMMAND", script.toString()));
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked)) {
            RunResult full = agent.full();
            server.faults().next("create", Ending.error("$(touch /tmp/pwned); `id`"));
            RunResult failed = agent.full();

            assertThat(Files.readAllLines(out))
                    .containsExactly(
                            "on-success|node|%s|success||%s|"
                                    .formatted(full.backup(), full.startedAt()),
                            "on-failure|node|%s|failed|$(touch /tmp/pwned); `id`|%s|"
                                    .formatted(failed.backup(), failed.startedAt()));
            assertThat(agent.log()).doesNotContain("Hook ");
        }
    }

    @Test
    void aCommandThatFailsIsAWarningWithItsLastLine() throws Exception {
        Path script = script("echo first; echo no such chat >&2; exit 3");
        Hooked hooked =
                copy(new Hooked(directory), "command", Map.of("HOOK_COMMAND", script.toString()));
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked)) {
            assertThat(agent.full().outcome()).isEqualTo(Outcome.SUCCESS);
            assertThat(agent.log())
                    .contains(
                            "Hook on-success, route command-on-success: %s ended with 3: no such chat"
                                    .formatted(script));
        }
    }

    @Test
    void aCommandThatHangsIsKilledWithAllThatItStarted() throws Exception {
        Path pid = directory.resolve("pid");
        Path script = script("sleep 1000 & echo $! > '" + pid + "'; wait");
        Hooked hooked =
                copy(new Hooked(directory), "command", Map.of("HOOK_COMMAND", script.toString()));
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent =
                        SandboxAgent.startWithRoutes(
                                directory,
                                server,
                                hooked.routes,
                                "limits: { %s, hook: 3s }".formatted(SandboxAgent.SHORT_LIMITS))) {
            assertThat(agent.full().outcome()).isEqualTo(Outcome.SUCCESS);
            assertThat(agent.log())
                    .contains("Hook on-success, route command-on-success: no answer within 3s");
            long process = Long.parseLong(Files.readString(pid).strip());
            await().atMost(Duration.ofSeconds(5))
                    .until(
                            () ->
                                    ProcessHandle.of(process)
                                            .filter(ProcessHandle::isAlive)
                                            .isEmpty());
        }
    }

    @Test
    void kafka() throws Exception {
        MockProducer<String, String> broker =
                new MockProducer<>(true, null, new StringSerializer(), new StringSerializer());
        Hooked hooked = copy(new Hooked(directory), "kafka", Map.of("KAFKA_BROKERS", "k:9092"));
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked)) {
            replaceClient(agent, broker);
            RunResult full = agent.full();

            assertThat(agent.log()).doesNotContain("Hook ");
            assertThat(broker.history()).hasSize(1);
            ProducerRecord<String, String> record = broker.history().get(0);
            assertThat(record.topic()).isEqualTo("clickhouse-backups");
            assertThat(record.key()).isEqualTo("node");
            JsonNode event = new ObjectMapper().readTree(record.value());
            assertThat(event.get("backup").asText()).isEqualTo(full.backup());
            assertThat(record.headers().lastHeader("BackupOutcome").value())
                    .asString(StandardCharsets.UTF_8)
                    .isEqualTo("success");
        }
    }

    @Test
    void kafkaThatIsAwayIsAWarningWithinTheLimit() throws Exception {
        Hooked hooked =
                copy(new Hooked(directory), "kafka", Map.of("KAFKA_BROKERS", "127.0.0.1:1"));
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent =
                        SandboxAgent.startWithRoutes(
                                directory,
                                server,
                                hooked.routes,
                                "limits: { %s, hook: 2s }".formatted(SandboxAgent.SHORT_LIMITS))) {
            assertThat(agent.full().outcome()).isEqualTo(Outcome.SUCCESS);
            assertThat(agent.log())
                    .contains("Hook on-success, route kafka-on-success: no answer within 2s");
        }
    }

    @Test
    void s3Marker() throws Exception {
        HttpServer http = http(200);
        // As the default chain of the SDK finds them; no other test uses it.
        System.setProperty("aws.accessKeyId", "AKIDEXAMPLE");
        System.setProperty("aws.secretAccessKey", SECRET);
        Hooked hooked =
                copy(
                        new Hooked(directory),
                        "s3-marker",
                        Map.of(
                                "MARKER_BUCKET", "backups",
                                "MARKER_PREFIX", "clickhouse/",
                                "MARKER_ENDPOINT", url(http)));
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked)) {
            RunResult full = agent.full();

            assertThat(agent.log()).doesNotContain("Hook ", SECRET);
            assertThat(requests).extracting(Request::method).containsExactly("HEAD", "PUT");
            Request put = requests.get(1);
            assertThat(put.uri()).startsWith("/backups/clickhouse/.node_last_backup");
            assertThat(put.body()).contains(full.backup());
            assertThat(put.headers().get("authorization"))
                    .startsWith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/");
            assertThat(put.headers()).containsEntry("content-type", "text/plain; charset=UTF-8");
        } finally {
            http.stop(0);
        }
    }

    @Test
    void aBucketThatIsAwayIsAWarning() throws Exception {
        HttpServer http = http(200);
        http.stop(0);
        Hooked hooked =
                copy(
                        new Hooked(directory),
                        "s3-marker",
                        Map.of("MARKER_BUCKET", "backups", "MARKER_ENDPOINT", url(http)));
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server, hooked)) {
            assertThat(agent.full().outcome()).isEqualTo(Outcome.SUCCESS);
            assertThat(agent.log()).contains("Hook after-marker, route copy-marker: ");
        }
    }

    private static void replaceClient(SandboxAgent agent, Producer<String, String> broker) {
        KafkaClientFactory factory =
                new KafkaClientFactory() {
                    @Override
                    @SuppressWarnings("rawtypes")
                    public Producer getProducer(java.util.Properties properties) {
                        assertThat(properties.getProperty("bootstrap.servers")).isEqualTo("k:9092");
                        return broker;
                    }

                    @Override
                    @SuppressWarnings("rawtypes")
                    public Consumer getConsumer(java.util.Properties properties) {
                        throw new UnsupportedOperationException();
                    }

                    @Override
                    public String getBrokers(KafkaConfiguration configuration) {
                        return configuration.getBrokers();
                    }
                };
        agent.agent().context().getEndpoints().stream()
                .filter(KafkaEndpoint.class::isInstance)
                .map(KafkaEndpoint.class::cast)
                .forEach(endpoint -> endpoint.setKafkaClientFactory(factory));
    }

    private SandboxAgent start(SimulatedServer server, Hooked hooked) {
        return SandboxAgent.startWithRoutes(directory, server, hooked.routes, "");
    }

    /** Copies a file, with the values that its variables have in the environment. */
    private static Hooked copy(Hooked hooked, String name, Map<String, String> environment)
            throws IOException {
        String text = Files.readString(OPTIONAL.resolve(name + ".camel.yaml"));
        for (Map.Entry<String, String> variable : environment.entrySet()) {
            text =
                    text.replaceAll(
                            "\\{\\{\\??env:" + variable.getKey() + "(:([^{}]|\\{\\{[^{}]*}})*)?}}",
                            Matcher.quoteReplacement(variable.getValue()));
        }
        return hooked.with(name, text);
    }

    private String secret() throws IOException {
        return Files.writeString(directory.resolve("secret"), SECRET + "\n").toString();
    }

    private Path script(String body) throws IOException {
        Path script =
                Files.writeString(directory.resolve("my command"), "#!/bin/sh\n" + body + "\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
        return script;
    }

    private HttpServer http(int status) throws IOException {
        HttpServer http =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.createContext(
                "/",
                exchange -> {
                    Map<String, String> headers = new TreeMap<>();
                    exchange.getRequestHeaders()
                            .forEach(
                                    (name, values) ->
                                            headers.put(
                                                    name.toLowerCase(java.util.Locale.ROOT),
                                                    values.get(0)));
                    requests.add(
                            new Request(
                                    exchange.getRequestMethod(),
                                    exchange.getRequestURI().toString(),
                                    headers,
                                    new String(
                                            exchange.getRequestBody().readAllBytes(),
                                            StandardCharsets.UTF_8)));
                    exchange.sendResponseHeaders(status, -1);
                    exchange.close();
                });
        http.start();
        return http;
    }

    private static String url(HttpServer http) {
        return "http://127.0.0.1:" + http.getAddress().getPort();
    }
}
