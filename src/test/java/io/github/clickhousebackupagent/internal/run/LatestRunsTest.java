package io.github.clickhousebackupagent.internal.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever reads a journal from its end on must find the same runs as who reads all of it. */
class LatestRunsTest {

    private static final Instant START = Instant.parse("2026-11-22T12:00:00Z");

    @TempDir Path directory;

    private final Random chance = new Random(42);
    private int seconds;

    /** Runs that wait, overlap, are missed or skipped, and are cut off. */
    private Journal journal(String target, int runs) {
        Journal journal = new Journal(directory.resolve(target + "/runs.jsonl"));
        List<JournalEvent> events = new ArrayList<>();
        List<String> open = new ArrayList<>();
        for (int i = 0; i < runs; i++) {
            String run = target + i;
            RunKind kind = RunKind.values()[chance.nextInt(RunKind.values().length)];
            boolean missed = chance.nextInt(10) == 0;
            if (missed || chance.nextBoolean()) {
                events.add(event(run, JournalEvent.REQUESTED, Map.of("kind", kind.word())));
            }
            if (missed) {
                events.add(ended(run, Outcome.MISSED));
                continue;
            }
            events.add(event(run, JournalEvent.BEGUN, Map.of("kind", kind.word())));
            events.add(
                    event(
                            run,
                            JournalEvent.BASE_CHOSEN,
                            Map.of(
                                    "kind",
                                    chance.nextInt(5) == 0 ? "full" : kind.word(),
                                    "backup",
                                    "B" + i)));
            open.add(run);
            while (!open.isEmpty() && chance.nextInt(4) > 0) {
                String over = open.remove(chance.nextInt(open.size()));
                if (chance.nextInt(20) > 0) {
                    events.add(ended(over, Outcome.values()[chance.nextInt(4)]));
                }
            }
        }
        journal.append(events.toArray(JournalEvent[]::new));
        return journal;
    }

    private JournalEvent ended(String run, Outcome outcome) {
        return event(run, JournalEvent.ENDED, Map.of("outcome", outcome.word(), "stage", "create"));
    }

    private JournalEvent event(String run, String event, Map<String, Object> details) {
        return new JournalEvent(START.plusSeconds(seconds += 7), run, event, details);
    }

    @Test
    void theLatestOfSeveralTargetsAreThoseThatAllOfTheJournalsHave() {
        Map<String, Journal> journals = Map.of("a", journal("a", 300), "b", journal("b", 200));
        List<RunResult> all = new ArrayList<>();
        journals.forEach((name, journal) -> all.addAll(RunHistory.results(journal, name)));
        all.sort(Comparator.comparing(RunResult::finishedAt).reversed());
        assertThat(all).hasSizeGreaterThan(400);

        List<Outcome> outcomes = new ArrayList<>(List.of(Outcome.values()));
        outcomes.add(null);
        List<RunKind> kinds = new ArrayList<>(List.of(RunKind.values()));
        kinds.add(null);
        for (Outcome outcome : outcomes) {
            for (RunKind kind : kinds) {
                for (int limit : List.of(1, 20, 1_000)) {
                    Instant before = START.plusSeconds(chance.nextInt(seconds + 100));
                    LatestRuns latest = new LatestRuns(limit, before, outcome, kind, () -> {});
                    journals.forEach(
                            (name, journal) -> {
                                LatestRuns.Backwards lines = latest.of(name);
                                journal.backwards(latest.until(), lines::accept);
                                lines.end();
                            });
                    assertThat(latest.found())
                            .as("%s %s %d before %s", outcome, kind, limit, before)
                            .containsExactlyElementsOf(
                                    all.stream()
                                            .filter(one -> one.finishedAt().isBefore(before))
                                            .filter(
                                                    one ->
                                                            outcome == null
                                                                    || one.outcome() == outcome)
                                            .filter(one -> kind == null || one.kind() == kind)
                                            .limit(limit)
                                            .toList());
                }
            }
        }
    }

    @Test
    void ofALongJournalOnlyItsEndIsReadForTheLastRuns() {
        Journal journal = journal("a", 20_000);
        AtomicInteger lines = new AtomicInteger();
        LatestRuns latest = new LatestRuns(50, Instant.MAX, null, null, lines::incrementAndGet);
        LatestRuns.Backwards backwards = latest.of("a");

        journal.backwards(latest.until(), backwards::accept);
        backwards.end();

        assertThat(latest.found()).hasSize(50);
        assertThat(lines.get()).isLessThan(14_000);
    }

    @Test
    void aRunWhoseBeginningIsLostIsToldAllTheSame() {
        Journal journal = new Journal(directory.resolve("lost/runs.jsonl"));
        journal.append(ended("r1", Outcome.FAILED), ended("r2", Outcome.SUCCESS));
        LatestRuns latest = new LatestRuns(5, Instant.MAX, null, null, () -> {});
        LatestRuns.Backwards backwards = latest.of("lost");

        journal.backwards(latest.until(), backwards::accept);
        backwards.end();

        assertThat(latest.found()).extracting(RunResult::run).containsExactly("r2", "r1");
    }

    @Test
    void ofARunWithVeryMuchToItTheBeginningAndTheEndAreTold() {
        RunEvents events = new RunEvents();
        for (int i = 0; i < 5_000; i++) {
            events.add(event("r", "e" + i, Map.of("kind", "delete")), 60);
        }
        assertThat(events.told()).hasSize(RunEvents.MOST);
        assertThat(events.told()).first().extracting(JournalEvent::event).isEqualTo("e0");
        assertThat(events.told().get(RunEvents.FIRST).event()).isEqualTo("e4100");
        assertThat(events.told()).last().extracting(JournalEvent::event).isEqualTo("e4999");

        RunEvents large = new RunEvents();
        for (int i = 0; i < 100; i++) {
            large.add(
                    event("r", "e" + i, Map.of("kind", "restore", "order", "x".repeat(100_000))),
                    100_000);
        }
        assertThat(large.told())
                .allSatisfy(
                        told ->
                                assertThat(told.details())
                                        .isEqualTo(Map.of("kind", "restore", "truncated", true)));
        assertThat(large.told().get(0).event()).isEqualTo("e0");
        assertThat(large.told().get(large.told().size() - 1).event()).isEqualTo("e99");
    }
}
