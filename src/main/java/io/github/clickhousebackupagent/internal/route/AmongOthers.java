package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.config.ConfigException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.builder.RouteConfigurationBuilder;
import org.apache.camel.model.Model;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.RouteTemplateDefinition;
import org.apache.camel.model.RoutesDefinition;
import org.apache.camel.model.TemplatedRouteDefinition;
import org.apache.camel.model.errorhandler.DefaultErrorHandlerDefinition;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;

/**
 * Loads the routes of an agent into a context that has routes of others, so that neither gets into
 * the other's way:
 *
 * <ul>
 *   <li>ids of routes, steps and templates begin with {@value #PREFIX}: of two routes with one id
 *       Camel keeps the later one, without a word;
 *   <li>what a route configuration of the agent catches, it catches in the agent's routes only, and
 *       what one of the platform catches, or its error handler tries again, in none of the agent's.
 * </ul>
 */
final class AmongOthers {

    /** What ids begin with. */
    static final String PREFIX = "clickhouse-backup-";

    /** The group that the routes are in, for whoever looks at the routes of a context. */
    static final String GROUP = "clickhouse-backup-agent";

    private final CamelContext context;

    AmongOthers(CamelContext context) {
        this.context = context;
    }

    /** Returns whether a route is the agent's. */
    static boolean isOurs(RouteDefinition route) {
        return GROUP.equals(route.getGroup());
    }

    /**
     * Loads files of routes, and then what leans on their templates.
     *
     * @param location where the files are, such as {@code classpath:routes/*.camel.yaml}
     * @throws ConfigException if there are none
     */
    void load(String location, AgentRoutes routes) throws Exception {
        Collection<Resource> files =
                PluginHelper.getPackageScanResourceResolver(context).findResources(location);
        if (files.isEmpty()) {
            throw new ConfigException(
                    location + ": found no files; allowed: where the routes of the agent are");
        }
        List<Loaded> all = new ArrayList<>();
        for (RoutesBuilder builder :
                PluginHelper.getRoutesLoader(context).findRoutesBuilders(files)) {
            RouteConfigurationBuilder file = (RouteConfigurationBuilder) builder;
            file.setCamelContext(context);
            configurations(file);
            all.add(new Loaded(file));
        }
        for (Loaded each : all) {
            context.addRoutes(each);
        }
        routes.prepareModel(context);
        for (TemplatedRouteDefinition route :
                routes.getTemplatedRouteCollection().getTemplatedRoutes()) {
            route.setRouteId(PREFIX + route.getRouteId());
            route.setRouteTemplateRef(PREFIX + route.getRouteTemplateRef());
        }
        routes.addTemplatedRoutesToCamelContext(context);
        for (Loaded each : all) {
            each.addTemplatedRoutesToCamelContext(context);
        }
    }

    private void configurations(RouteConfigurationBuilder file) throws Exception {
        file.configuration();
        List<RouteConfigurationDefinition> configurations =
                file.getRouteConfigurationCollection().getRouteConfigurations();
        for (RouteConfigurationDefinition configuration : configurations) {
            String id = configuration.getId();
            configuration.setId(id == null ? GROUP : PREFIX + id);
            configuration.setCamelContext(context);
        }
        context.getCamelContextExtension()
                .getContextPlugin(Model.class)
                .addRouteConfigurations(configurations);
    }

    /** The routes of one file. */
    private static final class Loaded extends RouteBuilder {

        private final RouteConfigurationBuilder file;

        Loaded(RouteConfigurationBuilder file) {
            this.file = file;
        }

        @Override
        public void configure() throws Exception {
            setResource(file.getResource());
            file.configure();
            RoutesDefinition routes = file.getRouteCollection();
            for (RouteDefinition route : routes.getRoutes()) {
                if (route.getId() != null) {
                    route.setId(PREFIX + route.getId());
                }
                mark(route);
                getRouteCollection().getRoutes().add(route);
            }
            for (RouteTemplateDefinition template :
                    file.getRouteTemplateCollection().getRouteTemplates()) {
                template.setId(PREFIX + template.getId());
                mark(template.getRoute());
                getRouteTemplateCollection().getRouteTemplates().add(template);
            }
            for (TemplatedRouteDefinition route :
                    file.getTemplatedRouteCollection().getTemplatedRoutes()) {
                route.setRouteTemplateRef(PREFIX + route.getRouteTemplateRef());
                getTemplatedRouteCollection().getTemplatedRoutes().add(route);
            }
        }

        private static void mark(RouteDefinition route) {
            route.setGroup(GROUP);
            String configuration = route.getRouteConfigurationId();
            route.setRouteConfigurationId(configuration == null ? GROUP : PREFIX + configuration);
            if (!route.isErrorHandlerFactorySet() && route.getErrorHandler() == null) {
                route.setErrorHandlerFactory(new DefaultErrorHandlerDefinition());
            }
            // Answers of the API are small, and are read whole anyway.
            route.setStreamCache("false");
            for (ProcessorDefinition<?> step :
                    ProcessorDefinitionHelper.filterTypeInOutputs(
                            route.getOutputs(), ProcessorDefinition.class)) {
                if (Boolean.TRUE.equals(step.getCustomId())) {
                    step.setId(PREFIX + step.getId());
                }
            }
        }
    }
}
