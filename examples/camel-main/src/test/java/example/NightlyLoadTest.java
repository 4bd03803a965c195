package example;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.BackupAgent;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.ConfigLoader;
import io.github.clickhousebackupagent.sandbox.Ending;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class NightlyLoadTest {

    @TempDir Path directory;

    private final SimulatedServer server = SimulatedServer.builder().start();
    private AgentConfig config;
    private Main main;

    @BeforeEach
    void start() throws Exception {
        Map<String, String> environment =
                Map.of(
                        "API_URL", server.uri().toString(),
                        "CREATE_RETRIES", "0",
                        "LOG_DIRECTORY", directory.resolve("log").toString(),
                        "STATE_DIRECTORY", directory.resolve("state").toString());
        config =
                new ConfigLoader(environment::get, Clock.systemUTC()).load(Path.of("agent.yaml"));
        main = Application.with(BackupAgent.builder(config).build());
        main.start();
    }

    @AfterEach
    void stop() {
        main.stop();
        server.close();
    }

    private Exchange load() throws Exception {
        return main.getCamelTemplate().send("direct:nightly-load", exchange -> {});
    }

    @Test
    void theLoadIsInAProvenBackup() throws Exception {
        Exchange night = load();
        assertThat(night.getMessage().getHeader("BackupOutcome")).isEqualTo("success");
        assertThat(Files.readString(config.markerFile("node")))
                .contains(night.getMessage().getHeader("BackupName", String.class));
    }

    @Test
    void somebodyIsToldThatItIsNot() throws Exception {
        server.faults().next("create", Ending.error("disk is full"));
        Exchange night = load();
        assertThat(night.getMessage().getHeader("BackupOutcome")).isEqualTo("none");
        assertThat(night.getMessage().getBody(String.class))
                .startsWith("The load of this night is in no proven backup: node: the full backup")
                .contains("disk is full");
    }
}
