package io.github.clickhousebackupagent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ScheduleConfigTest {

    @Test
    void defaults() {
        assertThat(ConfigGroups.parse("schedules: { daily: { do: full, cron: 0 1 * * * } }"))
                .extracting(AgentConfig::schedules)
                .isEqualTo(
                        Map.of(
                                "daily",
                                new ScheduleConfig(
                                        BackupKind.FULL,
                                        "0 1 * * *",
                                        null,
                                        List.of(),
                                        Overlap.WAIT,
                                        CatchUp.DEFAULT,
                                        First.BY_CRON)));
    }

    @Test
    void everythingElse() {
        assertThat(
                        ConfigGroups.parse(
                                        """
                                        schedules:
                                          daily:
                                            do: diff
                                            cron: "0 0 1 ? * *"
                                            zone: Asia/Tokyo
                                            targets: [ node ]
                                            overlap: wait
                                            catch-up: never
                                            first: at-start
                                        """)
                                .schedules()
                                .get("daily"))
                .isEqualTo(
                        new ScheduleConfig(
                                BackupKind.DIFF,
                                "0 0 1 ? * *",
                                ZoneId.of("Asia/Tokyo"),
                                List.of("node"),
                                Overlap.WAIT,
                                new CatchUp(Duration.ZERO),
                                First.AT_START));
    }

    @Test
    void aDiffIsSkippedWhereAFullWaits() {
        assertThat(
                        ConfigGroups.parse("schedules: { daily: { do: diff, cron: 0 1 * * * } }")
                                .schedules()
                                .get("daily")
                                .overlap())
                .isEqualTo(Overlap.SKIP);
    }

    @Test
    void catchUpIsNeverOrADuration() {
        assertThatThrownBy(
                        () ->
                                ConfigGroups.parse(
                                        "schedules: { d: { do: diff, cron: 0 1 * * *, catch-up: soon } }"))
                .hasMessageContaining("found 'soon'")
                .hasMessageContaining("allowed: never, or a number and a unit");
    }

    @Test
    void unknownKey() {
        ConfigGroups.assertUnknown(
                "schedules: { daily: { do: full, cron: 0 1 * * *, target: node } }",
                "target",
                "targets");
    }
}
