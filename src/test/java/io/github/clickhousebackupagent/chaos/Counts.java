package io.github.clickhousebackupagent.chaos;

import io.github.clickhousebackupagent.chaos.KillPlan.Kill;
import io.github.clickhousebackupagent.chaos.KillPlan.Moment;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.sandbox.RecordedOperation;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What happened under chaos, in numbers. Not thread-safe. */
final class Counts {

    private static final int REASONS = 8;

    private final Map<String, Integer> kills = new TreeMap<>();
    private final Map<Moment, Integer> moments = new TreeMap<>();
    private final Map<String, Integer> agentKilledAfter = new TreeMap<>();
    private int processes;
    private int missed;

    /** A moment was waited for, and came or not. */
    void awaited(Moment moment, boolean met) {
        moments.merge(moment, 1, Integer::sum);
        missed += met ? 0 : 1;
    }

    /** This was killed. */
    void killed(Kill kill) {
        String what =
                !kill.agent()
                        ? "servers"
                        : kill.servers().isEmpty() ? "agent" : "agent and servers";
        kills.merge(what, 1, Integer::sum);
        processes += kill.servers().size() + (kill.agent() ? 1 : 0);
    }

    /** The agent was killed; these were the last words of the runs that it was at. */
    void agentKilled(Collection<Observation> targets) {
        for (Observation target : targets) {
            Map<String, List<JournalEvent>> runs = Invariants.runs(target.journal());
            for (String run : Invariants.unfinished(target.journal())) {
                List<JournalEvent> events = runs.get(run);
                agentKilledAfter.merge(words(events.get(events.size() - 1)), 1, Integer::sum);
            }
        }
    }

    /** Returns how often the agent was killed when this was the last that a run had written. */
    int agentKilledAfter(String words) {
        return agentKilledAfter.getOrDefault(words, 0);
    }

    private static String words(JournalEvent event) {
        return Optional.ofNullable(event.detail("operation"))
                .map(operation -> event.event() + " " + operation)
                .orElse(event.event());
    }

    /** Returns how many operations of this kind a server's death cut off. */
    static long cutOff(String operation, Collection<Observation> targets) {
        return operations(targets)
                .filter(o -> o.operation().equals(operation) && o.status().equals("killed"))
                .count();
    }

    /** Returns how many runs ended so. */
    static long outcomes(String outcome, Collection<Observation> targets) {
        return ends(targets).filter(e -> outcome.equals(e.detail("outcome"))).count();
    }

    /** Says it all. */
    String report(Collection<Observation> targets, Duration took) {
        Map<String, Long> outcomes =
                count(ends(targets).map(e -> Objects.toString(e.detail("outcome"))));
        Map<String, Long> posts =
                count(
                        targets.stream()
                                .flatMap(t -> t.calls().stream())
                                .map(Invariants.Post::of)
                                .flatMap(Optional::stream)
                                .map(Invariants.Post::operation));
        long backups =
                targets.stream()
                        .mapToLong(
                                target ->
                                        target.calls().stream()
                                                .map(Invariants.Post::of)
                                                .flatMap(Optional::stream)
                                                .filter(post -> post.operation().equals("upload"))
                                                .map(Invariants.Post::backup)
                                                .distinct()
                                                .count())
                        .sum();
        long uploaded =
                targets.stream()
                        .flatMap(t -> t.completeUploads().values().stream())
                        .mapToLong(times -> times)
                        .sum();
        StringBuilder out = new StringBuilder();
        line(
                out,
                "%d kills of %d processes in %d s: %s",
                total(),
                processes,
                took.toSeconds(),
                kills);
        line(out, "moments %s, of which %d did not come", moments, missed);
        line(
                out,
                "runs without an end when the agent was killed, by their last event: %s",
                agentKilledAfter);
        line(
                out,
                "operations that a server's death cut off: create %d, upload %d",
                cutOff("create", targets),
                cutOff("upload", targets));
        line(
                out,
                "runs begun %d, ended %s, resumed %d",
                events(targets, JournalEvent.BEGUN),
                outcomes,
                events(targets, "resumed"));
        line(
                out,
                "asked for %s; uploads asked for again %d, resumed by a server %d, complete %d",
                posts,
                posts.getOrDefault("upload", 0L) - backups,
                operations(targets)
                        .filter(o -> o.operation().equals("upload"))
                        .filter(Observation::isResumedByServer)
                        .count(),
                uploaded);
        line(
                out,
                "backups proven %d, markers moved %d",
                targets.stream().mapToInt(t -> t.proven().size()).sum(),
                events(targets, JournalEvent.MARKER_MOVED));
        reasons(targets)
                .forEach(reason -> line(out, "%5d times %s", reason.getValue(), reason.getKey()));
        return out.toString();
    }

    private int total() {
        return kills.values().stream().mapToInt(count -> count).sum();
    }

    /** Returns why runs did not succeed, without names and numbers, the most frequent first. */
    private static List<Map.Entry<String, Long>> reasons(Collection<Observation> targets) {
        return count(
                        ends(targets)
                                .filter(e -> !"success".equals(e.detail("outcome")))
                                .map(
                                        e ->
                                                "%s in %s: %s"
                                                        .formatted(
                                                                e.detail("outcome"),
                                                                e.detail("stage"),
                                                                e.detail("reason"))
                                                        .replaceAll("_CH_BK_[-_0-9]+", "")
                                                        .replaceAll("[0-9]+", "N")))
                .entrySet()
                .stream()
                .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder()))
                .limit(REASONS)
                .toList();
    }

    private static long events(Collection<Observation> targets, String event) {
        return targets.stream()
                .flatMap(t -> t.journal().stream())
                .filter(e -> e.event().equals(event))
                .count();
    }

    private static Stream<JournalEvent> ends(Collection<Observation> targets) {
        return targets.stream()
                .flatMap(t -> t.journal().stream())
                .filter(e -> e.event().equals(JournalEvent.ENDED));
    }

    private static Stream<RecordedOperation> operations(Collection<Observation> targets) {
        return targets.stream().flatMap(t -> t.operations().stream());
    }

    private static Map<String, Long> count(Stream<String> words) {
        return words.collect(
                Collectors.groupingBy(Function.identity(), TreeMap::new, Collectors.counting()));
    }

    private static void line(StringBuilder out, String format, Object... values) {
        out.append("chaos: ").append(format.formatted(values)).append('\n');
    }
}
