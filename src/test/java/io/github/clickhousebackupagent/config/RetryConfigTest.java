package io.github.clickhousebackupagent.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RetryConfigTest {

    @Test
    void defaults() throws Exception {
        assertThat(ConfigGroups.parse("").retry())
                .isEqualTo(new RetryConfig(2, 5, Duration.ofSeconds(30), Duration.ofMinutes(10)));
        ConfigGroups.assertSchemaDefaults("/properties/retry", RetryConfig.defaults());
    }

    @Test
    void everythingElse() {
        assertThat(
                        ConfigGroups.parse(
                                        "retry: { create: 0, upload: 7, pause: 1s, longest-pause: 2s }")
                                .retry())
                .isEqualTo(new RetryConfig(0, 7, Duration.ofSeconds(1), Duration.ofSeconds(2)));
    }

    @Test
    void unknownKey() {
        ConfigGroups.assertUnknown("retry: { uploads: 1 }", "uploads", "upload");
    }
}
