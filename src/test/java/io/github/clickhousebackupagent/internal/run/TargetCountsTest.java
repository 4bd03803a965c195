package io.github.clickhousebackupagent.internal.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a journal is counted as: alerts go by it. */
class TargetCountsTest {

    private static final Instant BEGIN = Instant.parse("2026-06-01T00:00:00Z");

    private final TargetHistory history = new TargetHistory("node", 100);
    private int runs;

    private TargetFigures figures() {
        return history.figures(new TargetState());
    }

    /** Takes in a FULL of a schedule that took an hour, uploaded. */
    private void full(String schedule, boolean proven, Map<String, Object> end) {
        String run = "run-" + ++runs;
        Instant begun = BEGIN.plus(Duration.ofDays(runs));
        List<JournalEvent> events = new ArrayList<>();
        events.add(
                new JournalEvent(
                        begun,
                        run,
                        JournalEvent.BEGUN,
                        Map.of("kind", "full", "schedule", schedule)));
        events.add(
                new JournalEvent(
                        begun.plusSeconds(1),
                        run,
                        JournalEvent.BASE_CHOSEN,
                        Map.of(
                                "kind",
                                "full",
                                "backup",
                                "FULL_" + runs,
                                "broken",
                                1,
                                "orphaned",
                                2)));
        if (proven) {
            events.add(
                    new JournalEvent(
                            begun.plusSeconds(3000),
                            run,
                            JournalEvent.PROVEN,
                            Map.of(
                                    "backup",
                                    "FULL_" + runs,
                                    "size",
                                    7,
                                    "chain-length",
                                    1,
                                    "broken",
                                    3,
                                    "orphaned",
                                    4)));
        }
        events.add(new JournalEvent(begun.plusSeconds(3600), run, JournalEvent.ENDED, end));
        events.forEach(history::accept);
    }

    private void succeed(String schedule) {
        full(schedule, true, Map.of("outcome", "success", "stage", "end"));
    }

    private void fail(String schedule) {
        full(schedule, false, Map.of("outcome", "failed", "stage", "create", "reason", "no"));
    }

    @ParameterizedTest
    @CsvSource({
        "failed, prove, not-proven",
        // The storage or the server was gone when the list was to be had again.
        "failed, prove, unreachable",
        "failed, prove, operation",
        "interrupted, prove, operation"
    })
    void aBackupThatWasUploadedAndNotProvenIsTold(String outcome, String stage, String failure) {
        succeed("weekly");
        assertThat(figures().lastProofHeld()).isTrue();

        full("weekly", false, Map.of("outcome", outcome, "stage", stage, "failure", failure));

        assertThat(figures().lastProofHeld()).isFalse();
        assertThat(figures().lastProof())
                .isEqualTo(BEGIN.plus(Duration.ofDays(1)).plusSeconds(3000));
    }

    @Test
    void aRunThatFailsBeforeItsUploadSaysNothingOfProofs() {
        succeed("weekly");

        fail("weekly");

        assertThat(figures().lastProofHeld()).isTrue();
    }

    @Test
    void aProofWhoseRunFailedAfterItCountsForNothing() {
        full("weekly", true, Map.of("outcome", "failed", "stage", "move-marker"));

        assertThat(figures().lastProof()).isNull();
        assertThat(figures().standing().lastProven()).isEmpty();
    }

    @Test
    void failuresInARowAreCountedByScheduleUntilOneSucceeds() {
        succeed("weekly");
        fail("weekly");
        fail("weekly");
        full("daily", true, Map.of("outcome", "success", "stage", "end"));
        full("weekly", false, Map.of("outcome", "interrupted", "stage", "upload"));
        full("weekly", false, Map.of("outcome", "skipped", "stage", "begin"));
        assertThat(figures().failures()).isEqualTo(Map.of("weekly", 3));

        succeed("weekly");
        assertThat(figures().failures()).isEmpty();
    }

    @Test
    void whatIsBrokenIsAsTheListOfTheProofSaysAndNotAsBeforeTheBackup() {
        fail("weekly");
        assertThat(figures().broken()).isEqualTo(1);
        assertThat(figures().orphaned()).isEqualTo(2);

        succeed("weekly");

        assertThat(figures().broken()).isEqualTo(3);
        assertThat(figures().orphaned()).isEqualTo(4);
    }

    @Test
    void howLongABackupTakesIsThatOfTheLastThatSucceeded() {
        assertThat(figures().standing().lastTook()).isEmpty();
        succeed("weekly");
        fail("weekly");

        assertThat(figures().standing().lastTook())
                .isEqualTo(Map.of(RunKind.FULL, Duration.ofHours(1)));
    }
}
