package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.internal.hook.HookPoint;
import io.github.clickhousebackupagent.internal.text.NearestName;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.model.Model;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.ToDefinition;
import org.apache.camel.model.ToDynamicDefinition;

/** Looks for routes that were to hook in somewhere, and would never be called. */
final class HookCheck {

    private static final String DIRECT = "direct:";

    private HookCheck() {}

    /** Returns what is wrong with the routes that hook in, or were to. */
    static List<RouteProblem> problems(Model model) {
        Set<String> called = called(model);
        List<RouteProblem> problems = new ArrayList<>();
        for (RouteDefinition route : model.getRouteDefinitions()) {
            String entry = path(route.getInput().getEndpointUri());
            if (entry.startsWith(DIRECT) && !called.contains(entry)) {
                String name = entry.substring(DIRECT.length());
                suspected(name).ifPresent(near -> problems.add(problem(route, entry, near)));
            }
        }
        return problems;
    }

    private static Set<String> called(Model model) {
        Set<String> called = new HashSet<>();
        for (RouteDefinition route : model.getRouteDefinitions()) {
            ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), ToDefinition.class)
                    .forEach(to -> called.add(path(to.getUri())));
            // A wireTap is one of these.
            ProcessorDefinitionHelper.filterTypeInOutputs(
                            route.getOutputs(), ToDynamicDefinition.class)
                    .forEach(to -> called.add(path(to.getUri())));
        }
        return called;
    }

    /** Returns which point a route was meant for; empty where it is one, or where none was. */
    private static Optional<String> suspected(String name) {
        String point = name.replaceFirst("/.*", "");
        String rest = name.substring(point.length());
        if (HookPoint.of(point).isPresent()) {
            return Optional.empty();
        }
        Optional<String> near = NearestName.of(point, HookPoint.words());
        boolean looksSo = point.matches("(before|after|on)-.+");
        return looksSo || !rest.isEmpty() && near.isPresent()
                ? Optional.of(
                        near.map(word -> " (did you mean " + DIRECT + word + rest + "?)")
                                .orElse(""))
                : Optional.empty();
    }

    private static RouteProblem problem(RouteDefinition route, String entry, String near) {
        String file = route.getInput().getLocation();
        int line = route.getInput().getLineNumber();
        return new RouteProblem(
                file == null ? "route " + route.getRouteId() : file.replaceFirst("^[a-z]+:", ""),
                file == null || line <= 0 ? null : line,
                "found %s, which nothing calls and which is no point of a run".formatted(entry),
                "one of " + String.join(", ", HookPoint.words()) + near);
    }

    private static String path(String uri) {
        return uri.replaceFirst("\\?.*", "").replaceFirst("^([a-z-]+):(//)?", "$1:");
    }
}
