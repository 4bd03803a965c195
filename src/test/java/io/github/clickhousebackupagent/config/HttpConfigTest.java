package io.github.clickhousebackupagent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HttpConfigTest {

    @Test
    void defaults() throws Exception {
        assertThat(ConfigGroups.parse("").http())
                .isEqualTo(new HttpConfig("127.0.0.1", 8171, "auto"));
        ConfigGroups.assertSchemaDefaults(
                "/properties/http", HttpConfig.defaults(), "token", "token-file", "tls");
    }

    @Test
    void everythingElse() {
        assertThat(
                        ConfigGroups.parse(
                                        "http: { bind: 0.0.0.0, port: 0, callback-url:"
                                                + " 'http://agent:8171/x', token: secret, read:"
                                                + " token }")
                                .http())
                .isEqualTo(
                        new HttpConfig(
                                "0.0.0.0",
                                0,
                                "http://agent:8171/x",
                                new Secret("secret"),
                                null,
                                HttpReaders.TOKEN,
                                null));
    }

    @Test
    void theTokenMayComeFromAFileAndIsNotShown(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("token"), "TopSecret\n");

        AgentConfig config = ConfigGroups.parse("http: { token-file: '%s' }".formatted(file));

        assertThat(config.http().token()).isEqualTo(new Secret("TopSecret"));
        assertThat(config.http().tokenFile()).isEqualTo(file);
        assertThat(ConfigLoader.show(config).toString()).doesNotContain("TopSecret");
        assertThatThrownBy(
                        () ->
                                ConfigGroups.parse(
                                        "http: { token: a, token-file: '%s' }".formatted(file)))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("http.token-file: found both token and token-file");
    }

    @Test
    void unknownKey() {
        ConfigGroups.assertUnknown("http: { ports: 1 }", "ports", "port");
    }
}
