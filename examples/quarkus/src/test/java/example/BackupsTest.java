package example;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.BackupAgent;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.event.RunEvent;
import io.github.clickhousebackupagent.sandbox.Ending;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.nio.file.Files;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(SandboxServer.class)
class BackupsTest {

    SimulatedServer server;

    @Inject BackupAgent agent;
    @Inject ProducerTemplate template;
    @Inject CamelContext context;

    @Test
    void aRouteOfTheApplicationMakesAProvenBackup() throws Exception {
        String answer = template.requestBody("direct:release", "", String.class);
        assertThat(answer).startsWith("success: FULL_CH_BK_");
        assertThat(Files.readString(agent.config().markerFile("node")))
                .contains(answer.substring("success: ".length()));
    }

    @Test
    void aBackupThatFailsIsToldAsOne() {
        server.faults().next("create", Ending.error("disk is full"));
        RunEvent outcome = agent.backup("node", BackupKind.FULL);
        assertThat(outcome.outcome()).isEqualTo("failed");
        assertThat(outcome.reason()).contains("disk is full");
    }

    @Test
    void theSchedulesAreThere() {
        assertThat(context.getRoute("clickhouse-backup-schedule-hourly")).isNotNull();
        assertThat(context.getRoute("clickhouse-backup-schedule-saturday")).isNotNull();
    }
}
