package io.github.clickhousebackupagent.internal.diagram;

import io.github.clickhousebackupagent.internal.diagram.Graph.Edge;
import io.github.clickhousebackupagent.internal.diagram.Graph.Node;
import io.github.clickhousebackupagent.internal.diagram.Graph.Passed;
import io.github.clickhousebackupagent.internal.diagram.Graph.Tone;
import io.github.clickhousebackupagent.internal.diagram.Graph.Way;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The way that a run took. Its journal tells at which steps it certainly was; what lies between two
 * of them is the shortest way.
 */
public final class Trail {

    private final Graph graph;
    private final String kind;
    private final Map<String, Integer> times = new LinkedHashMap<>();
    private final Set<Edge> edges = new LinkedHashSet<>();
    private Node at;

    private Trail(Graph graph, String kind) {
        this.graph = graph;
        this.kind = kind;
    }

    /**
     * Colours the way of a run.
     *
     * @param events all of the run, oldest first
     */
    public static Graph of(Graph graph, List<JournalEvent> events) {
        // A DIFF without a base becomes a FULL: the last word counts.
        String kind =
                events.stream()
                        .map(event -> event.detail("kind"))
                        .filter(word -> word != null)
                        .reduce((first, second) -> second)
                        .orElse(null);
        return new Trail(graph, kind).follow(Waypoint.of(events));
    }

    private Graph follow(List<Waypoint> waypoints) {
        Map<String, Passed> ends = new HashMap<>();
        for (Waypoint waypoint : waypoints) {
            Optional<Node> next = find(waypoint);
            if (next.isPresent()) {
                if (waypoint.anew()) {
                    at = null;
                }
                go(next.get());
            }
            if (at != null && waypoint.end() != Passed.YES) {
                ends.put(at.id(), waypoint.end());
            }
        }
        List<Node> nodes =
                graph.nodes().stream()
                        .map(
                                node ->
                                        times.containsKey(node.id())
                                                ? node.as(
                                                        ends.getOrDefault(node.id(), Passed.YES),
                                                        times.get(node.id()))
                                                : node)
                        .toList();
        return new Graph(
                graph.title(),
                graph.clusters(),
                nodes,
                graph.edges().stream()
                        .map(edge -> edges.contains(edge) ? edge.as(Passed.YES) : edge)
                        .toList());
    }

    /** Returns the node that does what a waypoint is about, and as little else as possible. */
    private Optional<Node> find(Waypoint waypoint) {
        List<Node> doing =
                graph.nodes().stream()
                        .filter(
                                node ->
                                        waypoint.call() == null
                                                || node.calls().contains(waypoint.call()))
                        .filter(
                                node ->
                                        waypoint.route() == null
                                                || node.route().equals(waypoint.route()))
                        .toList();
        List<Node> inStage =
                doing.stream()
                        .filter(
                                node ->
                                        waypoint.stage() != null
                                                && waypoint.stage().equals(node.stage()))
                        .toList();
        if (waypoint.call() == null) {
            // Anywhere in the stage: where it is already, or where the stage begins.
            return inStage.contains(at) ? Optional.of(at) : inStage.stream().findFirst();
        }
        return (inStage.isEmpty() ? doing : inStage)
                .stream().min(Comparator.comparingInt(node -> node.calls().size()));
    }

    private void go(Node to) {
        if (to == at) {
            return;
        }
        List<Edge> way = at == null ? List.of() : way(at, to);
        way.forEach(edge -> edges.addAll(beside(edge)));
        for (int i = 0; i + 1 < way.size(); i++) {
            String between = other(way.get(i), i == 0 ? at.id() : null, way.get(i + 1));
            times.merge(between, 1, Integer::sum);
        }
        times.merge(to.id(), 1, Integer::sum);
        at = to;
    }

    /**
     * Returns which of several edges between the same nodes may have been taken: those that name
     * the kind of the run where one does, else all.
     */
    private List<Edge> beside(Edge edge) {
        List<Edge> all =
                graph.edges().stream()
                        .filter(other -> other.way() != Way.BELOW)
                        .filter(other -> other.from().equals(edge.from()))
                        .filter(other -> other.to().equals(edge.to()))
                        .toList();
        List<Edge> ofKind =
                all.stream()
                        .filter(other -> kind != null)
                        .filter(
                                other ->
                                        List.of(other.label().toLowerCase(Locale.ROOT).split(" "))
                                                .contains(kind))
                        .toList();
        return ofKind.isEmpty() ? all : ofKind;
    }

    /** Returns the node between two edges. */
    private static String other(Edge edge, String from, Edge next) {
        boolean forward = from == null || !edge.to().equals(from);
        return forward && (edge.to().equals(next.from()) || edge.to().equals(next.to()))
                ? edge.to()
                : edge.from();
    }

    /** Returns the shortest way, by failures only where it leads to one. */
    private List<Edge> way(Node from, Node to) {
        Map<String, Edge> came = new HashMap<>();
        Map<String, String> before = new HashMap<>();
        Deque<String> next = new ArrayDeque<>(List.of(from.id()));
        Set<String> seen = new LinkedHashSet<>(next);
        while (!next.isEmpty() && !seen.contains(to.id())) {
            String id = next.remove();
            for (Edge edge : graph.edges()) {
                String end = end(edge, id, to.tone() == Tone.ERROR);
                if (end != null && isFor(end, to) && seen.add(end)) {
                    came.put(end, edge);
                    before.put(end, id);
                    next.add(end);
                }
            }
        }
        List<Edge> way = new ArrayList<>();
        for (String id = to.id(); came.containsKey(id); id = before.get(id)) {
            way.add(0, came.get(id));
        }
        return way;
    }

    private boolean isFor(String id, Node to) {
        return id.equals(to.id()) || to.tone() == Tone.ERROR || node(id).tone() == Tone.PLAIN;
    }

    /** Returns where an edge leads from a node; null: nowhere. */
    private String end(Edge edge, String id, boolean failing) {
        if (edge.way() == Way.BELOW) {
            return null;
        }
        if (edge.returns() && edge.to().equals(id)) {
            return edge.from();
        }
        return edge.from().equals(id) || failing && isAround(edge.from(), id) ? edge.to() : null;
    }

    private boolean isAround(String cluster, String id) {
        Map<String, String> parents = new HashMap<>();
        graph.clusters().forEach(each -> parents.put(each.id(), each.parent()));
        if (!parents.containsKey(cluster)) {
            return false;
        }
        for (String around = node(id).cluster(); around != null; around = parents.get(around)) {
            if (around.equals(cluster)) {
                return true;
            }
        }
        return false;
    }

    private Node node(String id) {
        return graph.nodes().stream()
                .filter(each -> each.id().equals(id))
                .findFirst()
                .orElseThrow();
    }
}
