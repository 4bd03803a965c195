package io.github.clickhousebackupagent.internal.run;

import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.journal.JournalLine;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Looks for the runs that ended last, of any number of targets. Of each journal it reads from its
 * end on only what is needed, and holds no more runs than were asked for. Not thread-safe.
 */
public final class LatestRuns {

    /** So much may a clock have been put back in between. */
    private static final Duration CLOCK = Duration.ofDays(1);

    /** A run whose beginning is further away than the ends of so many others has none. */
    private static final int OPEN = 1_000;

    private static final byte[] ENDED =
            ('"' + JournalEvent.ENDED + '"').getBytes(StandardCharsets.UTF_8);

    private final int limit;
    private final Instant before;
    private final Outcome outcome;
    private final RunKind kind;
    private final Runnable inTime;

    /** The one that would have to go is the first one. */
    private final PriorityQueue<RunResult> found =
            new PriorityQueue<>(Comparator.comparing(RunResult::finishedAt));

    /**
     * @param limit how many at most
     * @param before only those that ended before that
     * @param outcome only those that ended so; null: any
     * @param kind only those of this kind; null: any
     * @param inTime is called again and again, and throws when it takes too long
     */
    public LatestRuns(int limit, Instant before, Outcome outcome, RunKind kind, Runnable inTime) {
        this.limit = limit;
        this.before = before;
        this.outcome = outcome;
        this.kind = kind;
        this.inTime = inTime;
    }

    /** Returns those that were found, the latest first. */
    public List<RunResult> found() {
        return found.stream()
                .sorted(Comparator.comparing(RunResult::finishedAt).reversed())
                .toList();
    }

    /** Returns the time whose later events need not be looked at. */
    Instant until() {
        return before.equals(Instant.MAX) ? before : before.plus(CLOCK);
    }

    /** Takes in a run that is over. */
    private void accept(RunResult over) {
        boolean wanted =
                over.finishedAt() != null
                        && over.finishedAt().isBefore(before)
                        && (outcome == null || over.outcome() == outcome)
                        && (kind == null || over.kind() == kind);
        if (wanted) {
            found.add(over);
            if (found.size() > limit) {
                found.remove();
            }
        }
    }

    /** Returns what goes through the journal of a target, from its last line on. */
    Backwards of(String target) {
        return new Backwards(target);
    }

    /** One journal. */
    final class Backwards {

        private final String target;

        /** The runs whose beginning has not been met, the latest event of each being the first. */
        private final Map<String, Deque<JournalEvent>> open = new LinkedHashMap<>();

        private boolean enough;

        private Backwards(String target) {
            this.target = target;
        }

        /** Takes in a line, and returns whether the one before is wanted. */
        boolean accept(JournalLine line) {
            inTime.run();
            // To understand each line of a long journal would take ten times as long.
            if (!open.isEmpty() || line.contains(ENDED)) {
                line.event()
                        .filter(event -> event.run() != null && event.event() != null)
                        .ifPresent(this::accept);
            }
            return !enough || !open.isEmpty();
        }

        private void accept(JournalEvent event) {
            if (event.event().equals(JournalEvent.ENDED)) {
                begin(event);
                return;
            }
            Deque<JournalEvent> events = open.get(event.run());
            if (events == null) {
                return;
            }
            events.addFirst(event);
            // Either of them has all that is to be told of it.
            if (event.event().equals(JournalEvent.BEGUN)
                    || event.event().equals(JournalEvent.REQUESTED)) {
                end(event.run());
            }
        }

        private void begin(JournalEvent ended) {
            if (ended.time() == null || enough(ended.time())) {
                return;
            }
            boolean wanted =
                    ended.time().isBefore(before)
                            && (outcome == null || outcome == RunHistory.outcome(ended));
            if (wanted) {
                // Of one that ended twice the first end counts.
                open.remove(ended.run());
                open.put(ended.run(), new ArrayDeque<>(List.of(ended)));
                if (open.size() > OPEN) {
                    end(open.keySet().iterator().next());
                }
            }
        }

        private boolean enough(Instant endedAt) {
            enough =
                    enough
                            || found.size() == limit
                                    && endedAt.plus(CLOCK).isBefore(found.peek().finishedAt());
            return enough;
        }

        private void end(String run) {
            LatestRuns.this.accept(RunHistory.result(new ArrayList<>(open.remove(run)), target));
        }

        /** Takes in the runs whose beginning is lost. */
        void end() {
            List<String> left = new ArrayList<>(open.keySet());
            Collections.reverse(left);
            left.forEach(this::end);
        }
    }
}
