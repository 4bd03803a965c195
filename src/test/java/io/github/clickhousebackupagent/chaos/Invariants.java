package io.github.clickhousebackupagent.chaos;

import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.sandbox.RecordedCall;
import io.github.clickhousebackupagent.sandbox.RecordedOperation;
import io.github.clickhousebackupagent.sandbox.SimulatedBackup;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What must hold at every moment, and what must hold when all is over. Each method returns what is
 * broken, one text a violation; nothing if all is well. Stateless.
 */
final class Invariants {

    private static final int LOCKED = 423;
    private static final String UPLOAD = "/backup/upload/";

    private Invariants() {}

    /** A call for an operation, as the server got it. */
    record Post(String operation, String backup, Instant time, int status) {

        static Optional<Post> of(RecordedCall call) {
            if (!call.method().equals("POST")) {
                return Optional.empty();
            }
            if (call.path().equals("/backup/create")) {
                for (String parameter : call.query().split("&")) {
                    if (parameter.startsWith("name=")) {
                        return Optional.of(post("create", parameter.substring(5), call));
                    }
                }
                return Optional.of(post("create", "", call));
            }
            return call.path().startsWith(UPLOAD)
                    ? Optional.of(post("upload", call.path().substring(UPLOAD.length()), call))
                    : Optional.empty();
        }

        private static Post post(String operation, String name, RecordedCall call) {
            return new Post(
                    operation,
                    URLDecoder.decode(name, StandardCharsets.UTF_8),
                    call.time(),
                    call.status());
        }

        String key() {
            return operation + " " + backup;
        }
    }

    /**
     * What holds at every moment.
     *
     * @param markerBefore what the marker's file held when it was looked at before
     */
    static List<String> always(Observation now, Optional<String> markerBefore) {
        List<String> broken = new ArrayList<>();
        markerNamesAProvenBackup(now, broken);
        markerNeverGoesBack(now, markerBefore, broken);
        everyCallWasAnnounced(now, broken);
        oneOperationAtATime(now, broken);
        oneRunAtATime(now, broken);
        noProvenBackupIsUploadedAgain(now, broken);
        noNameIsUsedTwice(now, broken);
        noRunGoesOnAfterItsOutcome(now, broken);
        return broken;
    }

    /** What holds when the agent had the time to finish all that it had begun. */
    static List<String> atTheEnd(Observation now) {
        List<String> broken = new ArrayList<>(always(now, now.marker()));
        everyRunHasOneOutcome(now, broken);
        markerStandsWhereTheJournalPutIt(now, broken);
        return broken;
    }

    /** Returns the runs without an outcome. */
    static List<String> unfinished(List<JournalEvent> journal) {
        return runs(journal).entrySet().stream()
                .filter(run -> ends(run.getValue()) == 0)
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Returns the events of each run; what belongs to no run is left out. */
    static Map<String, List<JournalEvent>> runs(List<JournalEvent> journal) {
        Map<String, List<JournalEvent>> runs = new LinkedHashMap<>();
        for (JournalEvent event : journal) {
            if (event.run() != null && !event.run().isEmpty()) {
                runs.computeIfAbsent(event.run(), id -> new ArrayList<>()).add(event);
            }
        }
        return runs;
    }

    /** Returns why a remote backup cannot be restored; empty if it can, with all that it needs. */
    static Optional<String> brokenChain(String backup, List<SimulatedBackup> remote) {
        Map<String, SimulatedBackup> byName = new HashMap<>();
        remote.forEach(b -> byName.put(b.name(), b));
        Set<String> seen = new HashSet<>();
        for (String name = backup; !name.isEmpty(); name = byName.get(name).required()) {
            SimulatedBackup found = byName.get(name);
            if (found == null) {
                return Optional.of(name + " is not on remote storage");
            }
            if (!found.broken().isEmpty()) {
                return Optional.of(name + " is " + found.broken());
            }
            if (found.sizeBytes() <= 0) {
                return Optional.of(name + " is empty");
            }
            if (!seen.add(name)) {
                return Optional.of(name + " is its own base");
            }
        }
        return Optional.empty();
    }

    private static void markerNamesAProvenBackup(Observation now, List<String> broken) {
        if (now.marker().isEmpty()) {
            return;
        }
        String name = now.marker().get();
        if (!now.proven().contains(name)) {
            broken.add("rule 1: the marker holds '" + name + "', which was never proven");
        }
        brokenChain(name, now.remote())
                .ifPresent(why -> broken.add("rule 1: the marker names " + name + ", but " + why));
    }

    private static void markerNeverGoesBack(
            Observation now, Optional<String> before, List<String> broken) {
        if (before.isPresent() && now.marker().isEmpty()) {
            broken.add("rule 1: the marker is gone, it was " + before.get());
        }
        List<String> proven = now.proven();
        if (before.isPresent() && now.marker().isPresent()) {
            goesBack(proven, before.get(), now.marker().get())
                    .ifPresent(why -> broken.add("rule 1: the marker went back " + why));
        }
        String last = null;
        for (JournalEvent event : now.journal()) {
            if (event.event().equals(JournalEvent.MARKER_MOVED)) {
                String moved = event.detail("backup");
                if (last != null) {
                    goesBack(proven, last, moved)
                            .ifPresent(
                                    why -> broken.add("rule 1: the marker was moved back " + why));
                }
                last = moved;
            }
        }
    }

    private static Optional<String> goesBack(List<String> proven, String from, String to) {
        return proven.contains(to) && proven.indexOf(to) < proven.indexOf(from)
                ? Optional.of("from " + from + " to " + to + ", which was proven before it")
                : Optional.empty();
    }

    private static void everyCallWasAnnounced(Observation now, List<String> broken) {
        Map<String, Integer> announced = new HashMap<>();
        for (JournalEvent event : now.journal()) {
            if (event.event().equals(JournalEvent.OPERATION_ANNOUNCED)) {
                announced.merge(
                        event.detail("operation") + " " + event.detail("backup"), 1, Integer::sum);
            }
        }
        Map<String, Integer> asked = new LinkedHashMap<>();
        for (Post post : posts(now)) {
            // What was refused as something else ran may be asked for again without a new line.
            asked.merge(post.key(), post.status() == LOCKED ? 0 : 1, Integer::sum);
        }
        asked.forEach(
                (call, times) -> {
                    int lines = announced.getOrDefault(call, 0);
                    if (lines == 0) {
                        broken.add("rule 3: '" + call + "' was asked for and never announced");
                    } else if (times > lines) {
                        broken.add(
                                "rule 3: '%s' was asked for %d times and announced %d times"
                                        .formatted(call, times, lines));
                    }
                });
    }

    /**
     * What a server resumes by itself is not the agent's doing, but the agent has to wait for it.
     */
    private static void oneOperationAtATime(Observation now, List<String> broken) {
        RecordedOperation longest = null;
        for (RecordedOperation next : now.operations()) {
            if (longest != null
                    && !Observation.isResumedByServer(next)
                    && longest.finish().map(end -> end.isAfter(next.start())).orElse(true)) {
                broken.add(
                        "rule 4: '%s' was begun at %s, when '%s' was not over, which %s"
                                .formatted(
                                        next.command(),
                                        next.start(),
                                        longest.command(),
                                        longest.finish()
                                                .map(end -> "ended at " + end)
                                                .orElse("still runs")));
            }
            if (longest == null || end(next).isAfter(end(longest))) {
                longest = next;
            }
        }
    }

    private static Instant end(RecordedOperation operation) {
        return operation.finish().orElse(Instant.MAX);
    }

    private static void oneRunAtATime(Observation now, List<String> broken) {
        Set<String> open = new LinkedHashSet<>();
        for (JournalEvent event : now.journal()) {
            if (event.event().equals(JournalEvent.ENDED)) {
                open.remove(event.run());
            } else if (event.event().equals(JournalEvent.BASE_CHOSEN)
                    || event.event().equals(JournalEvent.OPERATION_ANNOUNCED)) {
                if (open.add(event.run()) && open.size() > 1) {
                    broken.add("rule 4: the runs " + open + " were at work at once");
                }
            }
        }
    }

    private static void noProvenBackupIsUploadedAgain(Observation now, List<String> broken) {
        Map<String, Instant> provenAt = new HashMap<>();
        for (JournalEvent event : now.journal()) {
            if (event.event().equals(JournalEvent.PROVEN)) {
                provenAt.putIfAbsent(event.detail("backup"), event.time());
            }
        }
        for (Post post : posts(now)) {
            Instant proof = provenAt.get(post.backup());
            if (post.operation().equals("upload") && proof != null && post.time().isAfter(proof)) {
                broken.add(
                        "upload: %s was asked for again at %s, and had been proven at %s"
                                .formatted(post.backup(), post.time(), proof));
            }
        }
        for (String name : provenAt.keySet()) {
            int times = now.completeUploads().getOrDefault(name, 0);
            if (times > 1) {
                broken.add(
                        "upload: %s is proven, and was uploaded %d times".formatted(name, times));
            }
        }
    }

    private static void noNameIsUsedTwice(Observation now, List<String> broken) {
        Set<String> created = new HashSet<>();
        for (RecordedOperation operation : now.operations()) {
            if (!operation.operation().equals("create")) {
                continue;
            }
            if (created.contains(operation.name())) {
                broken.add("name: " + operation.name() + " was created, and then again");
            }
            if (operation.status().equals("success")) {
                created.add(operation.name());
            }
        }
    }

    private static void noRunGoesOnAfterItsOutcome(Observation now, List<String> broken) {
        Set<String> ended = new HashSet<>();
        for (JournalEvent event : now.journal()) {
            if (ended.contains(event.run())) {
                broken.add(
                        "rule 2: run %s has '%s' after its outcome"
                                .formatted(event.run(), event.event()));
            }
            if (event.event().equals(JournalEvent.ENDED)) {
                ended.add(event.run());
            }
        }
    }

    private static void everyRunHasOneOutcome(Observation now, List<String> broken) {
        runs(now.journal())
                .forEach(
                        (run, events) -> {
                            if (ends(events) == 0) {
                                broken.add("rule 2: run " + run + " has no outcome");
                            }
                            String outcome = last(events, JournalEvent.ENDED, "outcome");
                            String proven = last(events, JournalEvent.PROVEN, "backup");
                            String moved = last(events, JournalEvent.MARKER_MOVED, "backup");
                            if ("success".equals(outcome)
                                    && (proven == null || !proven.equals(moved))) {
                                broken.add(
                                        "rule 2: run %s is a success, with %s proven and %s marked"
                                                .formatted(run, proven, moved));
                            }
                            if (proven != null && !"success".equals(outcome)) {
                                broken.add(
                                        "rule 3: run %s has proven %s, and is %s"
                                                .formatted(run, proven, outcome));
                            }
                        });
    }

    private static void markerStandsWhereTheJournalPutIt(Observation now, List<String> broken) {
        List<String> proven = now.proven();
        String moved = last(now.journal(), JournalEvent.MARKER_MOVED, "backup");
        String expected = !proven.isEmpty() ? proven.get(proven.size() - 1) : moved;
        if (expected == null) {
            return;
        }
        // An agent that was killed may have moved it, and not have written that down any more.
        int at = now.marker().map(proven::indexOf).orElse(-1);
        if (at < proven.indexOf(expected)) {
            broken.add(
                    "rule 1: the marker is %s, and should be %s"
                            .formatted(now.marker().orElse("not there"), expected));
        }
    }

    private static int ends(List<JournalEvent> run) {
        return (int) run.stream().filter(e -> e.event().equals(JournalEvent.ENDED)).count();
    }

    private static String last(List<JournalEvent> events, String event, String detail) {
        String found = null;
        for (JournalEvent one : events) {
            if (one.event().equals(event)) {
                found = one.detail(detail);
            }
        }
        return found;
    }

    private static List<Post> posts(Observation now) {
        return now.calls().stream().map(Post::of).flatMap(Optional::stream).toList();
    }
}
