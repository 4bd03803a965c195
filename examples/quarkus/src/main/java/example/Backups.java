package example;

import io.github.clickhousebackupagent.BackupAgent;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.ConfigLoader;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import org.eclipse.microprofile.config.Config;

/** The agent, as agent.yaml says. Camel takes it in as any other builder of routes. */
@Singleton
class Backups {

    private static final String FILE = "agent.yaml";

    /** {@code {{env:NAME}}} is what the configuration of Quarkus says, of whatever source. */
    @Produces
    @Singleton
    BackupAgent backupAgent(Config quarkus) throws IOException {
        ConfigLoader loader =
                new ConfigLoader(
                        name -> quarkus.getOptionalValue(name, String.class).orElse(null),
                        Clock.systemUTC());
        AgentConfig config = loader.parse(FILE, read());
        return BackupAgent.builder(config).build();
    }

    private static String read() throws IOException {
        ClassLoader classes = Thread.currentThread().getContextClassLoader();
        try (InputStream file = classes.getResourceAsStream(FILE)) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
