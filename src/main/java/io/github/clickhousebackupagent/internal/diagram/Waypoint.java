package io.github.clickhousebackupagent.internal.diagram;

import io.github.clickhousebackupagent.internal.diagram.Graph.Passed;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Where a run certainly was.
 *
 * @param call what was called of the beans there, as {@code runs.begin}; null: anything
 * @param stage of the run, as {@code CREATE}; null: any
 * @param route of the step; null: any
 * @param end how it was left
 * @param anew whether it did not come there from the waypoint before
 */
record Waypoint(String call, String stage, String route, Passed end, boolean anew) {

    /** Which bean writes which event. */
    private static final Map<String, String> WRITES =
            Map.of(
                    JournalEvent.BASE_CHOSEN, "steps.chooseBase",
                    JournalEvent.PROVEN, "steps.prove",
                    JournalEvent.MARKER_ANNOUNCED, "steps.announceMarker",
                    JournalEvent.MARKER_REMOVED, "steps.removeMarker");

    private static final Map<String, String> OUTCOMES =
            Map.of(
                    "success", "runs.succeed",
                    "failed", "runs.fail",
                    "skipped", "runs.skip",
                    "interrupted", "runs.interrupt");

    /** Returns where a run was, by all of its events. */
    static List<Waypoint> of(List<JournalEvent> events) {
        List<Waypoint> all = new ArrayList<>();
        boolean begun = false;
        boolean ended = false;
        String stage = null;
        for (JournalEvent event : events) {
            String name = event.event();
            switch (name) {
                case JournalEvent.REQUESTED -> all.add(call("schedules.requests", null));
                case JournalEvent.BEGUN -> {
                    begun = true;
                    all.add(call("schedules.taken", null));
                    all.add(new Waypoint("runs.begin", null, way(event), Passed.YES, false));
                }
                case JournalEvent.RESUMED ->
                        all.add(new Waypoint("runs.unfinished", null, null, Passed.YES, true));
                case JournalEvent.OPERATION_ANNOUNCED -> {
                    stage = stage(event.detail("operation"));
                    all.add(call("operations.announce", stage));
                    // Whatever the server answered.
                    all.add(call("operations.acknowledged", stage));
                }
                case JournalEvent.OPERATION_ACKNOWLEDGED, JournalEvent.KILL_ANNOUNCED ->
                        all.add(call("operations.pause", stage));
                case JournalEvent.OPERATION_ENDED -> operationEnded(event, stage, all);
                case JournalEvent.ENDED -> {
                    ended = true;
                    ended(event, begun, all);
                }
                default -> {
                    if (WRITES.containsKey(name)) {
                        all.add(call(WRITES.get(name), null));
                    }
                }
            }
        }
        if (!ended && !all.isEmpty()) {
            if (!begun) {
                all.add(call("schedules.taken", null));
            }
            all.add(new Waypoint("", null, null, Passed.NOW, false));
        }
        return all;
    }

    private static void operationEnded(JournalEvent event, String stage, List<Waypoint> all) {
        String status = event.detail("status");
        if ("lost".equals(status) && stage != null) {
            String settle = stage.charAt(0) + stage.substring(1).toLowerCase(Locale.ROOT);
            all.add(call("operations.settle" + settle, stage));
        } else {
            all.add(call("operations.pause", stage));
        }
        if (!"success".equals(status)) {
            all.add(call("retries.tryAgain", stage));
        }
    }

    private static void ended(JournalEvent event, boolean begun, List<Waypoint> all) {
        String outcome = event.detail("outcome");
        boolean good = "success".equals(outcome);
        if (begun && !good && event.detail("stage") != null) {
            all.add(new Waypoint(null, stage(event.detail("stage")), null, Passed.FAILED, false));
        }
        String call = !begun && "skipped".equals(outcome) ? "runs.turnAway" : OUTCOMES.get(outcome);
        if (call != null) {
            all.add(new Waypoint(call, null, null, good ? Passed.YES : Passed.FAILED, false));
        }
    }

    private static Waypoint call(String call, String stage) {
        return new Waypoint(call, stage, null, Passed.YES, false);
    }

    private static String way(JournalEvent begun) {
        String kind = begun.detail("kind");
        return "full".equals(kind) || "diff".equals(kind) ? "run-backup" : "run-" + kind;
    }

    private static String stage(String word) {
        return word == null ? null : word.toUpperCase(Locale.ROOT).replace('-', '_');
    }
}
