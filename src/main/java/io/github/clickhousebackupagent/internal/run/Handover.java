package io.github.clickhousebackupagent.internal.run;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What goes over from the routes before an edit to those after it, within one process. All that
 * matters is in the journals; this is what they do not say. Thread-safe.
 */
public final class Handover {

    /**
     * What was left.
     *
     * @param since when it was left; null: nothing was
     * @param runs runs that go on at once: callback token by id, empty where there is none
     * @param waiting requests that have not had their turn, oldest first
     */
    public record Left(Instant since, Map<String, String> runs, List<RunRequest> waiting) {

        /** Nothing. */
        public static final Left NOTHING = new Left(null, Map.of(), List.of());

        /** Makes copies. */
        public Left {
            runs = Map.copyOf(runs);
            waiting = List.copyOf(waiting);
        }

        /** Returns this and what was left after it. */
        public Left and(Left later) {
            Map<String, String> all = new HashMap<>(runs);
            all.putAll(later.runs);
            List<RunRequest> requests = new ArrayList<>(waiting);
            later.waiting.stream().filter(r -> !requests.contains(r)).forEach(requests::add);
            return new Left(later.since == null ? since : later.since, all, requests);
        }
    }

    private Left left = Left.NOTHING;

    /** Takes over what was left. To be called before anything runs. */
    public synchronized void accept(Left what) {
        left = what;
    }

    /** Returns when the routes before these ended; null: there were none. */
    synchronized Instant since() {
        return left.since();
    }

    /** Returns the callback token of a run that goes on at once; null: it does not. */
    synchronized String token(String run) {
        return left.runs().get(run);
    }

    /** A run is over, and goes on no more. */
    synchronized void ended(String run) {
        if (left.runs().containsKey(run)) {
            Map<String, String> others = new HashMap<>(left.runs());
            others.remove(run);
            left = new Left(left.since(), others, left.waiting());
        }
    }

    /** Takes the requests for a target that have not had their turn, oldest first. */
    synchronized List<RunRequest> take(String target) {
        List<RunRequest> taken = new ArrayList<>();
        List<RunRequest> others = new ArrayList<>();
        for (RunRequest request : left.waiting()) {
            (request.target().equals(target) ? taken : others).add(request);
        }
        left = new Left(left.since(), left.runs(), others);
        return taken;
    }

    /** Returns what nobody has taken or ended: the next edit may come before anything runs. */
    synchronized Left left() {
        return left;
    }
}
