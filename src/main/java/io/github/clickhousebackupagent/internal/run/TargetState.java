package io.github.clickhousebackupagent.internal.run;

import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.order.Orders;
import io.github.clickhousebackupagent.internal.order.Place;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * What the journal of a target says of what is to be done: which runs are not over, which names are
 * taken, when schedules were last due. Takes in one event after the other; what it holds does not
 * grow with the journal. Not thread-safe.
 */
final class TargetState {

    /** Beyond these, the lists of the server tell which names are taken. */
    private static final int NAMES = 1_000;

    /** Beyond these, nobody tries again with the key of so long ago. */
    private static final int KEYS = 100;

    /** Beyond these, nobody is at work on one that is over. */
    private static final int ENDED = 100;

    /** Beyond these, nothing was due so long ago that it matters. */
    private static final int PAUSES = 100;

    /**
     * A schedule as it was in force.
     *
     * @param cron its expression
     * @param zone the zone of the expression
     * @param since from when on it has missed what it did not make: pauses begin that anew
     * @param promised since when it has promised backups, whether it was paused meanwhile or not
     */
    record Armed(String cron, String zone, Instant since, Instant promised) {}

    /**
     * A run that was asked for with a key.
     *
     * @param run its id
     * @param kind what was asked for
     * @param order hash of the same in detail, as orders may be large; null: a backup
     */
    record Keyed(String run, String kind, String order) {

        private static Keyed of(JournalEvent event) {
            return new Keyed(
                    event.run(),
                    String.valueOf(event.detail("kind")),
                    hash(event.details().get("order")));
        }

        private static String hash(Object order) {
            return order == null ? null : Orders.hash(order);
        }

        /**
         * Returns whether the same was asked for.
         *
         * @param wanted the order as keys and values; null: a backup
         */
        boolean isOf(String word, Map<String, Object> wanted) {
            return kind.equals(word) && Objects.equals(order, hash(wanted));
        }
    }

    private final Map<String, Keyed> keyed = new LinkedHashMap<>();
    private final Map<String, List<JournalEvent>> open = new LinkedHashMap<>();
    private final Set<String> ended = new LinkedHashSet<>();
    private final Set<String> names = new LinkedHashSet<>();
    private final Set<String> doomed = new HashSet<>();
    private final Map<String, Instant> lastDue = new HashMap<>();
    private final Map<String, Armed> armed = new HashMap<>();
    private String calledAt;

    /** By the name of the schedule; null is the target itself. */
    private final Map<String, Pause> paused = new LinkedHashMap<>();

    private final List<Standing.PastPause> pastPauses = new ArrayList<>();

    void accept(JournalEvent event) {
        if (event.event() == null) {
            return;
        }
        switch (event.event()) {
            case JournalEvent.ARMED ->
                    armed.put(
                            event.detail("schedule"),
                            new Armed(
                                    event.detail("cron"),
                                    event.detail("zone"),
                                    event.time(),
                                    event.time()));
            case JournalEvent.DISARMED -> armed.remove(event.detail("schedule"));
            case JournalEvent.PAUSED ->
                    paused.put(
                            event.detail("schedule"),
                            new Pause(
                                    event.detail("schedule"),
                                    event.time(),
                                    event.detail("by"),
                                    event.detail("reason")));
            case JournalEvent.UNPAUSED -> unpause(event);
            case JournalEvent.REQUESTED -> {
                open(event);
                if (event.detail("key") != null) {
                    key(event);
                }
                due(event).ifPresent(due -> lastDue.put(event.detail("schedule"), due));
            }
            case JournalEvent.BEGUN -> open(event);
            case JournalEvent.ENDED -> end(event.run());
            default -> {
                String backup = event.detail("backup");
                boolean naming =
                        event.event().equals(JournalEvent.BASE_CHOSEN)
                                || event.event().equals(JournalEvent.RENAMED);
                if (naming && backup != null) {
                    take(backup);
                }
                if (backup != null
                        && event.event().equals(JournalEvent.OPERATION_ANNOUNCED)
                        && Stage.DELETE.word().equals(event.detail("operation"))
                        && Place.REMOTE.word().equals(event.detail("place"))) {
                    doomed.add(backup);
                }
                if (event.event().equals(JournalEvent.OPERATION_ENDED)
                        && !Stage.DELETE.word().equals(event.detail("operation"))) {
                    calledAt = event.detail("called-at");
                }
                // Of a run whose beginning is lost nothing can be made.
                if (open.containsKey(event.run())) {
                    open.get(event.run()).add(event);
                }
            }
        }
    }

    private void key(JournalEvent event) {
        keyed.put(event.detail("key"), Keyed.of(event));
        if (keyed.size() > KEYS) {
            keyed.remove(keyed.keySet().iterator().next());
        }
    }

    private void end(String run) {
        open.remove(run);
        if (run != null) {
            ended.add(run);
            if (ended.size() > ENDED) {
                ended.remove(ended.iterator().next());
            }
        }
    }

    /** Returns whether a run is over; of very many since, not those before. */
    boolean hasEnded(String run) {
        return ended.contains(run);
    }

    /** Returns the run that was asked for with a key; empty: none, or very many others since. */
    Optional<Keyed> keyed(String key) {
        return Optional.ofNullable(keyed.get(key));
    }

    private void open(JournalEvent event) {
        if (event.run() != null) {
            open.computeIfAbsent(event.run(), run -> new ArrayList<>()).add(event);
        }
    }

    /** What was paused is in force anew, so that the pause is not taken for something missed. */
    private void unpause(JournalEvent event) {
        String schedule = event.detail("schedule");
        Pause pause = paused.remove(schedule);
        if (pause != null) {
            pastPauses.add(new Standing.PastPause(schedule, pause.since(), event.time()));
            if (pastPauses.size() > PAUSES) {
                pastPauses.remove(0);
            }
        }
        armed.replaceAll(
                (name, before) ->
                        schedule == null || schedule.equals(name)
                                ? new Armed(
                                        before.cron(),
                                        before.zone(),
                                        event.time(),
                                        before.promised())
                                : before);
    }

    /**
     * Returns the pauses that are over, oldest first, a copy; not all where there were very many.
     */
    List<Standing.PastPause> pastPauses() {
        return List.copyOf(pastPauses);
    }

    private void take(String name) {
        names.remove(name);
        names.add(name);
        if (names.size() > NAMES) {
            names.remove(names.iterator().next());
        }
    }

    /** Returns when the run of an event was due; empty where that is not there or no time. */
    static Optional<Instant> due(JournalEvent event) {
        try {
            return Optional.ofNullable(event.detail("due")).map(Instant::parse);
        } catch (DateTimeException e) {
            return Optional.empty(); // Written by hand; a schedule is then taken as never fired.
        }
    }

    /** Returns the events of each run that has had its turn and is not over, oldest run first. */
    List<List<JournalEvent>> unfinished() {
        return open.values().stream().filter(TargetState::begun).map(List::copyOf).toList();
    }

    /** Returns the events that asked for runs which have not had their turn, oldest first. */
    List<JournalEvent> waiting() {
        return open.values().stream()
                .filter(events -> !begun(events))
                .map(events -> events.get(0))
                .toList();
    }

    /** Returns whether a run that is not over was written down before it had its turn. */
    boolean isPromised(String run) {
        return open.containsKey(run) && open.get(run).get(0).event().equals(JournalEvent.REQUESTED);
    }

    private static boolean begun(List<JournalEvent> events) {
        return events.stream().anyMatch(event -> event.event().equals(JournalEvent.BEGUN));
    }

    /**
     * Returns the remote backups whose deletion was begun, a copy: where it was cut off, half of
     * one may be gone, and a list shows it as whole.
     */
    Set<String> doomed() {
        return Set.copyOf(doomed);
    }

    /** Returns whether a backup had this name. */
    boolean isTaken(String name) {
        return names.contains(name);
    }

    /** Returns the names that backups got, a copy; not all where there were very many. */
    Set<String> namesTaken() {
        return Set.copyOf(names);
    }

    /** Returns whether a backup of this target ever got a name, as far as the journal tells. */
    boolean knowsNames() {
        return !names.isEmpty();
    }

    /** Returns when a schedule was due last; empty: never. */
    Optional<Instant> lastDue(String schedule) {
        return Optional.ofNullable(lastDue.get(schedule));
    }

    /** Returns the pause that keeps a schedule from asking for runs: the target's, or its own. */
    Optional<Pause> pause(String schedule) {
        return ownPause(null).or(() -> ownPause(schedule));
    }

    /** Returns the pause of a schedule itself; of null that of the target. */
    Optional<Pause> ownPause(String schedule) {
        return Optional.ofNullable(paused.get(schedule));
    }

    /** Returns all pauses, the oldest first, a copy. */
    List<Pause> pauses() {
        return List.copyOf(paused.values());
    }

    /** Returns where the server called back when its last operation was over; empty: nowhere. */
    Optional<String> calledAt() {
        return Optional.ofNullable(calledAt);
    }

    /** Returns the names of the schedules that are in force, a copy. */
    Set<String> armed() {
        return Set.copyOf(armed.keySet());
    }

    /** Returns how a schedule was in force last; empty: never, or not any more. */
    Optional<Armed> armed(String schedule) {
        return Optional.ofNullable(armed.get(schedule));
    }
}
