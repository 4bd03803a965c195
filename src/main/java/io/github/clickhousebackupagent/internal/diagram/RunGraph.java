package io.github.clickhousebackupagent.internal.diagram;

import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.run.RunKind;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** The routes with the way of a run on them. Stateless. */
public final class RunGraph {

    private RunGraph() {}

    /**
     * Draws the way of a run, and what it could have come to from there.
     *
     * @param events all of the run, oldest first
     */
    public static Graph of(Program program, List<JournalEvent> events) {
        return connected(Trail.of(Overview.of(program, opened(events)), events));
    }

    /** Leaves out what nothing leads to from where the run was, such as who takes other calls. */
    private static Graph connected(Graph graph) {
        if (!graph.showsRun()) {
            return graph;
        }
        Map<String, Set<String>> beside = new HashMap<>();
        graph.nodes().forEach(node -> join(beside, node.id(), node.cluster()));
        graph.clusters().forEach(cluster -> join(beside, cluster.id(), cluster.parent()));
        graph.edges().forEach(edge -> join(beside, edge.from(), edge.to()));
        Set<String> seen = new HashSet<>();
        Deque<String> next = new ArrayDeque<>();
        graph.nodes().stream()
                .filter(node -> node.passed() != Graph.Passed.NO)
                .forEach(node -> next.add(node.id()));
        while (!next.isEmpty()) {
            String id = next.remove();
            if (seen.add(id)) {
                next.addAll(beside.getOrDefault(id, Set.of()));
            }
        }
        return new Graph(
                graph.title(),
                graph.clusters().stream().filter(each -> seen.contains(each.id())).toList(),
                graph.nodes().stream().filter(each -> seen.contains(each.id())).toList(),
                graph.edges().stream().filter(each -> seen.contains(each.to())).toList());
    }

    private static void join(Map<String, Set<String>> beside, String one, String other) {
        if (other != null) {
            beside.computeIfAbsent(one, id -> new HashSet<>()).add(other);
            beside.computeIfAbsent(other, id -> new HashSet<>()).add(one);
        }
    }

    /** Returns the box that the run went into, which is to be opened: of a restore, for example. */
    public static Set<String> opened(List<JournalEvent> events) {
        String way =
                events.stream()
                        .flatMap(event -> Stream.ofNullable(event.detail("kind")))
                        .flatMap(word -> RunKind.of(word).stream())
                        .reduce((first, second) -> second)
                        .map(RunKind::way)
                        .orElse(RunKind.FULL.way());
        return Set.of("run-" + way);
    }
}
