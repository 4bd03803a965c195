package io.github.clickhousebackupagent.internal.run;

import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Counts and measures what the journal of a target tells. Takes in one run after the other, when it
 * is over; what it holds does not grow with them. Not thread-safe.
 */
final class TargetCounts {

    private record Which(String schedule, RunKind kind) {}

    private record Step(RunKind kind, String stage) {}

    private static final class Count {
        private final Map<Outcome, Long> ended = new EnumMap<>(Outcome.class);
        private Instant lastAttempt;
        private Instant lastSuccess;
    }

    private final Map<Which, Count> counts = new LinkedHashMap<>();
    private final Map<Step, StageTimes.Counter> times = new LinkedHashMap<>();
    private final Map<RunKind, Long> lastSizes = new EnumMap<>(RunKind.class);
    private final Map<RunKind, Duration> lastTook = new EnumMap<>(RunKind.class);
    private final Map<String, Integer> failures = new LinkedHashMap<>();
    private Integer chainLength;
    private Instant lastProof;
    private Boolean lastProofHeld;
    private Integer broken;
    private Integer orphaned;

    /**
     * Takes in a run that is over.
     *
     * @param events all of it, the oldest first
     */
    void accept(RunResult result, List<JournalEvent> events) {
        if (result.kind() == null) {
            return; // Its beginning is lost.
        }
        Optional<JournalEvent> begun = find(events, JournalEvent.BEGUN);
        Count count =
                counts.computeIfAbsent(
                        new Which(result.schedule(), result.kind()), any -> new Count());
        long many = result.outcome() == Outcome.MISSED ? missed(events) : 1;
        count.ended.merge(result.outcome(), many, Long::sum);
        if (begun.isPresent()) {
            count.lastAttempt = begun.get().time();
            if (result.outcome() != Outcome.SKIPPED && result.schedule() != null) {
                failures.merge(result.schedule(), 1, Integer::sum);
            }
            measure(result, events, begun.get());
        }
        if (result.outcome() == Outcome.SUCCESS) {
            count.lastSuccess = result.finishedAt();
            lastTook.put(result.kind(), result.duration());
            failures.remove(result.schedule());
        }
        proof(result, events);
    }

    private static long missed(List<JournalEvent> events) {
        String many = events.get(events.size() - 1).detail("missed");
        return many != null && many.matches("[0-9]{1,9}") ? Long.parseLong(many) : 1;
    }

    private void measure(RunResult result, List<JournalEvent> events, JournalEvent begun) {
        find(events, JournalEvent.REQUESTED)
                .ifPresent(asked -> add(result.kind(), "queue", asked.time(), begun.time()));
        Map<String, Instant> announced = new LinkedHashMap<>();
        Instant over = null;
        for (JournalEvent event : events) {
            String operation = String.valueOf(event.detail("operation"));
            if (event.event().equals(JournalEvent.OPERATION_ANNOUNCED)) {
                announced.putIfAbsent(operation, event.time());
            } else if (event.event().equals(JournalEvent.OPERATION_ENDED)
                    && announced.containsKey(operation)) {
                over = event.time();
                add(result.kind(), operation, announced.remove(operation), over);
            } else if (event.event().equals(JournalEvent.PROVEN) && over != null) {
                add(result.kind(), "proof", over, event.time());
            }
        }
        add(result.kind(), "run", begun.time(), result.finishedAt());
    }

    private void add(RunKind kind, String stage, Instant from, Instant to) {
        times.computeIfAbsent(new Step(kind, stage), any -> new StageTimes.Counter())
                .add(Duration.between(from, to));
    }

    private void proof(RunResult result, List<JournalEvent> events) {
        Optional<JournalEvent> proven = find(events, JournalEvent.PROVEN);
        boolean counts =
                result.outcome() == Outcome.SUCCESS
                        && (result.kind().makesBackup() || result.kind() == RunKind.ADOPT);
        if (proven.isPresent()) {
            lastProofHeld = true;
            lastProof = counts ? proven.get().time() : lastProof;
        } else if (isUnproven(result)) {
            lastProofHeld = false;
        }
        if (counts && result.size() != null && result.kind().makesBackup()) {
            lastSizes.put(result.kind(), result.size());
        }
        if (counts && result.chainLength() != null) {
            chainLength = result.chainLength();
        }
        for (JournalEvent event : events) {
            broken = number(event.detail("broken"), broken);
            orphaned = number(event.detail("orphaned"), orphaned);
        }
    }

    /** Whether it was uploaded and then not proven, for whatever reason: it does not count. */
    private static boolean isUnproven(RunResult result) {
        boolean fails =
                result.outcome() == Outcome.FAILED || result.outcome() == Outcome.INTERRUPTED;
        return fails
                && result.kind().makesBackup()
                && (result.stage() == Stage.PROVE
                        || result.failure() == RunResult.Failure.NOT_PROVEN);
    }

    private static Integer number(String text, Integer otherwise) {
        return text != null && text.matches("[0-9]{1,9}") ? Integer.valueOf(text) : otherwise;
    }

    private static Optional<JournalEvent> find(List<JournalEvent> events, String what) {
        return events.stream().filter(event -> what.equals(event.event())).findFirst();
    }

    /** Returns how long the last run of each kind took that succeeded, a copy. */
    Map<RunKind, Duration> lastTook() {
        return Map.copyOf(lastTook);
    }

    /**
     * Returns all of it.
     *
     * @param waiting how many requests have not had their turn
     */
    TargetFigures figures(Standing standing, int waiting) {
        return new TargetFigures(
                standing,
                counts.entrySet().stream()
                        .map(
                                one ->
                                        new Tally(
                                                one.getKey().schedule(),
                                                one.getKey().kind(),
                                                one.getValue().ended,
                                                one.getValue().lastAttempt,
                                                one.getValue().lastSuccess))
                        .toList(),
                times.entrySet().stream()
                        .map(one -> one.getValue().of(one.getKey().kind(), one.getKey().stage()))
                        .toList(),
                lastSizes,
                failures,
                chainLength,
                lastProof,
                lastProofHeld,
                broken,
                orphaned,
                waiting);
    }
}
