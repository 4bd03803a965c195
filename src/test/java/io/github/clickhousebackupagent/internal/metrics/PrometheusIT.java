package io.github.clickhousebackupagent.internal.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.github.clickhousebackupagent.internal.cli.AgentProcess;
import io.github.clickhousebackupagent.sandbox.Damage;
import io.github.clickhousebackupagent.sandbox.Ending;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real Prometheus looks at real agents, of which each goes wrong in ways of its own: who relies
 * on an alert, or on a panel of the dashboard, is told. Hours and days are seconds here, see {@link
 * FasterRules}; what the real ones do, promtool tests in deploy/check.sh.
 *
 * <p>Needs Prometheus (Debian: prometheus), in the PATH or as the property {@code prometheus}.
 */
@Timeout(240)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PrometheusIT {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Duration START = Duration.ofSeconds(60);
    private static final String TOKEN = "tell-nobody";
    private static final int MANY_TIMES = 1000;
    private static final int STARTS = 5;

    /** As many values of one life are seen by Prometheus as to be there at an offset, too. */
    private static final int SCRAPES = 3;

    private static final Path DASHBOARD = Path.of("deploy/grafana/dashboard.json");

    /** When each target has a backup made; that of hooks and others is any of them. */
    private static final Map<String, String> SCHEDULES =
            Map.of(
                    "healthy", "{ do: full, cron: '*/20 * * * * ?' }",
                    "old", "{ do: full, cron: '*/3 * * * * ?' }",
                    // More than the 5 s that FasterRules has for 6 hours.
                    "never", "{ do: full, cron: '*/6 * * * * ?' }",
                    "damaged", "{ do: diff, cron: '*/3 * * * * ?' }",
                    "unproven", "{ do: full, cron: '*/3 * * * * ?' }",
                    "chained", "{ do: diff, cron: '0 0 4 * * ?' }",
                    "hanging", "{ do: full, cron: '*/3 * * * * ?', overlap: skip }",
                    "paused", "{ do: full, cron: '0 0 4 * * ?' }",
                    "down", "{ do: full, cron: '*/3 * * * * ?' }");

    /** What each alert is to be told of. */
    private static final Map<String, String> FIRE =
            Map.ofEntries(
                    Map.entry("ClickHouseBackupTooOld", target("old")),
                    Map.entry("ClickHouseBackupGettingOld", target("old")),
                    Map.entry("ClickHouseBackupNeverProven", target("never")),
                    Map.entry("ClickHouseBackupProofFailed", target("unproven")),
                    Map.entry("ClickHouseBackupChainTooLong", target("chained")),
                    Map.entry("ClickHouseBackupBroken", target("damaged")),
                    Map.entry("ClickHouseBackupOrphaned", target("damaged")),
                    Map.entry("ClickHouseBackupScheduleNeverSucceeded", schedule("never")),
                    Map.entry(
                            "ClickHouseBackupRunsMissed",
                            "instance=\"restarted\",target=\"node\",schedule=\"second\",kind=\"full\""),
                    Map.entry("ClickHouseBackupRunsFail", schedule("never")),
                    Map.entry("ClickHouseBackupRunTakesLong", target("hanging")),
                    Map.entry("ClickHouseBackupRunHangs", target("hanging")),
                    Map.entry("ClickHouseBackupPausedTooLong", target("paused")),
                    Map.entry("ClickHouseBackupAgentGone", "instance=\"gone\""),
                    Map.entry("ClickHouseBackupAgentTellsNothing", "instance=\"somebody-else\""),
                    Map.entry("ClickHouseBackupAgentRestarts", "instance=\"restarted\""),
                    Map.entry("ClickHouseBackupApiDown", target("down")),
                    Map.entry("ClickHouseBackupEditRefused", "instance=\"many\""),
                    Map.entry(
                            "ClickHouseBackupHooksFail", "instance=\"many\",point=\"on-success\""),
                    Map.entry(
                            "ClickHouseBackupNotificationsFail",
                            "instance=\"many\",receiver=\"webhook\""));

    /** Told by a Prometheus that has no job for agents, and by it alone. */
    private static final String ABSENT = "ClickHouseBackupAgentAbsent";

    private final HttpClient client = HttpClient.newHttpClient();
    private final Map<String, SimulatedServer> servers = new LinkedHashMap<>();
    private final Deque<AutoCloseable> toClose = new ArrayDeque<>();
    private Path directory;
    private FasterRules rules;
    private PrometheusProcess prometheus;
    private PrometheusProcess withoutJob;
    private int port;

    private static String target(String name) {
        return "instance=\"many\",target=\"%s\"".formatted(name);
    }

    private static String schedule(String name) {
        return target(name) + ",schedule=\"%s\",kind=\"full\"".formatted(name);
    }

    @BeforeAll
    void letAllGoWrong(@TempDir Path folder) throws Exception {
        Optional<Path> program = PrometheusProcess.program("prometheus");
        assumeTrue(
                program.isPresent(),
                "no alert was seen to be told, as there is no Prometheus: no prometheus in the"
                        + " PATH (Debian: prometheus), and no property prometheus");
        directory = folder;
        rules = FasterRules.of(Path.of("deploy/prometheus/rules.yaml"));
        for (String name : SCHEDULES.keySet()) {
            servers.put(name, opened(SimulatedServer.builder().start()));
        }
        opened(servers.get("hanging").faults().hold("upload"));
        for (int i = 0; i < MANY_TIMES; i++) {
            servers.get("never").faults().next("create", Ending.error("no space left on device"));
            servers.get("unproven").faults().next("upload", Ending.damaged(Damage.ABSENT));
        }
        AgentProcess many = startMany();
        int restarted = PrometheusProcess.freePort();
        configureRestarted(restarted);
        AgentProcess first = startRestarted();
        awaitRunning(many);
        awaitRunning(first);
        startPrometheus(program.get(), restarted);

        pause();
        makeAChain();
        failAfterASuccess();
        damageBackups();
        restart(first);
        await().atMost(SOON)
                .until(
                        () ->
                                value("clickhouse_backup_agent_max_chain_length{instance=\"many\"}")
                                        == 2);
        Files.writeString(routes().resolve("broken.camel.yaml"), "- route: {\n");
    }

    private <T extends AutoCloseable> T opened(T one) {
        toClose.push(one);
        return one;
    }

    @AfterAll
    void endAll() throws Exception {
        while (!toClose.isEmpty()) {
            toClose.pop().close();
        }
    }

    @Test
    void eachAlertIsToldOfWhatWentWrongAndNoneOfATargetThatIsWell() {
        Set<String> told = new TreeSet<>(FIRE.keySet());
        told.add(ABSENT);
        assertThat(rules.alerts()).containsExactlyInAnyOrderElementsOf(told);

        await().atMost(SOON)
                .untilAsserted(() -> assertThat(missing()).as("alerts not told").isEmpty());
        await().atMost(SOON).until(() -> !fired(withoutJob, ABSENT, "").isEmpty());

        // Two of its own, so that there was time for what is wrongly told.
        await().atMost(SOON).until(() -> servers.get("healthy").remote().size() > 2);
        assertThat(namesOf(fired(prometheus, ".+", target("healthy")))).isEmpty();
        assertThat(namesOf(fired(prometheus, ".+", target("paused"))))
                .containsExactly("ClickHouseBackupPausedTooLong");
        assertThat(namesOf(fired(prometheus, ".+", target("chained"))))
                .containsExactly("ClickHouseBackupChainTooLong");
        assertThat(namesOf(fired(prometheus, ABSENT, ""))).isEmpty();
        assertThat(namesOf(fired(withoutJob, ".+", ""))).containsExactly(ABSENT);
    }

    private List<String> missing() {
        return FIRE.entrySet().stream()
                .filter(one -> fired(prometheus, one.getKey(), one.getValue()).isEmpty())
                .map(one -> one.getKey() + " " + one.getValue())
                .sorted()
                .toList();
    }

    /** Returns the alerts that were told until now, also those that are over. */
    private static JsonNode fired(PrometheusProcess by, String name, String labels) {
        return by.query(
                "max_over_time(ALERTS{alertstate=\"firing\",alertname=~\"%s\",%s}[1h])"
                        .formatted(name, labels));
    }

    private static Set<String> namesOf(JsonNode alerts) {
        return new TreeSet<>(alerts.findValuesAsText("alertname"));
    }

    @Test
    void eachQueryOfTheDashboardFindsSomething() throws Exception {
        List<String> queries = new ArrayList<>();
        for (JsonNode panel : dashboard().get("panels")) {
            for (JsonNode asked : panel.path("targets")) {
                String name = panel.get("title").asText() + " " + asked.get("refId").asText();
                String query = filled(asked.get("expr").asText());
                boolean now = asked.get("instant").asBoolean();
                assertThat(values(query, now)).as(name + ": " + query).isNotEmpty();
                // A zero in place of nothing would hide that there is nothing.
                String found = query.replace(" or vector(0)", "");
                await().alias(name + ": " + found)
                        .atMost(SOON)
                        .until(() -> !values(found, now).isEmpty());
                queries.add(query);
            }
        }

        assertThat(queries).hasSizeGreaterThan(40);
        assertThat(values(queries.get(0).replace("_proven_", "_prover_"), true))
                .as("what is not there is not found")
                .isEmpty();
    }

    @Test
    void theDashboardOffersTheAgentsTargetsAndSchedulesThatThereAre() throws Exception {
        Map<String, List<String>> offered = new LinkedHashMap<>();
        for (JsonNode variable : dashboard().at("/templating/list")) {
            if (variable.get("type").asText().equals("query")) {
                String query = filled(variable.at("/query/query").asText());
                assertThat(query).matches("label_values\\(.+, [a-z]+\\)");
                int comma = query.lastIndexOf(", ");
                List<String> values = new ArrayList<>();
                prometheus
                        .labelValues(
                                query.substring(comma + 2, query.length() - 1),
                                query.substring("label_values(".length(), comma))
                        .forEach(value -> values.add(value.asText()));
                offered.put(variable.get("name").asText(), values);
            }
        }

        assertThat(offered.keySet()).containsExactly("instance", "target", "schedule");
        assertThat(offered.get("instance")).containsExactlyInAnyOrder("many", "restarted");
        assertThat(offered.get("target")).contains("node").containsAll(SCHEDULES.keySet());
        assertThat(offered.get("schedule")).contains("second").containsAll(SCHEDULES.keySet());
    }

    /** Returns a query as Grafana asks it where all is chosen. */
    private static String filled(String query) {
        String filled =
                query.replaceAll("\\$(instance|target|schedule)\\b", ".*")
                        .replaceAll("\\$__range\\b", "1h");
        assertThat(filled).as("no variable is left").doesNotContain("$");
        return filled;
    }

    /** Returns all values that are numbers. */
    private List<String> values(String query, boolean now) {
        JsonNode series = now ? prometheus.query(query) : prometheus.queryRange(query);
        List<String> values = new ArrayList<>();
        for (JsonNode one : series) {
            JsonNode samples = now ? one.get("value") : one.get("values");
            if (now) {
                values.add(samples.get(1).asText());
            } else {
                samples.forEach(sample -> values.add(sample.get(1).asText()));
            }
        }
        values.removeIf("NaN"::equals);
        return values;
    }

    private static JsonNode dashboard() throws IOException {
        return new ObjectMapper().readTree(Files.readString(DASHBOARD));
    }

    @Test
    void namesAndTextsOfMetricsAreAsPrometheusWantsThem() throws Exception {
        Optional<Path> promtool = PrometheusProcess.program("promtool");
        assumeTrue(promtool.isPresent(), "no promtool in the PATH (Debian: prometheus)");
        Path scraped = directory.resolve("scraped");
        Path said = directory.resolve("said");
        Files.writeString(scraped, call("GET", "/observe/metrics", null));
        assertThat(scraped).content().contains("clickhouse_backup_agent_build_info{");

        Process check =
                new ProcessBuilder(promtool.get().toString(), "check", "metrics")
                        .redirectInput(scraped.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(said.toFile())
                        .start();

        assertThat(check.waitFor(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        // They are Micrometer's own, and known by these names to who has dashboards for them.
        assertThat(Files.readAllLines(said))
                .allMatch(
                        line ->
                                line.startsWith("process_cpu_time_ns_total ")
                                        || line.startsWith("system_cpu_count "))
                .hasSize(2);
    }

    private AgentProcess startMany() throws IOException {
        Files.createDirectories(routes());
        try (Stream<Path> files = Files.list(Path.of("routes"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, routes().resolve(file.getFileName().toString()));
            }
        }
        Files.copy(
                Path.of("routes/optional/notify-webhook.camel.yaml"),
                routes().resolve("notify-webhook.camel.yaml"));
        Files.writeString(
                routes().resolve("mine.camel.yaml"),
                """
                - route:
                    id: mine
                    from:
                      uri: direct:on-success/mine
                      steps:
                        - throwException: { exceptionType: "java.lang.IllegalStateException", message: "no mail today" }
                """);
        Path secret = Files.writeString(directory.resolve("secret"), "s3cret\n");
        port = PrometheusProcess.freePort();
        configureMany(0);
        return opened(
                AgentProcess.start(
                        directory,
                        Map.of(
                                "JAVA_OPTS",
                                "-Xmx128m",
                                "NOTIFY_WEBHOOK_URL",
                                // Nobody listens there.
                                "http://127.0.0.1:1/",
                                "NOTIFY_WEBHOOK_SECRET_FILE",
                                secret.toString()),
                        "run",
                        "--config",
                        directory.resolve("many.yaml").toString(),
                        "--routes",
                        routes().toString()));
    }

    private Path routes() {
        return directory.resolve("routes");
    }

    private void configureMany(int maxChainLength) throws IOException {
        String targets =
                SCHEDULES.keySet().stream()
                        .map(
                                name ->
                                        "  %s: { url: '%s' }\n"
                                                .formatted(name, servers.get(name).uri()))
                        .collect(Collectors.joining());
        String schedules =
                SCHEDULES.entrySet().stream()
                        .map(
                                one ->
                                        "  %s: %s\n"
                                                .formatted(
                                                        one.getKey(),
                                                        one.getValue()
                                                                .replace(
                                                                        " }",
                                                                        ", targets: [%s] }"
                                                                                .formatted(
                                                                                        one
                                                                                                .getKey()))))
                        .collect(Collectors.joining());
        Files.writeString(
                directory.resolve("many.yaml"),
                """
                targets:
                %sschedules:
                %sbackup: { max-chain-length: %d }
                retry: { create: 0, upload: 0 }
                limits: { outage: 1s, settle: 1s, proof: 1s, notice: 1s, stop: 2s }
                http: { port: %d, token: %s }
                log-directory: '%s'
                state-directory: '%s'
                """
                        .formatted(
                                targets,
                                schedules,
                                maxChainLength,
                                port,
                                TOKEN,
                                directory.resolve("log"),
                                directory.resolve("state")));
    }

    private void configureRestarted(int its) throws IOException {
        Files.writeString(
                directory.resolve("restarted.yaml"),
                """
                targets: { node: { url: '%s' } }
                schedules: { second: { do: full, cron: '* * * * * ?', catch-up: never } }
                http: { port: %d, callback-url: "off" }
                limits: { settle: 1s }
                log-directory: '%s'
                state-directory: '%s'
                """
                        .formatted(
                                opened(SimulatedServer.builder().start()).uri(),
                                its,
                                directory.resolve("restarted-log"),
                                directory.resolve("restarted-state")));
    }

    private AgentProcess startRestarted() throws IOException {
        return opened(
                AgentProcess.start(
                        directory,
                        Map.of("JAVA_OPTS", "-Xmx96m"),
                        "run",
                        "--config",
                        directory.resolve("restarted.yaml").toString()));
    }

    private static void awaitRunning(AgentProcess agent) {
        await().atMost(START)
                .until(
                        () -> {
                            assertThat(agent.isAlive()).as(agent.errors()).isTrue();
                            return agent.errors().contains("is running");
                        });
    }

    private void startPrometheus(Path program, int restarted) throws IOException {
        HttpServer somebody =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        somebody.createContext(
                "/",
                exchange -> {
                    byte[] page = "somebody_else_is_here 1\n".getBytes(StandardCharsets.UTF_8);
                    exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4");
                    exchange.sendResponseHeaders(200, page.length);
                    exchange.getResponseBody().write(page);
                    exchange.close();
                });
        somebody.start();
        toClose.push(() -> somebody.stop(0));
        Map<String, Integer> instances =
                Map.of(
                        "many",
                        port,
                        "restarted",
                        restarted,
                        "gone",
                        1,
                        "somebody-else",
                        somebody.getAddress().getPort());
        String agents =
                instances.entrySet().stream()
                        .map(
                                one ->
                                        "{ targets: ['127.0.0.1:%d'], labels: { instance: %s } }"
                                                .formatted(one.getValue(), one.getKey()))
                        .collect(Collectors.joining(",\n      "));
        prometheus =
                startPrometheus(
                        program,
                        "agents",
                        """
                        scrape_configs:
                          - job_name: clickhouse-backup-agent
                            metrics_path: /observe/metrics
                            static_configs: [
                              %s]
                        """
                                .formatted(agents));
        withoutJob = startPrometheus(program, "none", "scrape_configs: []\n");
    }

    private PrometheusProcess startPrometheus(Path program, String name, String jobs)
            throws IOException {
        Path folder = Files.createDirectory(directory.resolve("prometheus-" + name));
        rules.write(folder.resolve("rules.yaml"));
        Files.writeString(
                folder.resolve("prometheus.yaml"),
                """
                global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
                rule_files: [rules.yaml]
                """
                        + jobs);
        return opened(PrometheusProcess.start(program, folder));
    }

    private String call(String method, String path, String body) throws Exception {
        HttpRequest.Builder call =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .timeout(SOON)
                        .header("Authorization", "Bearer " + TOKEN)
                        .method(
                                method,
                                body == null
                                        ? HttpRequest.BodyPublishers.noBody()
                                        : HttpRequest.BodyPublishers.ofString(body));
        if (body != null) {
            call.header("Content-Type", "application/json");
        }
        HttpResponse<String> answer =
                client.send(call.build(), HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(path + " " + answer.body()).isBetween(200, 299);
        return answer.body();
    }

    private void pause() throws Exception {
        call("POST", "/api/v1/targets/paused/pause", "{}");
    }

    /** Three backups, of which only two are allowed afterwards. */
    private void makeAChain() throws Exception {
        for (String kind : List.of("full", "diff", "diff")) {
            String asked =
                    call("POST", "/api/v1/targets/chained/runs", "{\"kind\": \"" + kind + "\"}");
            String run = new ObjectMapper().readTree(asked).get("run").asText();
            await().atMost(SOON)
                    .until(
                            () ->
                                    call("GET", "/api/v1/runs/" + run, null)
                                            .contains("\"state\":\"ended\""));
        }
        assertThat(servers.get("chained").remote()).hasSize(3);
        configureMany(2);
    }

    private void failAfterASuccess() {
        SimulatedServer old = servers.get("old");
        SimulatedServer down = servers.get("down");
        await().atMost(SOON).until(() -> proven("old") && proven("down"));
        for (int i = 0; i < MANY_TIMES; i++) {
            old.faults().next("create", Ending.error("no space left on device"));
        }
        down.kill();
    }

    private boolean proven(String target) {
        return value("clickhouse_backup_agent_last_proof_success{%s}".formatted(target(target)))
                == 1;
    }

    /**
     * Of a chain, the base is gone. Of another backup, the server says itself that it is broken.
     */
    private void damageBackups() {
        SimulatedServer damaged = servers.get("damaged");
        await().atMost(SOON).until(() -> damaged.remote().size() >= 2);
        damaged.damage(damaged.remote().get(0).name(), Damage.ABSENT);
        int before = damaged.remote().size();
        await().atMost(SOON).until(() -> damaged.remote().size() > before);
        damaged.damage(damaged.remote().get(before).name(), Damage.BROKEN);
    }

    private void restart(AgentProcess first) throws Exception {
        AgentProcess now = first;
        for (int starts = 1; starts < STARTS; starts++) {
            awaitStarts(starts);
            now.kill();
            now = startRestarted();
        }
        awaitStarts(STARTS);
    }

    /** Waits until Prometheus has seen so many starts, and the last of them for a while. */
    private void awaitStarts(int starts) {
        await().atMost(START)
                .until(
                        () -> {
                            Map<String, Integer> seen = new LinkedHashMap<>();
                            prometheus
                                    .query("process_start_time_seconds{instance=\"restarted\"}[5m]")
                                    .findValues("values")
                                    .forEach(
                                            values ->
                                                    values.forEach(
                                                            value ->
                                                                    seen.merge(
                                                                            value.get(1).asText(),
                                                                            1,
                                                                            Integer::sum)));
                            return seen.size() == starts
                                    && List.copyOf(seen.values()).get(starts - 1) >= SCRAPES;
                        });
    }

    /** Returns the value of the only series that a query finds; NaN if there is none. */
    private double value(String query) {
        JsonNode found = prometheus.query(query);
        return found.size() == 1
                ? Double.parseDouble(found.get(0).get("value").get(1).asText())
                : Double.NaN;
    }
}
