package io.github.clickhousebackupagent.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LimitsConfigTest {

    @Test
    void defaults() throws Exception {
        assertThat(ConfigGroups.parse("").limits())
                .isEqualTo(
                        new LimitsConfig(
                                Duration.ofSeconds(30),
                                Duration.ofMinutes(10),
                                Duration.ofHours(12),
                                Duration.ofHours(48)));
        // 48h is 2d: the schema says it in the unit that people think in.
        LimitsConfig defaults = LimitsConfig.defaults();
        assertThat(Durations.parse("48h")).isEqualTo(defaults.upload());
        var schema =
                new com.fasterxml.jackson.databind.ObjectMapper()
                        .readTree(ConfigLoader.schemaText())
                        .at("/properties/limits/properties");
        assertThat(Durations.parse(schema.at("/call/default").asText())).isEqualTo(defaults.call());
        assertThat(Durations.parse(schema.at("/list/default").asText())).isEqualTo(defaults.list());
        assertThat(Durations.parse(schema.at("/create/default").asText()))
                .isEqualTo(defaults.create());
        assertThat(Durations.parse(schema.at("/upload/default").asText()))
                .isEqualTo(defaults.upload());
        assertThat(schema.size()).isEqualTo(4);
    }

    @Test
    void everythingElse() {
        assertThat(
                        ConfigGroups.parse(
                                        "limits: { call: 500ms, list: 7s, create: 8m, upload: 9d }")
                                .limits())
                .isEqualTo(
                        new LimitsConfig(
                                Duration.ofMillis(500),
                                Duration.ofSeconds(7),
                                Duration.ofMinutes(8),
                                Duration.ofDays(9)));
    }

    @Test
    void unknownKey() {
        ConfigGroups.assertUnknown("limits: { uploads: 1h }", "uploads", "upload");
    }
}
