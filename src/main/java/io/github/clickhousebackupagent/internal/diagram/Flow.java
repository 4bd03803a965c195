package io.github.clickhousebackupagent.internal.diagram;

import io.github.clickhousebackupagent.internal.diagram.Graph.Shape;
import io.github.clickhousebackupagent.internal.diagram.Graph.Tone;
import io.github.clickhousebackupagent.internal.diagram.Graph.Way;
import io.github.clickhousebackupagent.internal.diagram.Program.RouteTree;
import io.github.clickhousebackupagent.internal.diagram.Step.Branch;
import io.github.clickhousebackupagent.internal.diagram.Step.Case;
import io.github.clickhousebackupagent.internal.diagram.Step.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Draws steps one after the other. What is shown, and what a call looks like, is said by others.
 */
abstract class Flow {

    /** What calls mean that a run does not come to its good end. */
    private static final Set<String> FAILING =
            Set.of(
                    "runs.fail",
                    "runs.skip",
                    "runs.interrupt",
                    "runs.suspend",
                    "runs.turnAway",
                    "retries.tryAgain");

    /**
     * An edge whose end is not known yet.
     *
     * @param from id of a node
     * @param label when it is taken
     * @param way how it is meant
     * @param below ids of nodes above what it will lead to
     */
    record Exit(String from, String label, Way way, List<String> below) {
        Exit(String from) {
            this(from, "", Way.FLOW);
        }

        Exit(String from, String label, Way way) {
            this(from, label, way, List.of());
        }

        Exit when(String other) {
            return new Exit(from, label.isEmpty() ? other : label, way, below);
        }
    }

    /**
     * Where steps are drawn.
     *
     * @param cluster id of the frame; null: none
     * @param route whose steps they are
     * @param inside routes that are shown around them, that of {@code route} being the last
     * @param last whether nothing follows them
     * @param tone whether they are about a failure
     */
    record Place(String cluster, RouteTree route, List<String> inside, boolean last, Tone tone) {
        Place last(boolean now) {
            return new Place(cluster, route, inside, last && now, tone);
        }

        Place never() {
            return new Place(cluster, route, inside, false, tone);
        }

        Place failing() {
            return new Place(cluster, route, inside, false, Tone.ERROR);
        }
    }

    final Program program;
    final Graph.Builder graph = new Graph.Builder();

    /** The stage of a run that comes next. */
    private String stage;

    Flow(Program program) {
        this.program = program;
    }

    /** Returns whether a step is drawn. */
    abstract boolean shows(Step step);

    /** Draws a call of one route. */
    abstract List<Exit> call(Step step, RouteTree target, List<Exit> in, Place place);

    /** Draws steps one after the other. */
    List<Exit> steps(List<Step> steps, List<Exit> in, Place place) {
        List<Exit> exits = in;
        for (int i = 0; i < steps.size() && !(i > 0 && exits.isEmpty()); i++) {
            Step step = steps.get(i);
            stage = step.stage() == null ? stage : step.stage();
            if (shows(step)) {
                boolean last = steps.subList(i + 1, steps.size()).stream().noneMatch(this::shows);
                exits = step(step, exits, place.last(last));
            } else {
                exits.forEach(exit -> addCalls(exit.from(), step));
            }
        }
        return exits;
    }

    /** What is not shown is done by the step before it. */
    private void addCalls(String id, Step step) {
        Set<String> calls = new LinkedHashSet<>();
        step.all().forEach(each -> calls.addAll(each.calls()));
        addCalls(id, calls);
    }

    private void addCalls(String id, Set<String> more) {
        Graph.Node node = graph.nodes.get(id);
        Set<String> calls = new LinkedHashSet<>(node.calls());
        calls.addAll(more);
        graph.nodes.put(
                id,
                new Graph.Node(
                        id,
                        node.cluster(),
                        node.shape(),
                        node.name(),
                        node.text(),
                        node.tone(),
                        node.stage(),
                        node.route(),
                        calls,
                        node.passed(),
                        node.times()));
    }

    private List<Exit> step(Step step, List<Exit> in, Place place) {
        return switch (step.kind()) {
            case PLAIN -> List.of(new Exit(node(Shape.STEP, step, in, place)));
            case STOP -> {
                node(Shape.END, step, in, place);
                yield List.of();
            }
            case SEND -> send(step, in, place);
            case TAP -> {
                send(step, in.stream().map(exit -> exit.when("in the background")).toList(), place);
                yield in;
            }
            case CHOICE -> choice(step, node(Shape.CHOICE, step, in, place), place);
            case FILTER -> filter(step, in, place);
            case LOOP -> loop(step, in, place);
            case SPLIT -> split(step, in, place);
            case TRY -> attempt(step, in, place);
            case FORK -> fork(step, in, place);
            case GROUP -> group(step, in, place);
        };
    }

    private List<Exit> choice(Step step, String node, Place place) {
        List<Exit> exits = new ArrayList<>();
        boolean complete = false;
        for (Branch branch : step.branches()) {
            complete |= branch.kind() == Case.OTHERWISE;
            exits.addAll(branch(branch, List.of(new Exit(node, branch.label(), Way.FLOW)), place));
        }
        if (!complete) {
            exits.add(new Exit(node, "otherwise", Way.FLOW));
        }
        return exits;
    }

    private List<Exit> filter(Step step, List<Exit> in, Place place) {
        String node = node(Shape.CHOICE, step, in, place);
        List<Exit> exits =
                new ArrayList<>(
                        branch(
                                step.branches().get(0),
                                List.of(new Exit(node, "yes", Way.FLOW)),
                                place));
        exits.add(new Exit(node, "no", Way.FLOW));
        return exits;
    }

    /** A choice that is all there is in a loop is the head of that loop. */
    private List<Exit> loop(Step step, List<Exit> in, Place place) {
        String done = step.description() == null ? "done" : step.description();
        done = done.replaceFirst("(?i)^until ", "");
        List<Step> body = step.branches().get(0).steps().stream().filter(this::shows).toList();
        String node;
        List<Exit> round;
        if (body.size() == 1 && body.get(0).kind() == Kind.CHOICE) {
            node = node(Shape.LOOP, body.get(0), in, place);
            round = choice(body.get(0), node, place.never());
        } else {
            node = node(Shape.LOOP, step, in, place);
            round =
                    branch(
                            step.branches().get(0),
                            List.of(new Exit(node, "not yet", Way.FLOW)),
                            place.never());
        }
        // What follows a loop stands below it: below its longest way, as the others are shorter.
        List<String> below = new ArrayList<>();
        Map<String, Integer> known = new HashMap<>();
        int longest =
                round.stream().mapToInt(exit -> length(node, exit.from(), known)).max().orElse(0);
        for (Exit exit : round) {
            below.addAll(exit.below());
            if (!exit.from().equals(node)) {
                if (length(node, exit.from(), known) == longest) {
                    below.add(exit.from());
                }
            }
        }
        for (Exit exit : round) {
            if (!exit.from().equals(node)) {
                graph.back(exit.from(), node, exit.label());
            }
        }
        return List.of(new Exit(node, done, Way.FLOW, below));
    }

    /** Returns how many edges it is from one node down to another, by the longest way. */
    private int length(String from, String to, Map<String, Integer> known) {
        if (from.equals(to)) {
            return 0;
        }
        if (!known.containsKey(to)) {
            known.put(
                    to,
                    1
                            + graph.edges.stream()
                                    .filter(edge -> edge.to().equals(to))
                                    .filter(edge -> !edge.returns())
                                    .filter(
                                            edge ->
                                                    edge.way() == Way.FLOW
                                                            || edge.way() == Way.ERROR)
                                    .filter(edge -> graph.nodes.containsKey(edge.from()))
                                    .mapToInt(edge -> length(from, edge.from(), known))
                                    .max()
                                    .orElse(0));
        }
        return known.get(to);
    }

    private List<Exit> split(Step step, List<Exit> in, Place place) {
        if (step.description() == null && !showsAll()) {
            in.forEach(exit -> addCalls(exit.from(), step.calls()));
            return branch(
                    step.branches().get(0),
                    in.stream().map(exit -> exit.when("each")).toList(),
                    place);
        }
        String node = node(Shape.LOOP, step, in, place);
        return branch(step.branches().get(0), List.of(new Exit(node, "each", Way.FLOW)), place);
    }

    private List<Exit> attempt(Step step, List<Exit> in, Place place) {
        List<Branch> others = step.branches().subList(1, step.branches().size());
        boolean plain =
                step.description() == null
                        && others.stream().noneMatch(o -> o.steps().stream().anyMatch(this::shows));
        if (plain) {
            List<Exit> exits = branch(step.branches().get(0), in, place);
            others.forEach(
                    other ->
                            other.steps()
                                    .forEach(
                                            hidden ->
                                                    exits.forEach(
                                                            e -> addCalls(e.from(), hidden))));
            return exits;
        }
        String node = node(Shape.CHOICE, step, in, place);
        Place within = place.never();
        List<Exit> exits =
                new ArrayList<>(branch(step.branches().get(0), List.of(new Exit(node)), within));
        for (Branch other : others) {
            if (other.kind() == Case.CATCH) {
                exits.addAll(
                        branch(
                                other,
                                List.of(new Exit(node, other.label(), Way.ERROR)),
                                place.failing()));
            }
        }
        for (Branch other : others) {
            if (other.kind() == Case.FINALLY) {
                exits = new ArrayList<>(branch(other, exits, within));
            }
        }
        return exits;
    }

    private List<Exit> fork(Step step, List<Exit> in, Place place) {
        String node = node(Shape.STEP, step, in, place);
        List<Exit> exits = new ArrayList<>();
        for (Branch branch : step.branches()) {
            exits.addAll(branch(branch, List.of(new Exit(node)), place));
        }
        return exits;
    }

    private List<Exit> group(Step step, List<Exit> in, Place place) {
        List<Exit> begin =
                step.description() == null && !showsAll()
                        ? in
                        : List.of(new Exit(node(Shape.STEP, step, in, place)));
        List<Exit> exits = new ArrayList<>();
        for (Branch branch : step.branches()) {
            boolean fails = branch.kind() == Case.CATCH;
            exits.addAll(
                    branch(
                            branch,
                            fails
                                    ? begin.stream()
                                            .map(e -> new Exit(e.from(), branch.label(), Way.ERROR))
                                            .toList()
                                    : begin,
                            fails ? place.failing() : place));
        }
        return exits;
    }

    private List<Exit> branch(Branch branch, List<Exit> in, Place place) {
        String before = stage;
        List<Exit> exits = steps(branch.steps(), in, place);
        stage = before;
        return exits;
    }

    private List<Exit> send(Step step, List<Exit> in, Place place) {
        List<RouteTree> targets = new ArrayList<>();
        step.uris().stream()
                .flatMap(uri -> program.targets(uri).stream())
                .distinct()
                .forEach(targets::add);
        if (targets.isEmpty()) {
            boolean missing =
                    step.uris().stream()
                            .anyMatch(
                                    uri -> Uris.isDirect(uri) && Uris.open(uri).equals(plain(uri)));
            return List.of(
                    new Exit(
                            missing
                                    ? missing(step, in, place)
                                    : node(Shape.OUTSIDE, step, in, place)));
        }
        // In a stage of a run, the route of that stage is the one that is meant.
        List<RouteTree> ofStage =
                targets.stream()
                        .filter(target -> stage != null && stage.equals(stage(step, target)))
                        .toList();
        if (targets.size() == 1 || ofStage.size() == 1) {
            return call(step, targets.size() == 1 ? targets.get(0) : ofStage.get(0), in, place);
        }
        String node = node(Shape.CHOICE, step, in, place);
        List<Exit> exits = new ArrayList<>();
        List<String> ends = new ArrayList<>();
        for (RouteTree target : sorted(targets)) {
            List<String> above = place.last() && !isBox(target) ? List.copyOf(ends) : List.of();
            List<Exit> after =
                    call(
                            step,
                            target,
                            List.of(new Exit(node, open(step, target), Way.FLOW, above)),
                            place);
            exits.addAll(after);
            if (isBox(target)) {
                after.forEach(exit -> ends.add(exit.from()));
            }
        }
        return exits;
    }

    /**
     * What is one box comes first: it stands above a frame, and does not make the picture wider.
     */
    private List<RouteTree> sorted(List<RouteTree> targets) {
        return Stream.concat(
                        targets.stream().filter(this::isBox),
                        targets.stream().filter(target -> !isBox(target)))
                .toList();
    }

    /** Returns whether a route is drawn as one node where it is called. */
    abstract boolean isBox(RouteTree route);

    private static String plain(String uri) {
        return uri.replaceFirst("\\?.*", "").replaceFirst("^([a-z0-9+-]+):/+", "$1:");
    }

    private static String stage(Step step, RouteTree target) {
        return open(step, target).toUpperCase(Locale.ROOT).replace('-', '_');
    }

    private static String open(Step step, RouteTree target) {
        return step.uris().stream()
                .flatMap(uri -> Uris.open(uri, target.from()).stream())
                .findFirst()
                .orElse(target.id());
    }

    private String missing(Step step, List<Exit> in, Place place) {
        String id =
                add(
                        Shape.STEP,
                        step.uris().get(0),
                        "no route begins with it",
                        Tone.ERROR,
                        place,
                        step.calls());
        connect(in, id);
        return id;
    }

    /** Returns whether there is nothing that is not drawn. */
    boolean showsAll() {
        return false;
    }

    /** Draws a step itself, and returns its id. */
    String node(Shape shape, Step step, List<Exit> in, Place place) {
        Tone tone = step.calls().stream().anyMatch(FAILING::contains) ? Tone.ERROR : place.tone();
        boolean named = showsAll() && step.name() != null;
        String id = add(shape, named ? step.name() : null, step.label(), tone, place, step.calls());
        connect(in, id);
        return id;
    }

    /** Draws a route as one node, and returns its id. */
    String routeNode(Shape shape, RouteTree route, List<Exit> in, Place place) {
        Set<String> calls = program.calls(route.id());
        // Only what the route itself does: what it leads to may fail in many ways.
        boolean fails =
                route.all().flatMap(step -> step.calls().stream()).anyMatch(FAILING::contains);
        String id =
                add(
                        shape,
                        route.id(),
                        route.description() == null ? "" : route.description(),
                        fails ? Tone.ERROR : place.tone(),
                        place,
                        calls);
        connect(in, id);
        return id;
    }

    String add(Shape shape, String name, String text, Tone tone, Place place, Set<String> calls) {
        String route = place.route() == null ? "error" : place.route().id();
        String id = graph.id(route);
        graph.nodes.put(
                id,
                new Graph.Node(
                        id,
                        place.cluster(),
                        shape,
                        name,
                        text,
                        tone,
                        stage,
                        route,
                        calls,
                        Graph.Passed.NO,
                        0));
        added(id);
        return id;
    }

    /** Is told of each node. */
    void added(String id) {
        // Nothing to be done.
    }

    void connect(List<Exit> in, String to) {
        for (Exit exit : in) {
            boolean failing = graph.nodes.get(to).tone() == Tone.ERROR && exit.way() == Way.FLOW;
            graph.edge(exit.from(), to, exit.label(), failing ? Way.ERROR : exit.way());
            exit.below().stream()
                    .filter(above -> !above.equals(to))
                    .forEach(above -> graph.edge(above, to, "", Way.BELOW));
        }
    }

    /** Forgets in which stage it is. */
    void outOfStages() {
        stage = null;
    }
}
