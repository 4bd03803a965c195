package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.internal.text.NearestName;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.apache.camel.CamelContext;
import org.apache.camel.LineNumberAware;
import org.apache.camel.model.Model;
import org.apache.camel.model.OnExceptionDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.RouteTemplateDefinition;
import org.apache.camel.model.ToDefinition;

/**
 * Looks for what Camel would only find in the middle of a run: a call of a route that is not there.
 */
final class RouteCheck {

    /** What Java calls or makes routes of, beside what the routes call themselves. */
    private static final List<String> ENTRIES =
            List.of(
                    "direct:request-run",
                    "direct:check-target",
                    "direct:get-version",
                    "direct:list-both",
                    "direct:pause",
                    "direct:resume",
                    "direct:succeed",
                    "direct:fail",
                    "direct:skip",
                    "direct:interrupt",
                    "direct:suspend",
                    "direct:hook",
                    "direct:kill-command",
                    "direct:get-activity",
                    "direct:plan-restore",
                    "direct:run-backup",
                    "direct:run-restore",
                    "direct:run-delete",
                    "direct:run-adopt",
                    "direct:start-create",
                    "direct:start-upload",
                    "direct:start-download",
                    "direct:start-restore",
                    "direct:start-delete",
                    "direct:settle-create",
                    "direct:settle-upload",
                    "direct:settle-download",
                    "direct:settle-restore",
                    "direct:settle-delete");

    private final CamelContext context;
    private final Model model;
    private final Set<String> entries = new TreeSet<>();
    private final Set<RouteProblem> problems = new LinkedHashSet<>();

    private final Predicate<RouteDefinition> ours;

    private RouteCheck(CamelContext context, Predicate<RouteDefinition> ours) {
        this.context = context;
        this.model = context.getCamelContextExtension().getContextPlugin(Model.class);
        this.ours = ours;
    }

    /**
     * Checks the routes that were loaded.
     *
     * @throws RouteException if one is called that is not there, or two answer to one name
     */
    static void run(CamelContext context) {
        RouteCheck check = new RouteCheck(context, route -> true);
        check.collect();
        check.check();
        check.problems.addAll(HookCheck.problems(check.model));
        check.end();
    }

    /**
     * Checks the routes of an agent among those of a platform, which are not looked at.
     *
     * @param ours which are the agent's
     * @throws RouteException if one is called that is not there, or one of the platform's answers
     *     to its name
     */
    static void runAmongOthers(CamelContext context, Predicate<RouteDefinition> ours) {
        RouteCheck check = new RouteCheck(context, ours);
        check.collect();
        check.check();
        check.end();
    }

    private void end() {
        if (!problems.isEmpty()) {
            throw new RouteException(List.copyOf(problems));
        }
    }

    private void collect() {
        Map<String, RouteDefinition> first = new HashMap<>();
        for (RouteDefinition route : model.getRouteDefinitions()) {
            String entry = path(filled(route));
            entries.add(entry);
            if (entry.contains("{{")) {
                continue;
            }
            RouteDefinition other = first.putIfAbsent(entry, route);
            boolean matters = other != null && (ours.test(route) || ours.test(other));
            if (matters && entry.startsWith("direct:")) {
                problems.add(
                        problem(
                                route,
                                "route " + route.getRouteId(),
                                "found %s, which route %s begins with, too"
                                        .formatted(entry, other.getRouteId()),
                                "one route for each direct:"));
            }
        }
    }

    private void check() {
        for (RouteDefinition route : model.getRouteDefinitions().stream().filter(ours).toList()) {
            check("route " + route.getRouteId(), route.getOutputs());
        }
        for (RouteTemplateDefinition template : model.getRouteTemplateDefinitions()) {
            if (!ours.test(template.getRoute())) {
                continue;
            }
            check("route template " + template.getId(), template.getRoute().getOutputs());
        }
        for (RouteConfigurationDefinition configuration :
                model.getRouteConfigurationDefinitions()) {
            for (OnExceptionDefinition onException : configuration.getOnExceptions()) {
                check("onException of a route configuration", onException.getOutputs());
            }
        }
        if (model.getRouteConfigurationDefinitions().stream()
                .allMatch(configuration -> configuration.getOnExceptions().isEmpty())) {
            problems.add(
                    new RouteProblem(
                            "routes",
                            null,
                            "found no onException in a route configuration",
                            "one that ends a run whose step fails, as in errors.camel.yaml"));
        }
        ENTRIES.forEach(entry -> require(null, "clickhouse-backup-agent", entry));
    }

    private void check(String where, List<ProcessorDefinition<?>> outputs) {
        Collection<ToDefinition> calls =
                ProcessorDefinitionHelper.filterTypeInOutputs(outputs, ToDefinition.class);
        for (ToDefinition call : calls) {
            String entry = path(call.getUri());
            if (entry.startsWith("direct:") && !entry.contains("{{")) {
                require(call, where, entry);
            }
        }
    }

    /**
     * @param call what calls; null: the agent itself
     */
    private void require(ToDefinition call, String where, String entry) {
        if (!entries.contains(entry)) {
            // What a route configuration calls stands in each of its routes again.
            problems.add(
                    problem(
                            call,
                            where,
                            "found a call of %s, which no route begins with".formatted(entry),
                            NearestName.of(entry, entries)
                                    .map(near -> "a route that is there, such as " + near)
                                    .orElse("a route that is there")));
        }
    }

    private static RouteProblem problem(
            LineNumberAware at, String where, String found, String allowed) {
        String file = at == null ? null : at.getLocation();
        return file == null
                ? new RouteProblem(where, null, found, allowed)
                : new RouteProblem(
                        file.replaceFirst("^[a-z]+:", ""),
                        at.getLineNumber() > 0 ? at.getLineNumber() : null,
                        found,
                        allowed);
    }

    /** Returns what a route begins with; of a template, with its parameters. */
    private static String filled(RouteDefinition route) {
        String uri = route.getInput().getEndpointUri();
        if (route.getTemplateParameters() != null) {
            for (Map.Entry<String, Object> parameter : route.getTemplateParameters().entrySet()) {
                uri =
                        uri.replace(
                                "{{" + parameter.getKey() + "}}",
                                String.valueOf(parameter.getValue()));
            }
        }
        return uri;
    }

    /** Returns an address without options, and with what its placeholders stand for. */
    private String path(String uri) {
        String resolved = uri;
        if (uri.contains("{{")) {
            try {
                resolved = context.resolvePropertyPlaceholders(uri);
            } catch (IllegalArgumentException e) {
                return uri; // Camel itself says what is not there.
            }
        }
        return resolved.replaceFirst("\\?.*", "").replaceFirst("^([a-z-]+):(//)?", "$1:");
    }
}
