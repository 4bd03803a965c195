package io.github.clickhousebackupagent.internal.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunHistoryTest {

    private static final Instant START = Instant.parse("2026-11-22T12:00:00Z");

    @TempDir Path directory;

    private Journal journal;
    private int seconds;

    @BeforeEach
    void open() {
        journal = new Journal(directory.resolve("runs.jsonl"));
    }

    @Test
    void aRunThatSucceededIsToldWithAllThatIsKnown() {
        add("r1", JournalEvent.BEGUN, Map.of("kind", "diff", "schedule", "hourly"));
        add("r1", JournalEvent.BASE_CHOSEN, Map.of("kind", "full", "backup", "B", "base", "A"));
        add("r1", JournalEvent.PROVEN, Map.of("backup", "B", "size", 42, "chain-length", 2));
        add("r1", JournalEvent.ENDED, Map.of("outcome", "success", "stage", "move-marker"));

        assertThat(RunHistory.results(journal, "node"))
                .containsExactly(
                        new RunResult(
                                "r1",
                                "node",
                                RunKind.FULL,
                                "hourly",
                                "B",
                                "A",
                                Outcome.SUCCESS,
                                Stage.MOVE_MARKER,
                                null,
                                null,
                                START,
                                START.plusSeconds(3),
                                42L,
                                2,
                                null));
        assertThat(RunHistory.results(journal, "node").get(0).duration())
                .isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void aRunThatFailedIsToldWithItsReason() {
        add("r1", JournalEvent.BEGUN, Map.of("kind", "full"));
        add(
                "r1",
                JournalEvent.ENDED,
                Map.of("outcome", "failed", "stage", "create", "reason", "disk full"));

        RunResult result = RunHistory.results(journal, "node").get(0);

        assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(result.stage()).isEqualTo(Stage.CREATE);
        assertThat(result.reason()).isEqualTo("disk full");
        assertThat(result.schedule()).isNull();
    }

    @Test
    void aRunWithoutEndHasNoOutcomeYet() {
        add("r1", JournalEvent.BEGUN, Map.of("kind", "full"));
        add("r1", JournalEvent.SUSPENDED, Map.of("stage", "upload", "reason", "stopped"));

        assertThat(RunHistory.results(journal, "node")).isEmpty();
    }

    @Test
    void theReasonOfASuspensionIsNotThatOfTheOutcome() {
        add("r1", JournalEvent.BEGUN, Map.of("kind", "full"));
        add("r1", JournalEvent.SUSPENDED, Map.of("stage", "upload", "reason", "stopped"));
        add("r1", JournalEvent.ENDED, Map.of("outcome", "success", "stage", "move-marker"));

        assertThat(RunHistory.results(journal, "node").get(0).reason()).isNull();
    }

    @Test
    void theTimeInTheQueueIsNotPartOfTheRun() {
        add("r1", JournalEvent.REQUESTED, Map.of("kind", "full", "schedule", "daily"));
        seconds = 100;
        add("r1", JournalEvent.BEGUN, Map.of("kind", "full", "schedule", "daily"));
        add("r1", JournalEvent.ENDED, Map.of("outcome", "success", "stage", "move-marker"));

        assertThat(RunHistory.results(journal, "node").get(0).duration())
                .isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void runsThatOverlapInTheJournalAreToldApart() {
        add("r1", JournalEvent.BEGUN, Map.of("kind", "full"));
        add("r2", JournalEvent.BEGUN, Map.of("kind", "diff"));
        add("r2", JournalEvent.ENDED, Map.of("outcome", "skipped", "stage", "begin"));
        add("r1", JournalEvent.ENDED, Map.of("outcome", "success", "stage", "move-marker"));

        assertThat(RunHistory.results(journal, "node"))
                .extracting(RunResult::run, RunResult::outcome)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("r1", Outcome.SUCCESS),
                        org.assertj.core.groups.Tuple.tuple("r2", Outcome.SKIPPED));
    }

    @Test
    void noJournalIsNoHistory() {
        assertThat(RunHistory.results(journal, "node")).isEmpty();
    }

    private void add(String run, String event, Map<String, Object> details) {
        journal.append(new JournalEvent(START.plusSeconds(seconds++), run, event, details));
    }
}
