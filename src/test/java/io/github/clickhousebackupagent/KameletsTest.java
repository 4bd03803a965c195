package io.github.clickhousebackupagent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.ConfigLoader;
import io.github.clickhousebackupagent.sandbox.Ending;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** What a route gets that names one, and whether tools that list Kamelets take ours as such. */
@Timeout(60)
class KameletsTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PREFIX = "camel.apache.org/";

    @TempDir Path directory;

    private final SimulatedServer server = SimulatedServer.builder().start();
    private final DefaultCamelContext context = new DefaultCamelContext();

    @BeforeEach
    void start() throws Exception {
        AgentConfig config =
                new ConfigLoader(Map.<String, String>of()::get, Clock.systemUTC())
                        .parse(
                                "t",
                                """
                                targets: { node: { url: "%s" } }
                                log-directory: "%s"
                                state-directory: "%s"
                                retry: { create: 0, upload: 0 }
                                """
                                        .formatted(
                                                server.uri(),
                                                directory.resolve("log"),
                                                directory.resolve("state")));
        context.addRoutes(BackupAgent.builder(config).build());
        context.start();
    }

    @AfterEach
    void stop() throws IOException {
        context.close();
        server.close();
    }

    private Exchange send(String kamelet) {
        return context.createProducerTemplate()
                .send(kamelet, exchange -> exchange.getMessage().setBody("of the route"));
    }

    @Test
    void aRouteGoesOnWithTheOutcomeOfAProvenBackup() throws Exception {
        Exchange full = send("kamelet:clickhouse-backup-run-action?target=node");
        assertThat(full.getException()).isNull();
        JsonNode outcome = JSON.readTree(full.getMessage().getBody(String.class));
        assertThat(outcome.path("outcome").asText()).isEqualTo("success");
        assertThat(outcome.path("kind").asText()).isEqualTo("full");
        assertThat(full.getMessage().getHeaders())
                .containsEntry("BackupOutcome", "success")
                .containsEntry("BackupTarget", "node")
                .containsEntry("BackupName", outcome.path("backup").asText());
        Exchange diff = send("kamelet:clickhouse-backup-run-action?target=node&kind=diff");
        assertThat(JSON.readTree(diff.getMessage().getBody(String.class)).path("base"))
                .isEqualTo(outcome.path("backup"));
    }

    @Test
    void aBackupThatFailsIsNoSuccessOfTheRoute() {
        server.faults().next("create", Ending.error("disk is full"));
        Exchange failed = send("kamelet:clickhouse-backup-run-action?target=node");
        assertThat(failed.getException())
                .isInstanceOf(BackupAgentException.class)
                .hasMessageStartingWith("node: the full backup ended as failed: ")
                .hasMessageContaining("disk is full");
    }

    @Test
    void aRouteThatWantsToDecideItselfGetsTheFailureAsTheBody() throws Exception {
        server.faults().next("create", Ending.error("disk is full"));
        Exchange failed =
                send("kamelet:clickhouse-backup-run-action?target=node&failOnFailure=false");
        assertThat(failed.getException()).isNull();
        JsonNode outcome = JSON.readTree(failed.getMessage().getBody(String.class));
        assertThat(outcome.path("outcome").asText()).isEqualTo("failed");
        assertThat(outcome.path("reason").asText()).contains("disk is full");
    }

    @Test
    void aTargetThatIsNotThereIsNamed() {
        assertThatThrownBy(
                        () ->
                                context.createProducerTemplate()
                                        .requestBody(
                                                "kamelet:clickhouse-backup-run-action?target=nod",
                                                ""))
                .isInstanceOf(CamelExecutionException.class)
                .rootCause()
                .hasMessage("target: found 'nod'; allowed: node (did you mean node?)");
    }

    @Test
    void listsComeAsArraysOfWhatTheServerHas() throws Exception {
        send("kamelet:clickhouse-backup-run-action?target=node");
        LinkedBlockingQueue<String> lists = new LinkedBlockingQueue<>();
        context.addRoutes(
                new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("kamelet:clickhouse-backup-list-source?target=node&period=500")
                                .process(e -> lists.add(e.getMessage().getBody(String.class)));
                        from("kamelet:clickhouse-backup-list-source?target=node&place=local")
                                .process(e -> lists.add(e.getMessage().getBody(String.class)));
                    }
                });
        for (int i = 0; i < 3; i++) {
            JsonNode list = JSON.readTree(lists.poll(20, TimeUnit.SECONDS));
            assertThat(list.isArray()).isTrue();
            assertThat(list.get(0).path("name").asText()).startsWith("FULL_CH_BK_");
        }
    }

    static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("kamelets"))) {
            return files.sorted().toList();
        }
    }

    /** The rules of the validator of Apache Camel's catalogue, but for who provides it. */
    @ParameterizedTest
    @MethodSource("files")
    void toolsThatListKameletsTakeItAsOne(Path file) throws Exception {
        JsonNode kamelet =
                JSON.valueToTree(
                        new Load(LoadSettings.builder().build())
                                .loadFromString(Files.readString(file)));
        assertThat(kamelet.path("apiVersion").asText()).isEqualTo("camel.apache.org/v1");
        assertThat(kamelet.path("kind").asText()).isEqualTo("Kamelet");
        String name = kamelet.path("metadata").path("name").asText();
        assertThat(file.getFileName()).hasToString(name + ".kamelet.yaml");

        String type =
                kamelet.path("metadata").path("labels").path(PREFIX + "kamelet.type").asText();
        assertThat(type).isIn("source", "sink", "action");
        assertThat(name).endsWith("-" + type);
        JsonNode annotations = kamelet.path("metadata").path("annotations");
        assertThat(annotations.path(PREFIX + "kamelet.support.level").asText())
                .isIn("Stable", "Preview");
        for (String required :
                List.of("catalog.version", "provider", "kamelet.group", "kamelet.namespace")) {
            assertThat(annotations.path(PREFIX + required).asText()).as(required).isNotBlank();
        }
        assertThat(annotations.path(PREFIX + "catalog.version").asText())
                .isEqualTo(context.getVersion());
        String icon = annotations.path(PREFIX + "kamelet.icon").asText();
        assertThat(icon).startsWith("data:image/svg+xml;base64,");
        byte[] svg = Base64.getDecoder().decode(icon.substring(icon.indexOf(',') + 1));
        assertThat(new String(svg, StandardCharsets.UTF_8)).startsWith("<svg ").endsWith("</svg>");

        JsonNode definition = kamelet.path("spec").path("definition");
        String suffix = type.substring(0, 1).toUpperCase() + type.substring(1);
        assertThat(definition.path("title").asText()).endsWith(" " + suffix);
        assertThat(definition.path("description").asText()).isNotBlank();
        assertThat(definition.path("type").asText()).isEqualTo("object");
        Set<String> declared = new HashSet<>();
        definition
                .path("properties")
                .properties()
                .forEach(
                        property -> {
                            declared.add(property.getKey());
                            JsonNode value = property.getValue();
                            assertThat(value.path("title").asText())
                                    .matches("[A-Z]\\w*( (on|of|in|[A-Z]\\w*))*")
                                    .doesNotStartWith("The ");
                            assertThat(value.path("description").asText()).endsWith(".");
                            assertThat(value.path("type").asText())
                                    .isIn("string", "integer", "number", "boolean");
                            assertThat(value.has("example")).isTrue();
                        });
        for (JsonNode required : definition.path("required")) {
            assertThat(declared).contains(required.asText());
        }
        JsonNode template = kamelet.path("spec").path("template");
        Set<String> used = new HashSet<>();
        Matcher placeholder =
                Pattern.compile("\\{\\{[?]?([A-Za-z0-9-._]+)(?::[^}]*)?}}")
                        .matcher(template.toString());
        while (placeholder.find()) {
            used.add(placeholder.group(1));
        }
        assertThat(used).isEqualTo(declared);
        assertThat(kamelet.path("spec").path("dataTypes").path("out").path("types").has("json"))
                .isTrue();
        assertThat(kamelet.path("spec").path("dependencies"))
                .extracting(JsonNode::asText)
                .contains("camel:core", "camel:kamelet")
                .anyMatch(
                        dependency ->
                                dependency.startsWith("mvn:io.github.clickhousebackupagent:"));
    }

    /** The version in the dependency is that of the jar. */
    @ParameterizedTest
    @MethodSource("files")
    void itNeedsTheVersionThatItComesWith(Path file) throws Exception {
        Matcher own =
                Pattern.compile(
                                "<artifactId>clickhouse-backup-agent</artifactId>\\s*<version>([^<]+)</version>")
                        .matcher(Files.readString(Path.of("pom.xml")));
        assertThat(own.find()).isTrue();
        assertThat(Files.readString(file))
                .contains(
                        "mvn:io.github.clickhousebackupagent:clickhouse-backup-agent:"
                                + own.group(1));
    }
}
