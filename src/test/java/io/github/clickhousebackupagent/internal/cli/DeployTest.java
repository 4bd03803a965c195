package io.github.clickhousebackupagent.internal.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.ConfigLoader;
import io.github.clickhousebackupagent.internal.control.Health;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** What is in deploy/ fits the agent: a pod or a unit that does not start makes no backups. */
class DeployTest {

    private static final Path CHART = Path.of("deploy/helm/clickhouse-backup-agent");
    private static final Path SYSTEMD = Path.of("deploy/systemd");
    private static final String SECRETS = "/run/secrets/clickhouse-backup-agent";
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"standalone", "sidecar", "operator"})
    void anAgentFindsPasswordsAndKeepsItsJournalsInAPod(String layout) throws Exception {
        JsonNode pod = pod(layout);
        JsonNode container = agent(pod);
        AgentConfig config = config(layout);
        Map<String, JsonNode> mounts = byName(container.get("volumeMounts"));

        assertThat(mounts.get("agent-state").get("mountPath").asText())
                .isEqualTo(config.stateDirectory().toString());
        assertThat(mounts.get("agent-logs").get("mountPath").asText())
                .isEqualTo(config.logDirectory().toString());
        assertThat(mounts.get("agent-secrets").get("mountPath").asText()).isEqualTo(SECRETS);
        assertThat(config.targets().values())
                .allSatisfy(target -> assertThat(target.password()).isNotNull());
        assertThat(mounts.values().stream().filter(m -> m.has("subPath")))
                .as("what is mounted so is never updated")
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"standalone", "sidecar", "operator"})
    void probesAndServersReachTheAgentOfAPod(String layout) throws Exception {
        JsonNode container = agent(pod(layout));
        AgentConfig config = config(layout);
        assertThat(container.at("/ports/0/containerPort").asInt()).isEqualTo(config.http().port());
        assertThat(config.http().bind()).isEqualTo("0.0.0.0");
        for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
            JsonNode asked = container.path(probe).path("httpGet");
            if (!asked.isMissingNode()) {
                assertThat(asked.get("port").asText())
                        .isEqualTo(container.at("/ports/0/name").asText());
                assertThat(asked.get("path").asText()).matches(Health.PATH + "/(live|ready)");
            }
        }
        assertThat(container.has("livenessProbe")).isTrue();
        assertThat(container.at("/args/0").asText()).isEqualTo("run");
        assertThat(AgentCommand.commandLine().getSubcommands()).containsKey("run");
    }

    @Test
    void serversCallBackWhatTheServiceListensOn() throws Exception {
        JsonNode service = object("standalone", "Service");

        assertThat(config("standalone").http().callbackUrl())
                .isEqualTo(
                        "http://%s.backups.svc:%d"
                                .formatted(
                                        service.at("/metadata/name").asText(),
                                        service.at("/spec/ports/0/port").asInt()));
        assertThat(service.at("/spec/ports/0/targetPort").asText())
                .isEqualTo(agent(pod("standalone")).at("/ports/0/name").asText());
        assertThat(object("standalone", "Deployment").at("/spec/template/metadata/labels"))
                .containsAll(service.at("/spec/selector"));
    }

    @Test
    void aStopIsNotCutShort() throws Exception {
        long limit = config("standalone").limits().stop().toSeconds();

        for (String layout : List.of("standalone", "sidecar", "operator")) {
            assertThat(pod(layout).get("terminationGracePeriodSeconds").asLong())
                    .isGreaterThan(limit);
        }
        assertThat(Long.parseLong(unit().get("TimeoutStopSec"))).isGreaterThan(limit);
    }

    @Test
    void theOperatorMakesThePodThatTheSchemasOfKubernetesAllow() throws Exception {
        String operators = pod("operator").toString().replace("clickhouse-with-backups", "NAME");
        String sidecars = pod("sidecar").toString();

        assertThat(MAPPER.readTree(operators))
                .isEqualTo(
                        MAPPER.readTree(
                                sidecars.replace(
                                                "\"serviceAccountName\":\"clickhouse\"",
                                                "\"serviceAccountName\":\"NAME\"")
                                        .replace(
                                                "\"configMap\":{\"name\":\"clickhouse\"}",
                                                "\"configMap\":{\"name\":\"NAME\"}")));
    }

    @Test
    void thePodRunsAsTheUserOfTheImageAndOnItsPort() throws Exception {
        JsonNode container = agent(pod("standalone"));

        assertThat(Files.readString(Path.of("Dockerfile")))
                .contains("USER " + container.at("/securityContext/runAsUser").asInt())
                .contains("EXPOSE " + container.at("/ports/0/containerPort").asInt());
    }

    @Test
    void theChartIsOfTheVersionOfTheAgent() throws Exception {
        JsonNode chart = yaml(CHART.resolve("Chart.yaml")).get(0);
        String pom = Files.readString(Path.of("pom.xml"));
        String version = pom.replaceFirst("(?s).*?\n  <version>([^<]+)</version>.*", "$1");

        assertThat(chart.get("version").asText()).isEqualTo(version);
        assertThat(chart.get("appVersion").asText()).isEqualTo(version);
        assertThat(agent(pod("standalone")).get("image").asText())
                .isEqualTo("clickhouse-backup-agent:" + version);
    }

    @Test
    void eachValueIsDescribedAndATypingErrorIsRefused() throws Exception {
        JsonNode schema = MAPPER.readTree(Files.readString(CHART.resolve("values.schema.json")));

        described("", yaml(CHART.resolve("values.yaml")).get(0), schema);
    }

    private static void described(String path, JsonNode values, JsonNode schema) {
        assertThat(schema.get("additionalProperties").asBoolean(true)).as(path).isFalse();
        for (Map.Entry<String, JsonNode> value : values.properties()) {
            String name = path + "." + value.getKey();
            JsonNode of = schema.get("properties").path(value.getKey());
            assertThat(of.path("description").asText()).as(name).isNotEmpty();
            if (of.has("properties")) {
                described(name, value.getValue(), of);
            }
        }
    }

    @Test
    void theUnitWritesWhereTheAgentLooksAndStaysDownOnlyWhereAStartCannotHelp() throws Exception {
        Map<String, String> unit = unit();
        AgentConfig defaults = config("standalone");

        assertThat("/var/lib/" + unit.get("StateDirectory"))
                .isEqualTo(defaults.stateDirectory().toString());
        assertThat("/var/log/" + unit.get("LogsDirectory"))
                .isEqualTo(defaults.logDirectory().toString());
        assertThat(unit.get("RestartPreventExitStatus"))
                .isEqualTo(ExitCode.USAGE + " " + ExitCode.CONFIGURATION);
        assertThat(unit.get("SuccessExitStatus")).isEqualTo(Integer.toString(128 + 15));
        assertThat(unit.get("ExecStart")).endsWith("/bin/clickhouse-backup-agent run");
        assertThat(unit).doesNotContainKey("MemoryDenyWriteExecute");
    }

    @Test
    void theUnitsGiveVariablesThatTheSampleConfigurationTakes() throws Exception {
        String sample = Files.readString(Path.of("config/agent.yaml"));
        TreeSet<String> given = new TreeSet<>();
        Pattern.compile("(?m)^#?([A-Z_]+)=")
                .matcher(Files.readString(SYSTEMD.resolve("environment")))
                .results()
                .forEach(match -> given.add(match.group(1)));
        Pattern.compile("(?m)^Environment=([A-Z_]+)=")
                .matcher(Files.readString(SYSTEMD.resolve("clickhouse-backup-agent.service")))
                .results()
                .forEach(match -> given.add(match.group(1)));
        // For the start script, and for the unit that asks for the age.
        given.removeAll(List.of("JAVA_OPTS", "MAX_AGE"));

        assertThat(given)
                .contains("SERVER", "API_URL", "API_PASSWORD_FILE")
                .allSatisfy(name -> assertThat(sample).contains("{{env:" + name + ":"));
    }

    private static Map<String, String> unit() throws IOException {
        Map<String, String> unit = new LinkedHashMap<>();
        Files.readAllLines(SYSTEMD.resolve("clickhouse-backup-agent.service")).stream()
                .filter(line -> line.matches("[A-Za-z]+=.*"))
                .forEach(
                        line ->
                                unit.put(
                                        line.replaceFirst("=.*", ""),
                                        line.replaceFirst(".*?=", "")));
        return unit;
    }

    private AgentConfig config(String layout) throws IOException {
        String text = object(layout, "ConfigMap").at("/data/agent.yaml").asText();
        Files.writeString(directory.resolve("api-password"), "secret\n");
        Map<String, String> pod = Map.of("POD_NAME", "clickhouse-0", "POD_NAMESPACE", "backups");
        return new ConfigLoader(pod::get, Clock.systemUTC())
                .parse("agent.yaml", text.replace(SECRETS, directory.toString()));
    }

    private static JsonNode agent(JsonNode pod) {
        return byName(pod.get("containers")).get("clickhouse-backup-agent");
    }

    private static Map<String, JsonNode> byName(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false)
                .collect(Collectors.toMap(item -> item.get("name").asText(), item -> item));
    }

    /** Returns the spec of the pod that has the agent. */
    private static JsonNode pod(String layout) throws IOException {
        return switch (layout) {
            case "standalone" -> object(layout, "Deployment").at("/spec/template/spec");
            case "sidecar" -> object(layout, "StatefulSet").at("/spec/template/spec");
            default ->
                    object(layout, "ClickHouseInstallationTemplate")
                            .at("/spec/templates/podTemplates/0/spec");
        };
    }

    private static JsonNode object(String layout, String kind) throws IOException {
        return yaml(Path.of("deploy/kubernetes", layout, "agent.yaml")).stream()
                .filter(object -> object.get("kind").asText().equals(kind))
                .findFirst()
                .orElseThrow();
    }

    private static List<JsonNode> yaml(Path file) throws IOException {
        List<JsonNode> documents = new ArrayList<>();
        new Load(LoadSettings.builder().build())
                .loadAllFromString(Files.readString(file))
                .forEach(document -> documents.add(MAPPER.valueToTree(document)));
        return documents;
    }
}
