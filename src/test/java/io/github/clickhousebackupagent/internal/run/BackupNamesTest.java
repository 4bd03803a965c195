package io.github.clickhousebackupagent.internal.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.config.BackupConfig;
import io.github.clickhousebackupagent.config.BackupKind;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BackupNamesTest {

    private static final Instant NOW = Instant.parse("2026-11-22T20:30:00.999Z");

    private final BackupNames names = new BackupNames(BackupConfig.defaults(), ZoneOffset.UTC);
    private final Set<String> used = new HashSet<>();

    @Test
    void theNameIsThatOfTheOriginal() {
        assertThat(take(names, BackupKind.FULL, NOW)).isEqualTo("FULL_CH_BK_2026-11-22_20-30-00");
        assertThat(take(names, BackupKind.DIFF, NOW)).isEqualTo("DIFF_CH_BK_2026-11-22_20-30-00");
    }

    @Test
    void theTimeIsThatOfTheZone() {
        BackupNames berlin = new BackupNames(BackupConfig.defaults(), ZoneId.of("Europe/Berlin"));

        assertThat(take(berlin, BackupKind.FULL, NOW)).isEqualTo("FULL_CH_BK_2026-11-22_21-30-00");
    }

    @Test
    void thePrefixesAreThoseOfTheConfiguration() {
        BackupConfig config = new BackupConfig("F-", "D-", null, null, null);

        assertThat(take(new BackupNames(config, ZoneOffset.UTC), BackupKind.DIFF, NOW))
                .isEqualTo("D-2026-11-22_20-30-00");
    }

    @Test
    void twoInOneSecondDoNotOverwriteEachOther() {
        assertThat(take(names, BackupKind.FULL, NOW)).endsWith("20-30-00");
        assertThat(take(names, BackupKind.FULL, NOW)).endsWith("20-30-01");
        assertThat(take(names, BackupKind.FULL, NOW.plusSeconds(1))).endsWith("20-30-02");
    }

    @Test
    void aClockThatWasPutBackDoesNotOverwriteABackup() {
        for (int second = 0; second < 10; second++) {
            take(names, BackupKind.FULL, NOW.plusSeconds(second));
        }

        assertThat(take(names, BackupKind.FULL, NOW)).endsWith("20-30-10");
    }

    @Test
    void theHourThatComesTwiceDoesNotOverwriteABackup() {
        BackupNames berlin = new BackupNames(BackupConfig.defaults(), ZoneId.of("Europe/Berlin"));

        assertThat(take(berlin, BackupKind.DIFF, Instant.parse("2026-10-25T00:30:00Z")))
                .isEqualTo("DIFF_CH_BK_2026-10-25_02-30-00");
        assertThat(take(berlin, BackupKind.DIFF, Instant.parse("2026-10-25T01:30:00Z")))
                .isEqualTo("DIFF_CH_BK_2026-10-25_02-30-01");
    }

    @Test
    void noNameIsGivenTwiceHoweverTheClockJumps() {
        java.util.Random random = new java.util.Random(7);
        for (int i = 0; i < 2000; i++) {
            take(names, BackupKind.DIFF, NOW.plusSeconds(random.nextInt(600)));
        }

        assertThat(used).hasSize(2000);
    }

    private String take(BackupNames from, BackupKind kind, Instant now) {
        String name = from.next(kind, now, used::contains);
        assertThat(used.add(name)).as(name).isTrue();
        return name;
    }
}
