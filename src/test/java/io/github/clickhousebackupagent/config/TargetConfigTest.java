package io.github.clickhousebackupagent.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TargetConfigTest {

    @TempDir Path directory;

    @Test
    void defaults() {
        assertThat(ConfigGroups.parse("").targets().get("node"))
                .isEqualTo(TargetConfig.at(URI.create("http://node:7171")));
    }

    @Test
    void everythingElse() throws Exception {
        Path file = Files.writeString(directory.resolve("secret"), "s3");
        AgentConfig config =
                ConfigGroups.parse(
                        """
                        targets:
                          a: { url: "https://a/base", username: api, password: s }
                          b:
                            url: "http://b"
                            username: api
                            password-file: "%s"
                            clickhouse-url: "http://ch:8123"
                            clickhouse-username: reader
                            clickhouse-password-file: "%s"
                            limits: { create: 1h, upload: 2h, download: 3h, restore: 4h, when-exceeded: kill }
                        """
                                .formatted(file, file));

        assertThat(config.targets().get("a"))
                .isEqualTo(
                        new TargetConfig(
                                URI.create("https://a/base"),
                                "api",
                                new Secret("s"),
                                null,
                                null,
                                null,
                                null,
                                null,
                                null));
        assertThat(config.targets().get("b"))
                .isEqualTo(
                        new TargetConfig(
                                URI.create("http://b"),
                                "api",
                                new Secret("s3"),
                                file,
                                URI.create("http://ch:8123"),
                                "reader",
                                new Secret("s3"),
                                file,
                                new TargetLimitsConfig(
                                        Duration.ofHours(1),
                                        Duration.ofHours(2),
                                        Duration.ofHours(3),
                                        Duration.ofHours(4),
                                        WhenExceeded.KILL)));
    }

    @Test
    void unknownKey() {
        ConfigGroups.assertUnknown("targets: { a: { uri: 'http://a' } }", "uri", "url");
    }
}
