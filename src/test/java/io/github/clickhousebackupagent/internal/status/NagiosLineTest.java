package io.github.clickhousebackupagent.internal.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.internal.status.NagiosLine.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NagiosLineTest {

    private static final Duration DAY = Duration.ofHours(24);

    @ParameterizedTest
    @CsvSource({
        "OK, OK, 0",
        "BEHIND, WARNING, 1",
        "LATE, CRITICAL, 2",
        "PAUSED, OK, 0",
        "UNSCHEDULED, OK, 0"
    })
    void eachVerdictHasItsLevel(Verdict verdict, Level level, int exitCode) {
        NagiosLine line = NagiosLine.of(List.of(status("a", verdict, 60L)), null);

        assertThat(line.level()).isEqualTo(level);
        assertThat(line.level().exitCode()).isEqualTo(exitCode);
        assertThat(line.text()).startsWith("BACKUP " + level + " - ");
    }

    @Test
    void aLineIsAsPluginsWriteIt() {
        assertThat(NagiosLine.of(List.of(status("a", Verdict.OK, 3725L)), DAY).text())
                .isEqualTo(
                        "BACKUP OK - 1 of 1 target(s) well, oldest last backup 1 h 2 min"
                                + " | age=3725s;;86400;0");
    }

    @Test
    void theWorstOfSeveralCountsAndIsNamed() {
        NagiosLine line =
                NagiosLine.of(
                        List.of(
                                status("a", Verdict.OK, 60L),
                                status("b", Verdict.LATE, 90_000L),
                                status("c", Verdict.BEHIND, 70L)),
                        null);

        assertThat(line.text())
                .isEqualTo(
                        "BACKUP CRITICAL - b late: last proven backup is 25 h 0 min old;"
                                + " c behind: last proven backup is 1 min old;"
                                + " 1 of 3 target(s) well, oldest last backup 25 h 0 min"
                                + " | age=90000s;;;0");
    }

    @Test
    void aBackupThatIsTooOldIsCriticalWhateverItsSchedulesPromise() {
        for (Verdict verdict : List.of(Verdict.OK, Verdict.PAUSED, Verdict.UNSCHEDULED)) {
            NagiosLine line = NagiosLine.of(List.of(status("a", verdict, 86_401L)), DAY);

            assertThat(line.level()).isEqualTo(Level.CRITICAL);
            assertThat(line.text()).contains("old, more than 24 h 0 min");
        }
        assertThat(NagiosLine.of(List.of(status("a", Verdict.OK, 86_400L)), DAY).level())
                .isEqualTo(Level.OK);
    }

    @Test
    void noBackupAtAllIsCriticalAndHasNoAge() {
        NagiosLine line = NagiosLine.of(List.of(status("a", Verdict.NEVER, null)), null);

        assertThat(line.text())
                .isEqualTo("BACKUP CRITICAL - a never: no proven backup; 0 of 1 target(s) well");
    }

    @Test
    void whatCannotBeReadIsUnknownUnlessAnotherIsKnownToBeBad() {
        TargetStatus unreadable = TargetStatus.unreadable("a", "a file\n| cannot be read");

        assertThat(NagiosLine.of(List.of(unreadable), DAY).level()).isEqualTo(Level.UNKNOWN);
        assertThat(NagiosLine.of(List.of(unreadable), DAY).level().exitCode()).isEqualTo(3);
        assertThat(NagiosLine.of(List.of(unreadable), DAY).text())
                .as("one line, and the bar is for figures")
                .hasLineCount(1)
                .doesNotContain("|");
        assertThat(NagiosLine.of(List.of(unreadable, status("b", Verdict.LATE, 1L)), null).level())
                .isEqualTo(Level.CRITICAL);
    }

    @Test
    void aPauseIsNamedAndWorthALookWhenItHasLastedForTooLong() {
        NagiosLine begun = NagiosLine.of(List.of(status("a", Verdict.PAUSED, 60L)), null);
        assertThat(begun.text()).contains("1 of 1 target(s) well", ", paused: a");

        Unsafe since = new Unsafe(Unsafe.Why.PAUSED, Instant.parse("2026-11-22T12:00:00.5Z"));
        NagiosLine lasting =
                NagiosLine.of(List.of(status("a", Verdict.PAUSED, 90_000L, since)), null);
        assertThat(lasting.level()).isEqualTo(Level.WARNING);
        assertThat(lasting.text())
                .startsWith(
                        "BACKUP WARNING - a paused: last proven backup is 25 h 0 min old, paused"
                                + " since 2026-11-22T12:00:00Z; 0 of 1");
    }

    @Test
    void aRunThatHangsIsNamed() {
        Unsafe since = new Unsafe(Unsafe.Why.HANGS, Instant.parse("2026-11-22T12:00:00Z"));

        assertThat(NagiosLine.of(List.of(status("a", Verdict.LATE, 90_000L, since)), null).text())
                .contains("old, a run is at work since 2026-11-22T12:00:00Z; ");
    }

    @Test
    void whatNobodyPromisesIsNamedAndIsNoBackupWhereThereIsNone() {
        Unsafe unscheduled = new Unsafe(Unsafe.Why.UNSCHEDULED, null);
        NagiosLine byHand =
                NagiosLine.of(List.of(status("a", Verdict.UNSCHEDULED, 60L, unscheduled)), null);
        assertThat(byHand.level()).isEqualTo(Level.OK);
        assertThat(byHand.text()).contains(", without schedules: a");

        for (Verdict verdict : List.of(Verdict.PAUSED, Verdict.UNSCHEDULED)) {
            Unsafe never = new Unsafe(Unsafe.Why.NEVER, null);
            NagiosLine none = NagiosLine.of(List.of(status("a", verdict, null, never)), null);
            assertThat(none.level()).isEqualTo(Level.WARNING);
            assertThat(none.text()).contains("no proven backup");
        }
    }

    @Test
    void anAgeThatNobodyKnowsIsNotToldAsNone() {
        TargetStatus adopted =
                new TargetStatus(
                        "a",
                        Verdict.LATE,
                        null,
                        new Unsafe(Unsafe.Why.UNKNOWN_AGE, null),
                        null,
                        null,
                        null,
                        "F",
                        null,
                        null,
                        2,
                        null,
                        List.of());

        NagiosLine line = NagiosLine.of(List.of(adopted), DAY);

        assertThat(line.text())
                .isEqualTo(
                        "BACKUP CRITICAL - a late: how old the last proven backup is is not known;"
                                + " 0 of 1 target(s) well");
    }

    @Test
    void aRefusedEditIsWorthALookAndHidesNothingWorse() {
        NagiosLine well = NagiosLine.of(List.of(status("a", Verdict.OK, 60L)), DAY);
        NagiosLine bad = NagiosLine.of(List.of(status("a", Verdict.LATE, 60L)), DAY);

        NagiosLine look = well.withRefusedEdit("x.camel.yaml:3: found $1|2\nmore");
        assertThat(look.level()).isEqualTo(Level.WARNING);
        assertThat(look.text())
                .startsWith(
                        "BACKUP WARNING - an edit is refused: x.camel.yaml:3: found $1/2 more; 1 of 1")
                .hasLineCount(1)
                .contains(" | age=60s");
        NagiosLine worse = bad.withRefusedEdit("why");
        assertThat(worse.level()).isEqualTo(Level.CRITICAL);
        assertThat(worse.text()).contains("; an edit is refused: why | age=60s");
    }

    private static TargetStatus status(String target, Verdict verdict, Long age) {
        return status(target, verdict, age, null);
    }

    private static TargetStatus status(String target, Verdict verdict, Long age, Unsafe unsafe) {
        return new TargetStatus(
                target,
                verdict,
                null,
                unsafe,
                null,
                null,
                null,
                age == null ? null : "F",
                null,
                age == null ? null : Duration.ofSeconds(age),
                0,
                null,
                List.of());
    }
}
