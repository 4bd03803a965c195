package io.github.clickhousebackupagent.internal.diagram;

import io.github.clickhousebackupagent.internal.diagram.Graph.Cluster;
import io.github.clickhousebackupagent.internal.diagram.Graph.Shape;
import io.github.clickhousebackupagent.internal.diagram.Graph.Tone;
import io.github.clickhousebackupagent.internal.diagram.Graph.Way;
import io.github.clickhousebackupagent.internal.diagram.Program.Handler;
import io.github.clickhousebackupagent.internal.diagram.Program.Handling;
import io.github.clickhousebackupagent.internal.diagram.Program.RouteTree;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Everything: each route is a frame with all of its steps, and calls lead from frame to frame. */
public final class Detail extends Flow {

    /** A call whose other end may not be drawn yet. */
    private record Call(String from, String route) {}

    private final Map<String, String> begins = new HashMap<>();
    private final List<Call> calls = new ArrayList<>();

    private Detail(Program program) {
        super(program);
    }

    /** Draws all routes. */
    public static Graph of(Program program) {
        return new Detail(program).draw(program.routes(), "All routes");
    }

    /** Draws one route, and those that it leads to. */
    public static Graph from(Program program, String route) {
        Set<String> reach = program.reach(route);
        return new Detail(program)
                .draw(
                        program.routes().stream().filter(r -> reach.contains(r.id())).toList(),
                        "The route " + route + ", and what it calls");
    }

    private Graph draw(List<RouteTree> routes, String title) {
        for (RouteTree route : routes) {
            outOfStages();
            route(route);
        }
        program.handling().forEach(this::handling);
        for (Call call : calls) {
            if (begins.containsKey(call.route())) {
                graph.edge(call.from(), begins.get(call.route()), "", Way.CALL);
            }
        }
        return graph.build(title);
    }

    private void route(RouteTree route) {
        Place place = frame(route.id(), route.description(), route, Tone.PLAIN);
        Shape shape = route.isQueue() ? Shape.QUEUE : Shape.START;
        String begin = add(shape, null, route.from(), Tone.PLAIN, place, Set.of());
        begins.put(route.id(), begin);
        steps(route.steps(), List.of(new Exit(begin)), place);
        handlers(route.handlers(), place);
    }

    private void handling(Handling handling) {
        outOfStages();
        if (!handling.handlers().isEmpty()) {
            String name = handling.id() == null ? "errors" : handling.id();
            handlers(handling.handlers(), frame(name, handling.description(), null, Tone.ERROR));
        }
    }

    private void handlers(List<Handler> handlers, Place place) {
        if (handlers.isEmpty()) {
            return;
        }
        Place failing = place.failing();
        String node = add(Shape.CHOICE, null, "A step fails", Tone.ERROR, failing, Set.of());
        for (Handler handler : handlers) {
            Exit fails = new Exit(node, handler.label(), Way.ERROR);
            if (handler.steps().isEmpty()) {
                String goesOn =
                        add(
                                Shape.END,
                                null,
                                "whoever asked is told",
                                Tone.ERROR,
                                failing,
                                Set.of());
                connect(List.of(fails), goesOn);
            } else {
                steps(handler.steps(), List.of(fails), failing);
            }
        }
    }

    private Place frame(String name, String text, RouteTree route, Tone tone) {
        String id = graph.id(name);
        graph.clusters.put(id, new Cluster(id, null, name, text == null ? "" : text, tone));
        return new Place(id, route, List.of(), false, tone);
    }

    @Override
    boolean isBox(RouteTree route) {
        return true;
    }

    @Override
    boolean shows(Step step) {
        return true;
    }

    @Override
    boolean showsAll() {
        return true;
    }

    @Override
    List<Exit> call(Step step, RouteTree target, List<Exit> in, Place place) {
        String label = step.description() == null ? target.id() : step.description();
        String node = add(Shape.ROUTE, null, label, place.tone(), place, step.calls());
        connect(in, node);
        calls.add(new Call(node, target.id()));
        return List.of(new Exit(node));
    }
}
