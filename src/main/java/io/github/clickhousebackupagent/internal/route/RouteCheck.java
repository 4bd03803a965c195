package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.internal.text.NearestName;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.camel.CamelContext;
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

    private static final List<String> TEMPLATES = List.of("target-queue", "schedule");

    private final Model model;
    private final Set<String> entries = new TreeSet<>();
    private final Set<String> problems = new LinkedHashSet<>();

    private RouteCheck(CamelContext context) {
        this.model = context.getCamelContextExtension().getContextPlugin(Model.class);
    }

    /**
     * Checks the routes that were loaded.
     *
     * @throws ConfigException if one is called that is not there; a line for each
     */
    static void run(CamelContext context) {
        RouteCheck check = new RouteCheck(context);
        check.collect();
        check.check();
        if (!check.problems.isEmpty()) {
            throw new ConfigException(String.join("\n", check.problems));
        }
    }

    private void collect() {
        for (RouteDefinition route : model.getRouteDefinitions()) {
            entries.add(path(route.getInput().getEndpointUri()));
        }
    }

    private void check() {
        for (RouteDefinition route : model.getRouteDefinitions()) {
            check("route " + route.getRouteId(), route.getOutputs());
        }
        for (RouteTemplateDefinition template : model.getRouteTemplateDefinitions()) {
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
                    "routes: found no onException in a route configuration; allowed: one that ends a"
                            + " run whose step fails, as in errors.camel.yaml");
        }
        ENTRIES.forEach(entry -> require("clickhouse-backup-agent", entry));
        for (String template : TEMPLATES) {
            if (model.getRouteTemplateDefinition(template) == null) {
                problems.add("routes: found no route template " + template + "; it must be there");
            }
        }
    }

    private void check(String where, List<ProcessorDefinition<?>> outputs) {
        Collection<ToDefinition> calls =
                ProcessorDefinitionHelper.filterTypeInOutputs(outputs, ToDefinition.class);
        for (ToDefinition call : calls) {
            if (call.getUri().startsWith("direct:")) {
                String place =
                        Optional.ofNullable(call.getLocation())
                                .map(file -> file.replaceFirst("^[a-z]+:", ""))
                                .map(file -> file + ":" + call.getLineNumber())
                                .orElse(where);
                require(place, path(call.getUri()));
            }
        }
    }

    private void require(String where, String entry) {
        if (!entries.contains(entry)) {
            // What a route configuration calls stands in each of its routes again.
            problems.add(
                    "%s: found a call of %s, which no route begins with; allowed: %s"
                            .formatted(
                                    where,
                                    entry,
                                    NearestName.of(entry, entries)
                                            .map(near -> "a route that is there, such as " + near)
                                            .orElse("a route that is there")));
        }
    }

    private static String path(String uri) {
        return uri.replaceFirst("\\?.*", "").replaceFirst("^([a-z-]+):(//)?", "$1:");
    }
}
