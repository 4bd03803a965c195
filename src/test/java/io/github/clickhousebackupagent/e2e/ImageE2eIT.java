package io.github.clickhousebackupagent.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.clickhousebackupagent.image.Container;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The first minute of a container, with a real server: {@code mvn verify -Pe2e
 * -Dclickhouse-backup.binary=PATH -Dimage=NAME}, where NAME is an image that buildah has.
 */
@Tag("e2e")
class ImageE2eIT {

    private static final String IMAGE = System.getProperty("image", "");
    private static final String AGENT = "/opt/clickhouse-backup-agent/bin/clickhouse-backup-agent";
    private static final String LOGS = "/var/log/clickhouse-backup";
    private static final String STATE = "/var/lib/clickhouse-backup-agent";
    private static final int USER = 10001;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static SampleInstallation samples;
    private static RealStack stack;

    @TempDir private Path directory;

    @BeforeAll
    static void start() throws IOException {
        assumeThat(IMAGE).as("the property image").isNotEmpty();
        samples = new SampleInstallation();
        stack = RealStack.startGiven(samples);
        SamplesE2eIT.statements(Path.of("clickhouse/initdb/shop.sql")).forEach(stack::query);
    }

    @AfterAll
    static void close() {
        if (stack != null) {
            stack.close();
        }
    }

    @Test
    void theFirstMinuteOfAContainer() throws Exception {
        Map<String, Path> volumes = new HashMap<>();
        volumes.put(LOGS, volume("log"));
        volumes.put(STATE, volume("state"));
        volumes.put("/run/secrets/api-password", SampleInstallation.secret("api-password"));
        Map<String, String> environment =
                Map.of(
                        "SERVER", "clickhouse",
                        "API_URL", stack.apiUri().toString(),
                        "API_USERNAME", "rlAPIuser",
                        "API_PASSWORD_FILE", "/run/secrets/api-password",
                        "FIRST_FULL", "at-start",
                        "HTTP_PORT", "0",
                        "TZ", "Etc/UTC");
        try (Container container = Container.of(IMAGE, directory, LOGS, STATE);
                Container.Running agent = container.start(volumes, environment, AGENT, "run")) {
            Path marker = directory.resolve("log/.clickhouse_last_backup");
            Awaitility.await("the first FULL").atMost(LIMIT).until(() -> Files.exists(marker));
            String full = Files.readString(marker);

            for (String command : new String[] {"check", "diff", "history", "status", "list"}) {
                try (Container.Running asked =
                        container.start(volumes, environment, AGENT, command)) {
                    assertThat(asked.ended().exitCode()).as(command).isZero();
                }
            }
            assertThat(Files.readString(marker)).startsWith("DIFF_CH_BK_");
            assertThat(
                            new RealApi(stack)
                                    .remoteBackup(Files.readString(marker))
                                    .path("required")
                                    .asText())
                    .isEqualTo(full);
            agent.java().orElseThrow().destroy();
            assertThat(agent.ended().output()).contains("clickhouse-backup-agent has stopped");
        }
    }

    private Path volume(String name) throws IOException {
        Path volume = Files.createDirectory(directory.resolve(name));
        Files.setAttribute(volume, "unix:uid", USER);
        Files.setAttribute(volume, "unix:gid", USER);
        return volume;
    }
}
