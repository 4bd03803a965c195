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
                                Duration.ofHours(48),
                                Duration.ofHours(48),
                                Duration.ofHours(48),
                                Duration.ofHours(6),
                                Duration.ofHours(6),
                                Duration.ofHours(1),
                                Duration.ofMinutes(30),
                                Duration.ofSeconds(10),
                                Duration.ofMinutes(5),
                                Duration.ofMinutes(1),
                                Duration.ofHours(1),
                                Duration.ofHours(24),
                                Duration.ofSeconds(20),
                                WhenExceeded.FAIL));
        // 48h is 2d: the schema says it in the unit that people think in.
        ConfigGroups.assertSchemaDurations("/properties/limits", LimitsConfig.defaults());
    }

    @Test
    void everythingElse() {
        assertThat(
                        ConfigGroups.parse(
                                        """
                                        limits:
                                          { call: 500ms, list: 7s, create: 8m, upload: 9d, download: 10d,
                                            restore: 11d, delete: 12m, busy: 1s,
                                            outage: 2s, silence: 13m, settle: 3s, proof: 4s, hook: 6s, notice: 14m, reminder: 15h,
                                            stop: 5s,
                                            when-exceeded: kill-and-retry }
                                        """)
                                .limits())
                .isEqualTo(
                        new LimitsConfig(
                                Duration.ofMillis(500),
                                Duration.ofSeconds(7),
                                Duration.ofMinutes(8),
                                Duration.ofDays(9),
                                Duration.ofDays(10),
                                Duration.ofDays(11),
                                Duration.ofMinutes(12),
                                Duration.ofSeconds(1),
                                Duration.ofSeconds(2),
                                Duration.ofMinutes(13),
                                Duration.ofSeconds(3),
                                Duration.ofSeconds(4),
                                Duration.ofSeconds(6),
                                Duration.ofMinutes(14),
                                Duration.ofHours(15),
                                Duration.ofSeconds(5),
                                WhenExceeded.KILL_AND_RETRY));
    }

    @Test
    void aTargetMayHaveLimitsOfItsOwn() {
        AgentConfig config =
                ConfigGroups.parse(
                        """
                        targets:
                          a: { url: "http://a", limits: { upload: 3h, when-exceeded: kill } }
                          b: { url: "http://b" }
                        limits: { create: 1h, upload: 2h }
                        """);

        assertThat(config.limitsOf("a").create()).isEqualTo(Duration.ofHours(1));
        assertThat(config.limitsOf("a").upload()).isEqualTo(Duration.ofHours(3));
        assertThat(config.limitsOf("a").whenExceeded()).isEqualTo(WhenExceeded.KILL);
        assertThat(config.limitsOf("b")).isEqualTo(config.limits());
    }

    @Test
    void unknownKey() {
        ConfigGroups.assertUnknown("limits: { uploads: 1h }", "uploads", "upload");
    }
}
