package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.internal.diagram.Program;
import io.github.clickhousebackupagent.internal.diagram.Program.Handler;
import io.github.clickhousebackupagent.internal.diagram.Program.Handling;
import io.github.clickhousebackupagent.internal.diagram.Program.RouteTree;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import org.apache.camel.CamelContext;
import org.apache.camel.RuntimeCamelException;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.Model;
import org.apache.camel.model.OnExceptionDefinition;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.RouteTemplateDefinition;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;

/**
 * Reads the routes, as Camel does, and starts nothing: no port, no schedule, no folder is taken, no
 * server is called.
 */
public final class RouteReader {

    private RouteReader() {}

    /**
     * Returns the routes of a folder.
     *
     * @param folder of the routes; null: those in the jar
     * @throws ConfigException if the folder has none
     * @throws RuntimeException of Camel's if a file is no route as the YAML DSL has it
     */
    public static Program read(Path folder) {
        return of(folder == null ? null : RouteFiles.read(folder));
    }

    /**
     * Returns routes as they were read.
     *
     * @param given null: those in the jar
     * @throws RuntimeException of Camel's if a file is no route as the YAML DSL has it
     */
    static Program of(RouteFiles given) {
        try (CamelContext context = new DefaultCamelContext()) {
            Properties properties = new Properties();
            // Those that only some agents have are routes too.
            properties.setProperty("agent.schedules", "true");
            properties.setProperty("agent.callbacks", "true");
            properties.setProperty("agent.control", "true");
            context.getPropertiesComponent().setInitialProperties(properties);
            context.build();
            List<Resource> files = given == null ? inJar(context) : given.resources();
            PluginHelper.getRoutesLoader(context).loadRoutes(files);
            return program(context.getCamelContextExtension().getContextPlugin(Model.class));
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw RuntimeCamelException.wrapRuntimeCamelException(e);
        }
    }

    private static List<Resource> inJar(CamelContext context) throws Exception {
        List<Resource> files =
                new ArrayList<>(
                        PluginHelper.getPackageScanResourceResolver(context)
                                .findResources("classpath:routes/*" + RouteFiles.SUFFIX));
        files.sort(Comparator.comparing(Resource::getLocation));
        return files;
    }

    private static Program program(Model model) {
        List<Handling> handling = new ArrayList<>();
        for (RouteConfigurationDefinition each : model.getRouteConfigurationDefinitions()) {
            handling.add(
                    new Handling(
                            each.hasCustomIdAssigned() ? each.getId() : null,
                            each.getDescriptionText(),
                            each.getOnExceptions().stream().map(RouteReader::handler).toList()));
        }
        List<RouteTree> routes = new ArrayList<>();
        for (RouteTemplateDefinition template : model.getRouteTemplateDefinitions()) {
            routes.add(
                    route(
                            template.getId(),
                            template.getDescriptionText() != null
                                    ? template.getDescriptionText()
                                    : template.getRoute().getDescriptionText(),
                            template.getRoute(),
                            handling));
        }
        for (RouteDefinition route : model.getRouteDefinitions()) {
            routes.add(route(route.getRouteId(), route.getDescriptionText(), route, handling));
        }
        HookSteps hooks = new HookSteps(routes.stream().map(RouteTree::from).toList());
        return new Program(
                routes.stream().map(route -> hooked(route, hooks)).toList(), List.copyOf(handling));
    }

    private static RouteTree hooked(RouteTree route, HookSteps hooks) {
        return new RouteTree(
                route.id(),
                route.description(),
                route.from(),
                hooks.resolved(route.steps()),
                route.handlers());
    }

    private static RouteTree route(
            String id, String description, RouteDefinition route, List<Handling> handling) {
        List<Handler> own =
                route.getOutputs().stream()
                        .filter(OnExceptionDefinition.class::isInstance)
                        .map(OnExceptionDefinition.class::cast)
                        .map(RouteReader::handler)
                        // Those of a configuration stand in each of its routes again.
                        .filter(
                                handler ->
                                        handling.stream()
                                                .noneMatch(all -> all.handlers().contains(handler)))
                        .toList();
        return new RouteTree(
                id,
                description,
                route.getInput().getEndpointUri(),
                StepReader.steps(route.getOutputs()),
                own);
    }

    private static Handler handler(OnExceptionDefinition handler) {
        String label =
                handler.getDescriptionText() != null
                        ? handler.getDescriptionText()
                        : StepTexts.failures("any other failure", handler.getExceptions());
        return new Handler(label, StepReader.steps(handler.getOutputs()));
    }
}
