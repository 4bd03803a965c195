package io.github.clickhousebackupagent.internal.run;

import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the journal of a target says of what was done: how its runs ended, which backups were
 * proven. Takes in one event after the other. Not thread-safe.
 */
final class TargetHistory {

    /** How many of the runs that are over it keeps in mind. */
    static final int RECENT = 20;

    private final String target;
    private final int most;
    private final Map<String, List<JournalEvent>> open = new LinkedHashMap<>();
    private final Map<String, Instant> made = new LinkedHashMap<>();
    private final Map<String, Standing.Proven> proven = new LinkedHashMap<>();
    private final Deque<RunResult> recent = new ArrayDeque<>();
    private final TargetCounts counts = new TargetCounts();
    private RunResult last;

    /**
     * @param most how many backups it keeps in mind, the latest ones
     */
    TargetHistory(String target, int most) {
        this.target = target;
        this.most = most;
    }

    void accept(JournalEvent event) {
        if (event.run() == null || event.event() == null) {
            return;
        }
        List<JournalEvent> events = open.computeIfAbsent(event.run(), run -> new ArrayList<>());
        events.add(event);
        boolean names =
                event.event().equals(JournalEvent.BASE_CHOSEN)
                        || event.event().equals(JournalEvent.RENAMED);
        if (names && event.detail("backup") != null) {
            put(made, event.detail("backup"), RunHistory.begun(events).time());
        }
        RunHistory.deletedFromRemote(event).ifPresent(proven::remove);
        if (event.event().equals(JournalEvent.ENDED)) {
            open.remove(event.run());
            last = RunHistory.result(events, target);
            counts.accept(last, events);
            recent.addFirst(last);
            if (recent.size() > RECENT) {
                recent.removeLast();
            }
            RunHistory.proven(events, last, made)
                    .ifPresent(
                            one -> {
                                proven.remove(one.backup()); // The last one is the last.
                                put(proven, one.backup(), one);
                            });
        }
    }

    /** Returns the runs that ended last, the latest first, a copy. */
    List<RunResult> recent() {
        return List.copyOf(recent);
    }

    /**
     * Returns what there is to count and to measure.
     *
     * @param state what is to be done, by the same events
     */
    TargetFigures figures(TargetState state) {
        return counts.figures(standing(state), state.waiting().size());
    }

    private <T> void put(Map<String, T> to, String backup, T value) {
        to.put(backup, value);
        if (to.size() > most) {
            to.remove(to.keySet().iterator().next());
        }
    }

    /**
     * Returns how the target stands.
     *
     * @param state what is to be done, by the same events
     */
    Standing standing(TargetState state) {
        List<Standing.AtWork> now =
                state.unfinished().stream()
                        .map(events -> RunHistory.atWork(events, target))
                        .toList();
        Map<String, Instant> armed = new LinkedHashMap<>();
        state.armed().forEach(name -> armed.put(name, state.armed(name).orElseThrow().promised()));
        return new Standing(
                now,
                last,
                List.copyOf(proven.values()),
                counts.lastTook(),
                made,
                armed,
                state.pauses(),
                state.pastPauses());
    }
}
