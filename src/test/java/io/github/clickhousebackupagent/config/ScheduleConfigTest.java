package io.github.clickhousebackupagent.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.chain.BackupKind;
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
                                new ScheduleConfig(BackupKind.FULL, "0 1 * * *", null, List.of())));
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
                                        """)
                                .schedules()
                                .get("daily"))
                .isEqualTo(
                        new ScheduleConfig(
                                BackupKind.DIFF,
                                "0 0 1 ? * *",
                                ZoneId.of("Asia/Tokyo"),
                                List.of("node")));
    }

    @Test
    void unknownKey() {
        ConfigGroups.assertUnknown(
                "schedules: { daily: { do: full, cron: 0 1 * * *, target: node } }",
                "target",
                "targets");
    }
}
