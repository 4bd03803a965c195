package io.github.clickhousebackupagent.internal.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
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
    private static final Path DASHBOARD = Path.of("deploy/grafana/dashboard.json");

    /** What each alert is to be told of. */
    private static final Map<String, String> FIRE =
            Map.ofEntries(
                    Map.entry("ClickHouseBackupTooOld", target("old")),
                    Map.entry("ClickHouseBackupGettingOld", target("old")),
                    Map.entry("ClickHouseBackupAgeUnknown", target("put-back")),
                    Map.entry("ClickHouseBackupNeverProven", target("never")),
                    Map.entry("ClickHouseBackupLessPromised", target("taken") + ",kind=\"full\""),
                    Map.entry("ClickHouseBackupProofFailed", target("unproven")),
                    Map.entry("ClickHouseBackupChainTooLong", target("chained")),
                    Map.entry("ClickHouseBackupBroken", target("damaged")),
                    Map.entry("ClickHouseBackupOrphaned", target("damaged")),
                    Map.entry("ClickHouseBackupScheduleNeverSucceeded", schedule("never")),
                    Map.entry(
                            "ClickHouseBackupRunsMissed",
                            "instance=\"restarted\",target=\"node\",schedule=\"second\",kind=\"full\""),
                    Map.entry("ClickHouseBackupScheduleBehind", schedule("old")),
                    Map.entry("ClickHouseBackupRunsFail", schedule("never")),
                    Map.entry("ClickHouseBackupRunTakesLong", target("hanging")),
                    Map.entry("ClickHouseBackupRunHangs", target("hanging")),
                    Map.entry("ClickHouseBackupPausedTooLong", target("paused")),
                    Map.entry("ClickHouseBackupAgentGone", "instance=\"gone\""),
                    Map.entry("ClickHouseBackupAgentVanished", "instance=\"vanished\""),
                    Map.entry("ClickHouseBackupAgentStandsByAlone", "instance=\"alone\""),
                    Map.entry("ClickHouseBackupAgentTellsNothing", "instance=\"somebody-else\""),
                    Map.entry(
                            "ClickHouseBackupRulesDoNotFit",
                            "instance=\"other-version\",target=\"node\""),
                    Map.entry("ClickHouseBackupAgentRestarts", "instance=\"restarted\""),
                    Map.entry("ClickHouseBackupApiDown", target("down")),
                    Map.entry("ClickHouseBackupEditRefused", "instance=\"many\""),
                    Map.entry(
                            "ClickHouseBackupHooksFail", "instance=\"many\",point=\"on-success\""),
                    Map.entry(
                            "ClickHouseBackupNotificationsFail",
                            "instance=\"many\",receiver=\"webhook\""));

    /** What an agent says that does not tell all that the rules ask for. */
    private static final String OTHER_VERSION =
            "clickhouse_backup_agent_promised_interval_seconds{target=\"node\"} 3600\n";

    /** Told by a Prometheus that has no job for agents, and by it alone. */
    private static final String ABSENT = "ClickHouseBackupAgentAbsent";

    private final Deque<AutoCloseable> toClose = new ArrayDeque<>();
    private Path directory;
    private FasterRules rules;
    private TroubledAgents agents;
    private PrometheusProcess prometheus;
    private PrometheusProcess withoutJob;

    private static String target(String name) {
        return "instance=\"many\",target=\"%s\"".formatted(name);
    }

    private static String schedule(String name) {
        return target(name) + ",schedule=\"%s\",kind=\"full\"".formatted(name);
    }

    @BeforeAll
    @Timeout(240)
    void letAllGoWrong(@TempDir Path folder) throws Exception {
        Optional<Path> program = PrometheusProcess.program("prometheus");
        if (program.isEmpty()) {
            return; // Each test says so: what is left out here would stand in no report.
        }
        directory = folder;
        rules = FasterRules.of(Path.of("deploy/prometheus/rules.yaml"));
        agents = opened(TroubledAgents.start(folder));
        knowAgents(
                "{ targets: ['127.0.0.1:%d'], labels: { instance: vanished } }"
                        .formatted(agents.restartedPort()));
        prometheus =
                startPrometheus(
                        program.get(),
                        "agents",
                        job(
                                startTelling("somebody_else_is_here 1\n"),
                                startTelling(OTHER_VERSION)));
        withoutJob = startPrometheus(program.get(), "none", "scrape_configs: []\n");
        agents.goWrong(prometheus);
        awaitYesterday("vanished");
        knowAgents();
    }

    @BeforeEach
    void needPrometheus() {
        assumeTrue(
                prometheus != null,
                "no alert was seen to be told, as there is no Prometheus: no prometheus in the"
                        + " PATH (Debian: prometheus), and no property prometheus");
    }

    /** Waits until there is a yesterday, in which an agent was known. */
    private void awaitYesterday(String instance) {
        String then = rules.then("clickhouse_backup_agent:kind_interval_seconds", "1d");
        await().atMost(SOON)
                .until(
                        () ->
                                !prometheus
                                        .query(
                                                then.formatted(
                                                        "instance=\"%s\"".formatted(instance)))
                                        .isEmpty());
    }

    /** Tells Prometheus which agents there are beside those of its configuration. */
    private void knowAgents(String... agents) throws IOException {
        Path file = directory.resolve("agents.yaml");
        Path beside = directory.resolve("agents.yaml.new");
        Files.writeString(beside, "[" + String.join(", ", agents) + "]\n");
        Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING);
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
        await().atMost(SOON).until(() -> agents.backups("healthy") > 2);
        assertThat(namesOf(fired(prometheus, ".+", target("healthy")))).isEmpty();
        assertThat(namesOf(fired(prometheus, ".+", target("paused"))))
                .containsExactly("ClickHouseBackupPausedTooLong");
        assertThat(namesOf(fired(prometheus, ".+", target("chained"))))
                .containsExactly("ClickHouseBackupChainTooLong");
        assertThat(namesOf(fired(prometheus, ".+", "instance=\"waiting\"")))
                .as("one that stands by tells nothing of backups, and need not")
                .isEmpty();
        assertThat(prometheus.query("ALERTS{alertname=\"%s\"}".formatted(ABSENT)))
                .as("once it has found its agents")
                .isEmpty();
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
                // A zero in place of nothing would hide that there is nothing.
                String found = query.replace(" or vector(0)", "");
                await().alias(name + ": " + found)
                        .atMost(SOON)
                        .until(() -> !values(found, now).isEmpty());
                assertThat(values(query, now)).as(name + ": " + query).isNotEmpty();
                queries.add(query);
            }
        }

        assertThat(queries).hasSizeGreaterThan(40);
        assertThat(values(queries.get(0).replace("lateness", "earliness"), true))
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
        assertThat(offered.get("instance"))
                .containsExactlyInAnyOrder("many", "restarted", "vanished");
        assertThat(offered.get("target")).contains("node").containsAll(agents.targets());
        assertThat(offered.get("schedule")).contains("second").containsAll(agents.targets());
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
        Files.writeString(scraped, agents.scrape());
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

    /** Starts what is not this agent, and answers as if it were. Returns its port. */
    private int startTelling(String figures) throws IOException {
        HttpServer somebody =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        somebody.createContext(
                "/",
                exchange -> {
                    byte[] page = figures.getBytes(StandardCharsets.UTF_8);
                    exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4");
                    exchange.sendResponseHeaders(200, page.length);
                    exchange.getResponseBody().write(page);
                    exchange.close();
                });
        somebody.start();
        toClose.push(() -> somebody.stop(0));
        return somebody.getAddress().getPort();
    }

    private String job(int somebodyElse, int otherVersion) {
        String agent = "      - { targets: ['127.0.0.1:%d'], labels: { instance: %s } }\n";
        return """
               scrape_configs:
                 - job_name: clickhouse-backup-agent
                   metrics_path: /observe/metrics
                   static_configs:
               """
                + agent.formatted(agents.port(), "many")
                + agent.formatted(agents.restartedPort(), "restarted")
                + agent.formatted(agents.waitingPort(), "waiting")
                // Nobody listens there.
                + agent.formatted(1, "gone")
                + agent.formatted(somebodyElse, "somebody-else")
                + agent.formatted(otherVersion, "other-version")
                + "    file_sd_configs: [{ files: ['%s'], refresh_interval: 1s }]\n"
                        .formatted(directory.resolve("agents.yaml"))
                + "  - job_name: clickhouse-backup-agent-elsewhere\n"
                + "    metrics_path: /observe/metrics\n"
                + "    static_configs:\n"
                + agent.formatted(agents.waitingPort(), "alone");
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
}
