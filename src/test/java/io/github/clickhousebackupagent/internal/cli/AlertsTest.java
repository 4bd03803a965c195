package io.github.clickhousebackupagent.internal.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * Alerts, runbooks and dashboard fit each other and the metrics: an alert that asks for a metric
 * that is not there is never told. What the rules make of values, promtool tests in
 * deploy/check.sh.
 */
class AlertsTest {

    private static final Path PROMETHEUS = Path.of("deploy/prometheus");
    private static final Path RULES = PROMETHEUS.resolve("rules.yaml");
    private static final Path RUNBOOKS = Path.of("docs/runbooks");
    private static final Path DASHBOARD = Path.of("deploy/grafana/dashboard.json");
    private static final String REPOSITORY =
            "https://github.com/clickhousebackupagent/clickhouse-backup-agent/blob/main/";
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Pattern METRIC =
            Pattern.compile("\\b(clickhouse_backup_agent_|process_|jvm_)[a-z_]+\\b");
    private static final Pattern COMMAND =
            Pattern.compile("clickhouse-backup-agent ([a-z][^`\n]*)");

    @Test
    void eachAlertHasARunbookAndNoRunbookIsOfAnAlertThatIsGone() throws Exception {
        try (Stream<Path> files = Files.list(RUNBOOKS)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(
                            Stream.concat(
                                            alerts().keySet().stream().map(name -> name + ".md"),
                                            Stream.of("README.md"))
                                    .toList());
        }
        String index = Files.readString(RUNBOOKS.resolve("README.md"));
        for (Map.Entry<String, JsonNode> alert : alerts().entrySet()) {
            String name = alert.getKey();
            String severity = alert.getValue().at("/labels/severity").asText();
            assertThat(index).contains("[%s](%s.md) | %s |".formatted(name, name, severity));
        }
    }

    @Test
    void eachRunbookSaysWhatIsLostAndWhatToDo() throws Exception {
        for (Map.Entry<String, JsonNode> alert : alerts().entrySet()) {
            String runbook = runbook(alert.getKey());
            String severity = alert.getValue().at("/labels/severity").asText();
            assertThat(runbook)
                    .startsWith("# " + alert.getKey() + "\n")
                    .containsIgnoringCase("*" + severity + ".*")
                    .containsSubsequence(
                            "## What it means",
                            "## What you lose",
                            "## Look",
                            "## Do",
                            "## When it ends");
        }
    }

    @Test
    void eachAlertSaysHowBadItIsAndWhereItsRunbookIs() throws Exception {
        assertThat(alerts()).hasSizeGreaterThan(15);
        for (Map.Entry<String, JsonNode> alert : alerts().entrySet()) {
            String name = alert.getKey();
            JsonNode annotations = alert.getValue().get("annotations");
            assertThat(alert.getValue().at("/labels/severity").asText())
                    .as(name)
                    .isIn("critical", "warning");
            assertThat(annotations.path("runbook_url").asText())
                    .isEqualTo(REPOSITORY + RUNBOOKS + "/" + name + ".md");
            assertThat(annotations.path("summary").asText()).as(name).endsWith(".");
            assertThat(annotations.path("description").asText()).as(name).endsWith(".");
        }
    }

    @Test
    void eachMetricThatIsAskedForIsThere() throws Exception {
        Set<String> told = metrics();
        assertThat(told).contains("clickhouse_backup_agent_api_up", "process_start_time_seconds");

        assertThat(metricsIn(queriesOfRules())).hasSizeGreaterThan(15).isSubsetOf(told);
        assertThat(metricsIn(queriesOfDashboard())).hasSizeGreaterThan(15).isSubsetOf(told);
        for (String alert : alerts().keySet()) {
            assertThat(told).as(alert).containsAll(metricsIn(List.of(runbook(alert))));
        }
    }

    @Test
    void whatTheRulesRecordIsWhatTheyAskFor() throws Exception {
        Pattern recorded = Pattern.compile("clickhouse_backup_agent:[a-z_]+");
        Set<String> asked =
                recorded.matcher(
                                String.join("\n", queriesOfRules())
                                        + String.join("\n", queriesOfDashboard()))
                        .results()
                        .map(MatchResult::group)
                        .collect(Collectors.toCollection(TreeSet::new));

        assertThat(rules().filter(rule -> rule.has("record")).map(r -> r.get("record").asText()))
                .containsExactlyInAnyOrderElementsOf(asked);
        assertThat(metrics().stream().filter(recorded.asMatchPredicate()))
                .as("what the reference lists")
                .containsExactlyInAnyOrderElementsOf(asked);
    }

    @Test
    void aPanelThatCountsTargetsTellsThoseOfTwoClustersApart() throws Exception {
        assertThat(queriesOfDashboard())
                .filteredOn(query -> query.matches(".*\\bby \\([a-z, ]*\\btarget\\).*"))
                .filteredOn(query -> query.contains("count(count by"))
                .isNotEmpty()
                .allMatch(
                        query -> query.contains("by (cluster, namespace, job, instance, target)"));
    }

    @Test
    void eachAlertIsTestedToFireAndToBeSilent() throws Exception {
        Map<String, Set<Boolean>> tested = new HashMap<>();
        for (String file : List.of("rules-test.yaml", "rules-test-days.yaml")) {
            for (JsonNode test : yaml(PROMETHEUS.resolve(file)).get(0).get("tests")) {
                for (JsonNode asked : test.get("alert_rule_test")) {
                    tested.computeIfAbsent(asked.get("alertname").asText(), a -> new TreeSet<>())
                            .add(!asked.get("exp_alerts").isEmpty());
                }
            }
        }

        assertThat(tested.keySet()).isEqualTo(alerts().keySet());
        assertThat(tested.values()).allMatch(Set.of(true, false)::equals);
    }

    @Test
    void theCopiesForKubernetesAreThoseOfTheRules() throws Exception {
        String rules = Files.readString(RULES);
        String manifest = Files.readString(PROMETHEUS.resolve("prometheusrule.yaml"));

        assertThat(Path.of("deploy/helm/clickhouse-backup-agent/files/rules.yaml"))
                .as("deploy/prometheus/generate.sh makes it anew")
                .hasSameTextualContentAs(RULES);
        assertThat(manifest.substring(manifest.indexOf("\nspec:\n") + 7))
                .as("deploy/prometheus/generate.sh makes it anew")
                .isEqualTo(rules.replaceAll("(?m)^(?=.)", "  "));
        assertThat(yaml(PROMETHEUS.resolve("prometheusrule.yaml")).get(0).get("spec"))
                .isEqualTo(yaml(RULES).get(0));
    }

    @Test
    void theMessagesOfAlertsSayNoNameOfABackup() throws Exception {
        for (JsonNode alert : alerts().values()) {
            assertThat(labelsIn(alert.get("annotations").toString()))
                    .isSubsetOf("target", "instance", "schedule", "kind", "point", "receiver");
        }
    }

    @Test
    void whatAlertmanagerHoldsBackIsThere() throws Exception {
        JsonNode sample = yaml(PROMETHEUS.resolve("alertmanager.yaml")).get(0);
        Pattern matcher = Pattern.compile("alertname (=~|=) \"?([^\"]+)\"?");
        List<String> unknown = new ArrayList<>();
        for (JsonNode rule : sample.get("inhibit_rules")) {
            for (String side : List.of("source_matchers", "target_matchers")) {
                for (JsonNode text : rule.get(side)) {
                    matcher.matcher(text.asText())
                            .results()
                            .map(MatchResult::group)
                            .filter(m -> alertsThatMatch(m.replaceAll(".*=~? \"?|\"$", "")) == 0)
                            .forEach(unknown::add);
                }
            }
        }

        assertThat(sample.get("inhibit_rules")).isNotEmpty();
        assertThat(unknown).isEmpty();
    }

    @Test
    void aDashboardThatIsImportedAgainTakesThePlaceOfTheOldOne() throws Exception {
        JsonNode dashboard = dashboard();
        List<Integer> ids =
                StreamSupport.stream(dashboard.get("panels").spliterator(), false)
                        .map(panel -> panel.get("id").asInt())
                        .toList();

        assertThat(dashboard.get("uid").asText()).isEqualTo("clickhouse-backup-agent");
        assertThat(dashboard.has("id")).as("an id is of one Grafana").isFalse();
        assertThat(ids).doesNotHaveDuplicates().hasSizeGreaterThan(20);
        assertThat(dashboard.at("/templating/list").findValuesAsText("name"))
                .containsExactly("datasource", "instance", "target", "schedule");
        for (JsonNode panel : dashboard.get("panels")) {
            if (!panel.get("type").asText().equals("row")) {
                assertThat(panel.at("/datasource/uid").asText()).isEqualTo("${datasource}");
            }
        }
    }

    @Test
    void theDashboardDrawsNoLineForEachOfAThousandTargets() throws Exception {
        Pattern limited = Pattern.compile("\\b(topk|bottomk|max|count|sum|histogram_quantile)\\b");
        assertThat(queriesOfDashboard()).allMatch(query -> limited.matcher(query).find());
        assertThat(queriesOfDashboard())
                .filteredOn(query -> query.contains(" by ") && query.contains("target)"))
                .allMatch(query -> query.contains("topk") || query.contains("count(count"));
    }

    @Test
    void theCommandsThatRunbooksNameCanBeGiven() throws Exception {
        List<String> commands = new ArrayList<>();
        for (String alert : alerts().keySet()) {
            COMMAND.matcher(runbook(alert)).results().map(m -> m.group(1)).forEach(commands::add);
        }

        assertThat(commands).hasSizeGreaterThan(40);
        for (String command : commands) {
            assertThat(AgentCommand.commandLine().getSubcommands())
                    .containsKey(command.split(" ")[0]);
            // Throws where an option or an argument is none.
            AgentCommand.commandLine().parseArgs(command.strip().split(" "));
        }
    }

    private static long alertsThatMatch(String name) {
        try {
            return alerts().keySet().stream().filter(alert -> alert.matches(name)).count();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static Set<String> labelsIn(String text) {
        return Pattern.compile("\\$labels\\.([a-z_]+)")
                .matcher(text)
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toSet());
    }

    /** Returns the names of the metrics in some queries; a histogram's without its ending. */
    private static Set<String> metricsIn(List<String> queries) {
        return METRIC.matcher(String.join("\n", queries))
                .results()
                .map(match -> match.group().replaceFirst("_(bucket|sum|count)$", ""))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Returns the names of the reference: what an agent tells. */
    private static Set<String> metrics() throws IOException {
        return Files.readAllLines(Path.of("docs/reference/metrics.md")).stream()
                .filter(line -> line.startsWith("| `"))
                .map(line -> line.split("`")[1])
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static List<String> queriesOfRules() throws IOException {
        return rules().map(rule -> rule.get("expr").asText()).toList();
    }

    private static List<String> queriesOfDashboard() throws IOException {
        return dashboard().get("panels").findValuesAsText("expr");
    }

    private static Map<String, JsonNode> alerts() throws IOException {
        return rules().filter(rule -> rule.has("alert"))
                .collect(
                        Collectors.toMap(
                                rule -> rule.get("alert").asText(),
                                rule -> rule,
                                (one, other) -> {
                                    throw new AssertionError("twice: " + other.get("alert"));
                                },
                                TreeMap::new));
    }

    private static Stream<JsonNode> rules() throws IOException {
        return StreamSupport.stream(yaml(RULES).get(0).get("groups").spliterator(), false)
                .flatMap(group -> StreamSupport.stream(group.get("rules").spliterator(), false));
    }

    private static JsonNode dashboard() throws IOException {
        return MAPPER.readTree(Files.readString(DASHBOARD));
    }

    private static String runbook(String alert) throws IOException {
        return Files.readString(RUNBOOKS.resolve(alert + ".md"));
    }

    private static List<JsonNode> yaml(Path file) throws IOException {
        List<JsonNode> documents = new ArrayList<>();
        new Load(LoadSettings.builder().build())
                .loadAllFromString(Files.readString(file))
                .forEach(document -> documents.add(MAPPER.valueToTree(document)));
        return documents;
    }
}
