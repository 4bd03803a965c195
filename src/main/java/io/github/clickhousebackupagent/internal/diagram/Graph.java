package io.github.clickhousebackupagent.internal.diagram;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What is drawn. Everything is in the order in which it was found, which is that of the route
 * files.
 *
 * @param title of the picture
 * @param clusters frames around nodes; one within another comes after it
 * @param nodes what is in the frames, or beside them
 * @param edges from node to node; one may also begin at a cluster
 */
public record Graph(String title, List<Cluster> clusters, List<Node> nodes, List<Edge> edges) {

    /** What a node looks like. */
    public enum Shape {
        /** Something begins here: a schedule fires, somebody calls. */
        START,
        /** A queue between two routes. */
        QUEUE,
        /** A step. */
        STEP,
        /** A route of its own that is not shown in detail. */
        ROUTE,
        /** One way of several is taken. */
        CHOICE,
        /** What follows is done again and again. */
        LOOP,
        /** Something outside of the agent is called, or written to. */
        OUTSIDE,
        /** Nothing follows. */
        END
    }

    /** Whether something belongs to the good way. */
    public enum Tone {
        /** It does. */
        PLAIN,
        /** It is about a failure. */
        ERROR
    }

    /** How an edge is meant. */
    public enum Way {
        /** What follows. */
        FLOW,
        /** Back to the beginning of a loop. */
        BACK,
        /** A call of another route, which returns; or a message that nobody waits for. */
        CALL,
        /** What follows a failure. */
        ERROR,
        /** Not drawn: what it leads to is to stand below. */
        BELOW
    }

    /** Whether a run came along. */
    public enum Passed {
        /** It did not, or no run is shown. */
        NO,
        /** It did. */
        YES,
        /** It did, and failed there. */
        FAILED,
        /** It is there now, or was when the agent ended. */
        NOW
    }

    /**
     * A frame.
     *
     * @param id unique among clusters and nodes; letters, digits and underscores
     * @param parent id of the frame around it; null: none
     * @param name short, such as the id of a route
     * @param text what it is for; may be empty
     * @param tone whether it is about failures
     */
    public record Cluster(String id, String parent, String name, String text, Tone tone) {}

    /**
     * A node.
     *
     * @param id unique among clusters and nodes; letters, digits and underscores
     * @param cluster id of the frame around it; null: none
     * @param shape what it looks like
     * @param name short, such as the id of a route; null where there is none
     * @param text what it does; may be empty
     * @param tone whether it is about failures
     * @param stage of a run that it belongs to, as {@code CREATE}; null: not known
     * @param route the route that it stands for or is a step of
     * @param calls what it calls of the beans, as {@code runs.begin}
     * @param passed whether the run that is shown came along
     * @param times how often it did
     */
    public record Node(
            String id,
            String cluster,
            Shape shape,
            String name,
            String text,
            Tone tone,
            String stage,
            String route,
            Set<String> calls,
            Passed passed,
            int times) {

        Node as(Passed how, int often) {
            return new Node(id, cluster, shape, name, text, tone, stage, route, calls, how, often);
        }

        Node in(String other) {
            return new Node(id, other, shape, name, text, tone, stage, route, calls, passed, times);
        }

        Node as(String other) {
            return new Node(
                    id, cluster, shape, other, text, tone, stage, route, calls, passed, times);
        }

        /** Returns whether it tells what is done next, and does nothing itself. */
        boolean isQuestion() {
            return shape == Shape.CHOICE || shape == Shape.LOOP;
        }

        Node as(Shape other) {
            return new Node(
                    id, cluster, other, name, text, tone, stage, route, calls, passed, times);
        }
    }

    /**
     * An edge.
     *
     * @param from id of a node or a cluster
     * @param to id of a node
     * @param label when it is taken; empty: always
     * @param way how it is meant
     * @param returns whether it leads back as well, to the beginning of a loop
     * @param passed whether the run that is shown came along
     */
    public record Edge(
            String from, String to, String label, Way way, boolean returns, Passed passed) {

        Edge as(Passed how) {
            return new Edge(from, to, label, way, returns, how);
        }
    }

    /** Copies. */
    public Graph {
        clusters = List.copyOf(clusters);
        nodes = List.copyOf(nodes);
        edges = List.copyOf(edges);
    }

    /** Returns whether it shows the way of a run. */
    public boolean showsRun() {
        return nodes.stream().anyMatch(node -> node.passed() != Passed.NO);
    }

    /** Returns the clusters right within a cluster; of null: those that are in none. */
    List<Cluster> clustersIn(String parent) {
        return clusters.stream()
                .filter(cluster -> Objects.equals(cluster.parent(), parent))
                .toList();
    }

    /** Returns the nodes right within a cluster; of null: those that are in none. */
    List<Node> nodesIn(String cluster) {
        return nodes.stream().filter(node -> Objects.equals(node.cluster(), cluster)).toList();
    }

    /** Takes in nodes and edges one by one, and gives them ids that stay when others change. */
    static final class Builder {
        private final Map<String, Integer> used = new LinkedHashMap<>();
        final Map<String, Cluster> clusters = new LinkedHashMap<>();
        final Map<String, Node> nodes = new LinkedHashMap<>();
        final List<Edge> edges = new ArrayList<>();

        /** Returns an id that begins like a name and is not used yet. */
        String id(String name) {
            String plain = "r_" + name.replaceAll("[^A-Za-z0-9]+", "_");
            int count = used.merge(plain, 1, Integer::sum);
            return count == 1 ? plain : id(plain.substring(2) + "_" + count);
        }

        void edge(String from, String to, String label, Way way) {
            Edge edge = new Edge(from, to, label, way, false, Passed.NO);
            if (!edges.contains(edge)) {
                edges.add(edge);
            }
        }

        /** Leads back to the beginning of a loop: by the same edge where that is all there is. */
        void back(String from, String to, String label) {
            List<Edge> there = edges.stream().filter(edge -> edge.to().equals(from)).toList();
            boolean goesOn = edges.stream().anyMatch(edge -> edge.from().equals(from));
            if (there.size() == 1 && there.get(0).from().equals(to) && !goesOn && label.isEmpty()) {
                Edge edge = there.get(0);
                edges.set(
                        edges.indexOf(edge),
                        new Edge(to, from, edge.label(), edge.way(), true, Passed.NO));
            } else {
                edge(from, to, label, Way.BACK);
            }
        }

        /** Returns what was taken in; a frame around a single node of its own is left out. */
        Graph build(String title) {
            for (Cluster cluster : List.copyOf(clusters.values())) {
                List<Node> inside =
                        nodes.values().stream()
                                .filter(node -> cluster.id().equals(node.cluster()))
                                .toList();
                boolean frames =
                        clusters.values().stream()
                                .anyMatch(other -> cluster.id().equals(other.parent()));
                boolean begins = edges.stream().anyMatch(edge -> edge.from().equals(cluster.id()));
                if (inside.size() > 1 || frames || begins) {
                    continue;
                }
                boolean own = inside.stream().allMatch(n -> n.route().equals(cluster.name()));
                for (Node node : inside) {
                    // The name of the route must not get lost with its frame.
                    boolean named = node.name() != null || node.isQuestion();
                    Node alone = named ? node : node.as(node.route());
                    nodes.put(node.id(), own ? alone.in(cluster.parent()) : alone);
                }
                if (own) {
                    clusters.remove(cluster.id());
                }
            }
            return new Graph(
                    title, List.copyOf(clusters.values()), List.copyOf(nodes.values()), edges);
        }
    }
}
