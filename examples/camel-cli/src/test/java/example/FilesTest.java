package example;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.BackupAgent;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.event.RunEvent;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.camel.builder.NotifyBuilder;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Loads the files by the loader and the properties that {@code camel run} leans on. What is left out
 * is that command itself, and that it fetches the jar.
 */
@Timeout(60)
class FilesTest {

    @TempDir Path directory;

    private final SimulatedServer server = SimulatedServer.builder().start();
    private final Main main = new Main();

    @BeforeEach
    void start() throws Exception {
        // What a shell would say by variables.
        String agent =
                Files.readString(Path.of("agent.yaml"))
                        .replace("{{env:API_URL:http://127.0.0.1:7171}}", server.uri().toString())
                        .replace("{{env:BACKUP_DIRECTORY:backups}}", directory.toString());
        Path copy = Files.writeString(directory.resolve("agent.yaml"), agent);
        Properties properties = new Properties();
        try (var file = Files.newBufferedReader(Path.of("application.properties"))) {
            properties.load(file);
        }
        properties.computeIfPresent(
                "camel.beans.backups",
                (key, value) -> value.toString().replace("agent.yaml", copy.toString()));
        String routes =
                Files.readString(Path.of("backups.camel.yaml"))
                        .replace("file:backups", "file:" + directory);
        Files.writeString(directory.resolve("backups.camel.yaml"), routes);
        main.setDefaultPropertyPlaceholderLocation("false");
        main.setInitialProperties(properties);
        main.configure()
                .withRoutesIncludePattern("file:" + directory.resolve("backups.camel.yaml"));
        main.start();
    }

    @AfterEach
    void stop() {
        main.stop();
        server.close();
    }

    @Test
    void theAgentRunsByThePropertiesAndCallsWhatIsHookedIn() throws Exception {
        BackupAgent agent = main.lookup(BackupAgent.NAME, BackupAgent.class);
        RunEvent outcome = agent.backup("node", BackupKind.FULL);
        assertThat(outcome.outcome()).isEqualTo("success");
        assertThat(directory.resolve("node.proven")).hasContent(outcome.backup());
        assertThat(main.getCamelContext().getRoute("clickhouse-backup-schedule-hourly"))
                .isNotNull();
    }

    @Test
    void whatIsThereIsWrittenDown() {
        NotifyBuilder looked =
                new NotifyBuilder(main.getCamelContext()).fromRoute("look").whenDone(1).create();
        assertThat(looked.matches(20, TimeUnit.SECONDS)).isTrue();
        assertThat(directory.resolve("node.json")).hasContent("[]");
    }
}
