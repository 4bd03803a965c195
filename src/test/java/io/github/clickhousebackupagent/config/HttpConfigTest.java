package io.github.clickhousebackupagent.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HttpConfigTest {

    @Test
    void defaults() throws Exception {
        assertThat(ConfigGroups.parse("").http())
                .isEqualTo(new HttpConfig("127.0.0.1", 8171, "auto"));
        ConfigGroups.assertSchemaDefaults("/properties/http", HttpConfig.defaults());
    }

    @Test
    void everythingElse() {
        assertThat(
                        ConfigGroups.parse(
                                        "http: { bind: 0.0.0.0, port: 0, callback-url:"
                                                + " 'http://agent:8171/x' }")
                                .http())
                .isEqualTo(new HttpConfig("0.0.0.0", 0, "http://agent:8171/x"));
    }

    @Test
    void unknownKey() {
        ConfigGroups.assertUnknown("http: { ports: 1 }", "ports", "port");
    }
}
