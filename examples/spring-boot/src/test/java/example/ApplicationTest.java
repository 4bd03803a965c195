package example;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.clickhousebackupagent.BackupAgent;
import io.github.clickhousebackupagent.sandbox.Ending;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.client.TestRestTemplate;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(60)
class ApplicationTest {

    private static final SimulatedServer SERVER =
            SimulatedServer.builder().credentials("api", "0123").start();

    @TempDir static Path directory;

    @Autowired private BackupAgent agent;
    @Autowired private TestRestTemplate http;

    @DynamicPropertySource
    static void environment(DynamicPropertyRegistry properties) {
        properties.add("api.url", SERVER::uri);
        properties.add("api.username", () -> "api");
        properties.add("api.password", () -> "0123");
        properties.add("backup.directory", directory::toString);
        properties.add("clickhouse-backup.retry.create", () -> 0);
    }

    @AfterAll
    static void stop() {
        SERVER.close();
    }

    private JsonNode health() {
        JsonNode components =
                http.getForObject("/actuator/health", JsonNode.class).path("components");
        return components.path("camelHealth");
    }

    @Test
    @Order(1)
    void theConfigurationIsWhatApplicationYamlSays() {
        assertThat(agent.config().targetsOf(agent.config().schedules().get("hourly")))
                .containsExactly("node");
        assertThat(agent.config().targets().get("node").password().reveal()).isEqualTo("0123");
    }

    @Test
    @Order(2)
    void aBackupThatFailsShowsInTheHealthOfTheApplicationAndNotInItsReadiness() {
        SERVER.faults().next("create", Ending.error("disk is full"));
        JsonNode outcome = http.postForObject("/backups/node", null, JsonNode.class);
        assertThat(outcome.path("outcome").asText()).isEqualTo("failed");
        assertThat(outcome.path("reason").asText()).contains("disk is full");
        assertThat(health().path("status").asText()).isEqualTo("DOWN");
        assertThat(health().path("details").path(BackupAgent.NAME).asText()).isEqualTo("DOWN");
        assertThat(http.getForEntity("/actuator/health/readiness", String.class).getStatusCode())
                .matches(status -> status.is2xxSuccessful());
    }

    @Test
    @Order(3)
    void aBackupIsProvenAndTheHealthTellsWhichItIs() throws IOException {
        JsonNode outcome = http.postForObject("/backups/node", null, JsonNode.class);
        assertThat(outcome.path("outcome").asText()).isEqualTo("success");
        String backup = outcome.path("backup").asText();
        assertThat(Files.readString(agent.config().markerFile("node"))).contains(backup);
        assertThat(health().path("status").asText()).isEqualTo("UP");
        JsonNode told = health().path("details").path(BackupAgent.NAME + ".data");
        assertThat(told.path("node").asText()).contains(backup);
    }
}
