package example;

import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Map;

/** A simulated clickhouse-backup server, and where it is, for the time of the tests. */
public class SandboxServer implements QuarkusTestResourceLifecycleManager {

    private SimulatedServer server;

    @Override
    public Map<String, String> start() {
        server = SimulatedServer.builder().start();
        try {
            return Map.of(
                    "API_URL", server.uri().toString(),
                    "CREATE_RETRIES", "0",
                    "BACKUP_DIRECTORY", Files.createTempDirectory("backups").toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void inject(Object test) {
        if (test instanceof BackupsTest backups) {
            backups.server = server;
        }
    }

    @Override
    public void stop() {
        server.close();
    }
}
