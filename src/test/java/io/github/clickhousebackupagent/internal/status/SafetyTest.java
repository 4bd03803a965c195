package io.github.clickhousebackupagent.internal.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.run.Pause;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The sentence that somebody reads who looks once a day. */
class SafetyTest {

    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");

    @Test
    void allAreSafeOnlyWhereNoneIsPaused() {
        assertThat(Safety.of(List.of(safe("a"), safe("b"))))
                .isEqualTo(new Safety(true, "All 2 targets are safe."));
        assertThat(Safety.of(List.of(safe("a"), paused("b", null), paused("c", null))))
                .isEqualTo(
                        new Safety(
                                true,
                                "All 3 targets are safe for now; 2 are paused:"
                                        + " b (since 2026-11-22T12:00:00Z),"
                                        + " c (since 2026-11-22T12:00:00Z)."));
    }

    @Test
    void aPauseIsToldBesideWhatIsNotSafeAndNotTwice() {
        TargetStatus late =
                status("late", Verdict.LATE, new Unsafe(Unsafe.Why.LATE, NOON), List.of());
        assertThat(
                        Safety.of(
                                        List.of(
                                                late,
                                                paused("a", null),
                                                paused("b", new Unsafe(Unsafe.Why.PAUSED, NOON))))
                                .sentence())
                .isEqualTo(
                        "2 of 3 targets are not safe:"
                                + " late (last proven backup of 2026-11-22T12:00:00Z, the next was"
                                + " due 2026-11-22T12:00:00Z),"
                                + " b (paused since 2026-11-22T12:00:00Z, last proven backup of"
                                + " 2026-11-22T12:00:00Z);"
                                + " 1 is paused: a (since 2026-11-22T12:00:00Z).");
    }

    @Test
    void ofManyThreeAreNamed() {
        List<TargetStatus> many =
                IntStream.range(0, 1000)
                        .mapToObj(
                                i ->
                                        status(
                                                "t" + i,
                                                Verdict.NEVER,
                                                new Unsafe(Unsafe.Why.NEVER, null),
                                                List.of()))
                        .toList();
        assertThat(Safety.of(many).sentence())
                .isEqualTo(
                        "1000 of 1000 targets are not safe: t0 (no proven backup),"
                                + " t1 (no proven backup), t2 (no proven backup) and 997 more.");
    }

    private static TargetStatus safe(String name) {
        return status(name, Verdict.OK, null, List.of());
    }

    private static TargetStatus paused(String name, Unsafe unsafe) {
        Promise promise =
                new Promise(
                        "hourly",
                        BackupKind.DIFF,
                        "0 * * * *",
                        "UTC",
                        null,
                        new Pause(null, NOON, "operator", null),
                        null,
                        null);
        return status(name, Verdict.PAUSED, unsafe, List.of(promise));
    }

    private static TargetStatus status(
            String name, Verdict verdict, Unsafe unsafe, List<Promise> promises) {
        return new TargetStatus(
                name, verdict, null, unsafe, null, null, null, "F", NOON, null, 0, null, promises);
    }
}
