package io.github.clickhousebackupagent.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.chain.BackupKind;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.ConfigLoader;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SchedulesTest {

    private static final Clock CLOCK =
            Clock.fixed(Instant.parse("2026-11-22T12:00:00Z"), ZoneOffset.UTC);
    private static final AgentConfig CONFIG =
            new ConfigLoader(Map.<String, String>of()::get, CLOCK)
                    .parse(
                            "t",
                            """
                            targets:
                              a: { url: "http://a:1" }
                              b: { url: "http://b:1" }
                              c: { url: "http://c:1" }
                            groups: { shard: [ b, c ] }
                            schedules:
                              all: { do: full, cron: 0 1 * * * }
                              some: { do: diff, cron: 0 2 * * *, targets: [ shard ] }
                            """);

    private final Schedules schedules = new Schedules(CONFIG, CLOCK);

    @Test
    void eachTargetIsAskedFor() {
        assertThat(schedules.requests("all", new Date(1)))
                .extracting(RunRequest::target)
                .containsExactly("a", "b", "c");
        assertThat(schedules.requests("some", new Date(1)))
                .containsExactly(
                        new RunRequest("b", BackupKind.DIFF, "some", CLOCK.instant()),
                        new RunRequest("c", BackupKind.DIFF, "some", CLOCK.instant()));
    }

    @Test
    void twoTriggersOfOneScheduleAtOneTimeMakeOneBackup() {
        assertThat(schedules.requests("all", new Date(1))).isNotEmpty();
        assertThat(schedules.requests("all", new Date(1))).isEmpty();
        assertThat(schedules.requests("some", new Date(1))).isNotEmpty();
        assertThat(schedules.requests("all", new Date(2))).isNotEmpty();
    }

    @Test
    void aScheduleWhoseRunStillWaitsIsTurnedAway() {
        RunRequest request = new RunRequest("a", BackupKind.FULL, "all", CLOCK.instant());

        assertThat(schedules.admit(request)).isTrue();
        assertThat(schedules.admit(request)).isFalse();
        schedules.taken(request);
        assertThat(schedules.admit(request)).isTrue();
    }

    @Test
    void otherTargetsAndOtherSchedulesAreNotTurnedAway() {
        schedules.admit(new RunRequest("a", BackupKind.FULL, "all", CLOCK.instant()));

        assertThat(schedules.admit(new RunRequest("b", BackupKind.FULL, "all", CLOCK.instant())))
                .isTrue();
        assertThat(schedules.admit(new RunRequest("a", BackupKind.DIFF, "some", CLOCK.instant())))
                .isTrue();
    }

    @Test
    void whoeverAsksByHandIsNeverTurnedAway() {
        RunRequest byHand = new RunRequest("a", BackupKind.FULL, null, CLOCK.instant());

        assertThat(schedules.admit(byHand)).isTrue();
        assertThat(schedules.admit(byHand)).isTrue();
        schedules.taken(byHand);
        assertThat(schedules.admit(byHand)).isTrue();
    }
}
