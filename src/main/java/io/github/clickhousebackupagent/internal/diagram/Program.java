package io.github.clickhousebackupagent.internal.diagram;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * All routes that are loaded.
 *
 * @param routes in the order of their files; templates are among them
 * @param handling what is done when a step of any route fails
 */
public record Program(List<RouteTree> routes, List<Handling> handling) {

    /**
     * One route.
     *
     * @param id as the file gives it
     * @param description what the file says of it; null: nothing
     * @param from what it begins with
     * @param steps one after the other
     * @param handlers what is done when one of its own steps fails
     */
    public record RouteTree(
            String id, String description, String from, List<Step> steps, List<Handler> handlers) {

        /** Returns whether it begins by itself, and not by a call of another route. */
        boolean begins() {
            return !Uris.isInMemory(from);
        }

        boolean isQueue() {
            return !begins() && !Uris.isDirect(from);
        }

        Stream<Step> all() {
            return steps.stream().flatMap(Step::all);
        }

        /** Returns whether a step of it is one to be shown. */
        boolean isDescribed() {
            return steps.stream().anyMatch(Step::isDescribed);
        }
    }

    /**
     * What is done when a step fails.
     *
     * @param id of the configuration; null: none
     * @param description what the file says of it; null: nothing
     * @param handlers the first that is for a failure is taken
     */
    public record Handling(String id, String description, List<Handler> handlers) {}

    /**
     * What is done on some failures.
     *
     * @param label which
     * @param steps what
     */
    public record Handler(String label, List<Step> steps) {}

    /** Returns the route of an id. */
    public Optional<RouteTree> route(String id) {
        return routes.stream().filter(route -> route.id().equals(id)).findFirst();
    }

    /** Returns the routes that a step may send to. */
    List<RouteTree> targets(String uri) {
        List<RouteTree> exact =
                routes.stream().filter(route -> Uris.isSame(uri, route.from())).toList();
        return exact.isEmpty()
                ? routes.stream().filter(route -> Uris.mayMeet(uri, route.from())).toList()
                : exact;
    }

    /** Returns the ids of a route and of all that it leads to. */
    Set<String> reach(String id) {
        Set<String> found = new LinkedHashSet<>();
        List<RouteTree> next = new ArrayList<>(route(id).stream().toList());
        while (!next.isEmpty()) {
            RouteTree route = next.remove(0);
            if (found.add(route.id())) {
                Stream.concat(
                                route.all(),
                                route.handlers().stream()
                                        .flatMap(handler -> handler.steps().stream())
                                        .flatMap(Step::all))
                        .flatMap(step -> step.uris().stream())
                        .flatMap(uri -> targets(uri).stream())
                        .forEach(next::add);
            }
        }
        return found;
    }

    /** Returns what a route calls of the beans, with what the routes call that it leads to. */
    Set<String> calls(String id) {
        Set<String> calls = new LinkedHashSet<>();
        for (String each : reach(id)) {
            route(each).orElseThrow().all().forEach(step -> calls.addAll(step.calls()));
        }
        return calls;
    }
}
