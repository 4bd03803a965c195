package io.github.clickhousebackupagent.internal.diagram;

import io.github.clickhousebackupagent.internal.diagram.Graph.Cluster;
import io.github.clickhousebackupagent.internal.diagram.Graph.Shape;
import io.github.clickhousebackupagent.internal.diagram.Graph.Tone;
import io.github.clickhousebackupagent.internal.diagram.Graph.Way;
import io.github.clickhousebackupagent.internal.diagram.Program.Handler;
import io.github.clickhousebackupagent.internal.diagram.Program.Handling;
import io.github.clickhousebackupagent.internal.diagram.Program.RouteTree;
import io.github.clickhousebackupagent.internal.diagram.Step.Branch;
import io.github.clickhousebackupagent.internal.diagram.Step.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The main way, as one flow: a called route is drawn where it is called.
 *
 * <p>Of a route with a step that has a description, those steps are drawn, its calls, and the
 * choices and loops around them. Any other route is one box.
 */
public final class Overview extends Flow {

    private static final int FRAMES = 2;
    private static final String ANSWERS = "platform-http:";

    private final Set<String> opened;

    /** What is drawn once, as nothing follows it: the node that it begins with. */
    private final Map<String, String> shared = new HashMap<>();

    /** Where the routes begin that are drawn around the one that is being drawn. */
    private final Map<String, String> begins = new HashMap<>();

    private final List<String> unbegun = new ArrayList<>();
    private final List<String> unbegunOnce = new ArrayList<>();

    private Overview(Program program, Set<String> opened) {
        super(program);
        this.opened = opened;
    }

    /**
     * Draws from all routes that begin by themselves, but for those that only answer calls: a
     * probe, Prometheus or a page begin no backup.
     *
     * @param opened ids of routes that are shown in detail, whatever their steps say
     */
    public static Graph of(Program program, Set<String> opened) {
        Overview overview = new Overview(program, opened);
        List<RouteTree> roots =
                program.routes().stream()
                        .filter(RouteTree::begins)
                        .filter(root -> !root.from().startsWith(ANSWERS) || overview.asks(root))
                        .toList();
        return overview.draw(roots, "The way of a backup");
    }

    /** Returns whether something joins a queue by a route, or by those that it calls. */
    private boolean asks(RouteTree route) {
        Set<String> seen = new HashSet<>();
        Deque<RouteTree> next = new ArrayDeque<>(List.of(route));
        while (!next.isEmpty()) {
            RouteTree one = next.pop();
            if (one.isQueue()) {
                return true;
            }
            if (seen.add(one.id())) {
                one.all().flatMap(step -> targets(step).stream()).forEach(next::push);
            }
        }
        return false;
    }

    /** Draws from one route on. */
    public static Graph from(Program program, String route, Set<String> opened) {
        RouteTree root = program.route(route).orElseThrow();
        return new Overview(program, opened)
                .draw(List.of(root), root.description() == null ? root.id() : root.description());
    }

    private Graph draw(List<RouteTree> roots, String title) {
        for (RouteTree root : roots) {
            outOfStages();
            if (!shared.containsKey(root.id())) {
                open(root, List.of(), new Place(null, root, List.of(), true, Tone.PLAIN), true);
            }
        }
        for (Handling handling : program.handling()) {
            outOfStages();
            failures(handling);
        }
        ends();
        return graph.build(title);
    }

    @Override
    boolean shows(Step step) {
        return step.all()
                .anyMatch(
                        each ->
                                each.description() != null
                                        || each.kind() == Kind.SEND
                                        || each.kind() == Kind.TAP
                                        || each.kind() == Kind.STOP
                                        || each.branches().stream()
                                                .anyMatch(b -> b.description() != null));
    }

    @Override
    List<Exit> call(Step step, RouteTree target, List<Exit> in, Place place) {
        if (place.inside().contains(target.id()) && begins.containsKey(target.id())) {
            in.forEach(
                    exit ->
                            graph.edge(
                                    exit.from(), begins.get(target.id()), exit.label(), Way.BACK));
            return List.of();
        }
        if (place.last() && shared.containsKey(target.id())) {
            connect(in, shared.get(target.id()));
            return List.of();
        }
        if (isOpen(target, List.of())) {
            return open(target, in, place, false);
        }
        Place beside = place.last() ? beside(place, target) : within(place, target);
        String node = routeNode(Shape.ROUTE, target, in, beside);
        if (place.last()) {
            shared.put(target.id(), node);
        }
        return List.of(new Exit(node));
    }

    @Override
    boolean isBox(RouteTree route) {
        return !isOpen(route, List.of());
    }

    /** What does nothing but call a route that is shown in detail is shown so, too. */
    private boolean isOpen(RouteTree route, List<String> before) {
        if (route.isDescribed() || opened.contains(route.id())) {
            return true;
        }
        List<Step> shown = essential(route.steps());
        List<String> seen = new ArrayList<>(before);
        seen.add(route.id());
        return shown.size() == 1
                && targets(shown.get(0)).stream()
                        .anyMatch(target -> !seen.contains(target.id()) && isOpen(target, seen));
    }

    private List<RouteTree> targets(Step step) {
        return step.uris().stream()
                .flatMap(uri -> program.targets(uri).stream())
                .distinct()
                .toList();
    }

    /** What nothing follows stands beside what calls it, and not within. */
    private Place beside(Place place, RouteTree route) {
        Cluster around = place.cluster() == null ? null : graph.clusters.get(place.cluster());
        String cluster = around == null ? null : around.parent();
        return new Place(cluster, route, place.inside(), place.last(), place.tone());
    }

    private static Place within(Place place, RouteTree route) {
        return new Place(place.cluster(), route, place.inside(), place.last(), place.tone());
    }

    private List<Exit> open(RouteTree route, List<Exit> in, Place place, boolean root) {
        // What is in frames within frames within frames is not found any more.
        boolean isAll = !root && (isAllOf(place.route()) || depth(place.cluster()) == FRAMES);
        String cluster = place.cluster();
        if (!isAll) {
            cluster = graph.id(route.id());
            graph.clusters.put(
                    cluster,
                    new Cluster(
                            cluster,
                            place.last() ? beside(place, route).cluster() : place.cluster(),
                            route.id(),
                            route.description() == null ? "" : route.description(),
                            Tone.PLAIN));
        }
        List<String> inside = new ArrayList<>(place.inside());
        inside.add(route.id());
        Place here = new Place(cluster, route, inside, place.last(), place.tone());
        List<Exit> begin = in;
        unbegun.add(route.id());
        if (place.last()) {
            unbegunOnce.add(route.id());
        }
        if (root || route.isQueue()) {
            String node =
                    add(
                            route.isQueue() ? Shape.QUEUE : Shape.START,
                            route.id(),
                            route.description() == null ? route.from() : route.description(),
                            Tone.PLAIN,
                            here,
                            Set.of());
            connect(in, node);
            begin = List.of(new Exit(node));
        }
        return steps(route.steps(), begin, here);
    }

    /**
     * The first node that is drawn of a route is where it begins; it may be that of a route in it.
     */
    @Override
    void added(String id) {
        unbegun.forEach(route -> begins.put(route, id));
        unbegunOnce.forEach(route -> shared.put(route, id));
        unbegun.clear();
        unbegunOnce.clear();
    }

    /** Returns whether a route does nothing but call another one. */
    private boolean isAllOf(RouteTree route) {
        if (route == null) {
            return false; // It is called where no route is, by the handling of failures.
        }
        List<Step> shown = essential(route.steps());
        return !route.begins()
                && shown.size() == 1
                && shown.get(0).description() == null
                && targets(shown.get(0)).size() == 1;
    }

    private int depth(String cluster) {
        return cluster == null ? 0 : 1 + depth(graph.clusters.get(cluster).parent());
    }

    private List<Step> essential(List<Step> steps) {
        return steps.stream()
                .filter(this::shows)
                .flatMap(
                        step ->
                                step.description() == null && step.kind() == Kind.TRY
                                        ? step.branches().stream()
                                                .map(Branch::steps)
                                                .flatMap(within -> essential(within).stream())
                                        : Stream.of(step))
                .toList();
    }

    private void failures(Handling handling) {
        List<Handler> shown =
                handling.handlers().stream()
                        .filter(handler -> handler.steps().stream().anyMatch(this::shows))
                        .toList();
        List<String> concerned = concerned();
        if (shown.isEmpty() || concerned.isEmpty()) {
            return;
        }
        String cluster = graph.id("errors");
        graph.clusters.put(
                cluster,
                new Cluster(
                        cluster,
                        null,
                        handling.id() == null ? "" : handling.id(),
                        handling.description() == null
                                ? "What is done when a step fails"
                                : handling.description(),
                        Tone.ERROR));
        Place place = new Place(cluster, null, List.of(), false, Tone.ERROR);
        String node = add(Shape.CHOICE, null, "A step fails", Tone.ERROR, place, Set.of());
        for (String from : concerned) {
            graph.edge(from, node, "", Way.ERROR);
            // Beside what follows the last step.
            graph.nodes.values().stream()
                    .filter(last -> from.equals(top(last.cluster())))
                    .reduce((first, second) -> second)
                    .ifPresent(last -> graph.edge(last.id(), node, "", Way.BELOW));
        }
        for (Handler handler : shown) {
            steps(handler.steps(), List.of(new Exit(node, handler.label(), Way.ERROR)), place);
        }
    }

    /** Returns the frames in which a run has its stages: what fails there ends the run. */
    private List<String> concerned() {
        List<String> with =
                graph.clusters.values().stream()
                        .filter(cluster -> cluster.parent() == null)
                        .map(Cluster::id)
                        .filter(
                                id ->
                                        graph.nodes.values().stream()
                                                .anyMatch(
                                                        node ->
                                                                node.stage() != null
                                                                        && id.equals(
                                                                                top(
                                                                                        node
                                                                                                .cluster()))))
                        .toList();
        return with.isEmpty()
                ? graph.clusters.values().stream()
                        .filter(cluster -> cluster.parent() == null)
                        .map(Cluster::id)
                        .toList()
                : with;
    }

    private String top(String cluster) {
        String id = cluster;
        while (id != null && graph.clusters.get(id).parent() != null) {
            id = graph.clusters.get(id).parent();
        }
        return id;
    }

    /** What nothing follows is an end. */
    private void ends() {
        for (Graph.Node node : List.copyOf(graph.nodes.values())) {
            boolean goesOn =
                    graph.edges.stream()
                            .anyMatch(
                                    edge ->
                                            edge.way() != Way.BELOW && edge.from().equals(node.id())
                                                    || edge.returns()
                                                            && edge.to().equals(node.id()));
            boolean leads = node.shape() == Shape.ROUTE && program.reach(node.route()).size() > 1;
            if (!goesOn && !leads && (node.shape() == Shape.ROUTE || node.shape() == Shape.STEP)) {
                graph.nodes.put(node.id(), node.as(Shape.END));
            }
        }
    }
}
