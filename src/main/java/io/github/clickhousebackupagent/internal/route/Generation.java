package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.config.HttpConfig;
import io.github.clickhousebackupagent.config.TracesConfig;
import io.github.clickhousebackupagent.internal.control.EditState;
import io.github.clickhousebackupagent.internal.metrics.AgentMetrics;
import io.github.clickhousebackupagent.internal.metrics.Exposition;
import io.github.clickhousebackupagent.internal.metrics.ProcessMetrics;
import io.github.clickhousebackupagent.internal.metrics.Seen;
import io.github.clickhousebackupagent.internal.page.PageFiles;
import io.github.clickhousebackupagent.internal.run.Handover;
import io.github.clickhousebackupagent.internal.trace.Traces;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.quartz.QuartzComponent;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.DefaultRoutesCollector;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;
import org.apache.camel.main.SimpleMainShutdownStrategy;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.quartz.SchedulerException;

/**
 * One configuration and one set of routes, in a Camel context of their own. An edit makes another
 * generation beside the one that runs: what is wrong with it shows while that goes on, and of the
 * old one nothing can be left over, no trigger, no template, no endpoint.
 *
 * <p>{@link #load}, then {@link #begin}, then {@link #end}; or {@link #end} at any time.
 */
final class Generation {

    private static final Logger LOG = LogManager.getLogger(Generation.class);

    private final AgentConfig config;
    private final RouteFiles files;
    private final AgentRoutes routes;
    private final Main main;
    private RouteText text;
    private ProducerTemplate template;

    /**
     * What all generations of an agent have in common.
     *
     * @param options how it is run
     * @param front where it listens; null: nowhere
     * @param controlToken what a command must show that wants something; null: no command may
     * @param edits what probes are told of edits
     * @param seen what this process sees is kept there
     * @param process what there is to measure of it
     * @param traces returns what makes traces; null: nothing does
     */
    record Surroundings(
            Agent.Options options,
            Front front,
            String controlToken,
            Clock clock,
            Supplier<EditState> edits,
            Seen seen,
            ProcessMetrics process,
            Function<TracesConfig, Traces> traces) {}

    /**
     * Prepares one; nothing is loaded yet.
     *
     * @param files the routes; null: those in the jar
     * @param handover what the generation before this one left
     */
    Generation(AgentConfig config, RouteFiles files, Surroundings around, Handover handover) {
        this.config = config;
        this.files = files;
        Agent.Options options = around.options();
        Front front = around.front();
        boolean callbacks = !config.http().callbackUrl().equals(HttpConfig.OFF);
        this.routes =
                new AgentRoutes(
                        config,
                        options.withSchedules(),
                        callbacks && front != null ? front.port() : 0,
                        around.controlToken(),
                        around.clock(),
                        options.listeners().apply(config),
                        handover,
                        around.edits(),
                        around.seen(),
                        around.traces().apply(config.traces()));
        this.main = new Main();
        // Its own hooks would keep each generation until the process ends.
        main.setShutdownStrategy(new SimpleMainShutdownStrategy());
        main.setInitialProperties(properties(options));
        // The environment is for agent.yaml; it must not change the routes behind its back.
        main.configure().setAutoConfigurationEnvironmentVariablesEnabled(false);
        main.setDefaultPropertyPlaceholderLocation("false");
        main.configure().addRoutesBuilder(routes);
        if (files != null) {
            main.setRoutesCollector(
                    new DefaultRoutesCollector() {
                        @Override
                        public Collection<Resource> findRouteResourcesFromDirectory(
                                CamelContext context, String exclude, String include) {
                            return files.resources();
                        }
                    });
        }
        main.addMainListener(
                new MainListenerSupport() {
                    @Override
                    public void beforeConfigure(BaseMainSupport support) {
                        CamelContext context = support.getCamelContext();
                        routes.bind(context);
                        context.getRegistry()
                                .bind(
                                        "metrics",
                                        new Exposition(
                                                () ->
                                                        metrics(
                                                                context,
                                                                config,
                                                                around.clock(),
                                                                routes,
                                                                around.seen(),
                                                                around.edits()),
                                                around.process()));
                        context.getRegistry().bind("pageFiles", new PageFiles());
                        context.getRegistry().bind("runDiagrams", new RunDiagrams(files));
                        if (front != null) {
                            front.serve(context);
                        }
                    }

                    @Override
                    public void afterConfigure(BaseMainSupport support) {
                        RouteCheck.run(support.getCamelContext());
                        if (text != null) {
                            RouteCalls.check(text, support.getCamelContext().getRegistry());
                        }
                    }
                });
    }

    /** Returns what there is to measure of an agent. */
    static AgentMetrics metrics(
            CamelContext context,
            AgentConfig config,
            Clock clock,
            AgentRoutes routes,
            Seen seen,
            Supplier<EditState> edits) {
        String version = Generation.class.getPackage().getImplementationVersion();
        return new AgentMetrics(
                config,
                clock,
                routes.runs()::figures,
                seen,
                edits,
                new AgentMetrics.Build(
                        Objects.requireNonNullElse(version, "not packaged"), context.getVersion()));
    }

    private Properties properties(Agent.Options options) {
        Properties properties = routes.properties();
        properties.setProperty("camel.main.name", "clickhouse-backup-agent");
        properties.setProperty(
                "camel.main.routes-include-pattern", "classpath:routes/*" + RouteFiles.SUFFIX);
        // Loaded, made and checked first; only then they run.
        properties.setProperty("camel.main.auto-startup", "false");
        properties.setProperty("camel.main.startup-summary-level", "Off");
        properties.setProperty("camel.main.auto-configuration-log-summary", "false");
        // A call that a server does not answer cannot be cut short: after the first time Camel no
        // longer waits for what goes on, after the second not for itself.
        long stop = config.limits().stop().toSeconds();
        properties.setProperty("camel.main.shutdown-timeout", Long.toString(Math.max(1, stop - 2)));
        properties.setProperty("camel.main.extra-shutdown-timeout", "1");
        properties.setProperty("camel.main.jmx-enabled", "false");
        // Answers of the API are small, and are read whole anyway.
        properties.setProperty("camel.main.stream-caching-enabled", "false");
        // A POST must not be sent again behind our back: a second create or upload may do harm.
        properties.setProperty("camel.component.http.automatic-retries-disabled", "true");
        String callLimit = Long.toString(config.limits().call().toMillis());
        properties.setProperty("camel.component.http.connect-timeout", callLimit);
        properties.setProperty("camel.component.http.connection-request-timeout", callLimit);
        properties.setProperty("camel.component.http.follow-redirects", "false");
        properties.setProperty("camel.component.http.max-total-connections", "2000");
        properties.setProperty("camel.component.http.connections-per-route", "4");
        if (options.withSchedules()) {
            // Naming the component makes it: not for one command.
            properties.setProperty(
                    "camel.component.quartz.properties[org.quartz.threadPool.threadCount]", "2");
            properties.setProperty(
                    "camel.component.quartz.properties[org.quartz.scheduler.skipUpdateCheck]",
                    "true");
            // Quartz keeps its schedulers by name for the whole process: two agents must not share.
            properties.setProperty(
                    "camel.component.quartz.properties[org.quartz.scheduler.instanceName]",
                    "clickhouse-backup-agent-" + UUID.randomUUID());
            properties.setProperty(
                    "camel.component.quartz.properties[org.quartz.scheduler.jmx.export]", "false");
        }
        return properties;
    }

    /**
     * Loads the routes and makes all that they need, beside what runs. No schedule fires, nothing
     * is consumed, no server is called.
     *
     * @throws RouteException if the routes cannot be used
     * @throws ConfigException if the configuration cannot be
     */
    Generation load() {
        try {
            text = files == null ? null : RouteText.of(files);
            main.start();
            return this;
        } catch (RouteException | ConfigException e) {
            main.stop();
            throw e;
        } catch (Throwable e) {
            // Of a component, too: a class that is not there, or a stack that is too small.
            main.stop();
            List<RouteProblem> problems = RouteProblems.of(e, text);
            throw new RouteException(
                    files != null && problems.get(0).file().equals(RouteProblems.NOWHERE)
                            ? List.of(problems.get(0).in(culprit()))
                            : problems);
        }
    }

    /** Returns the file that cannot be read, as Camel does not always say which it is. */
    private String culprit() {
        for (Resource file : files.resources()) {
            try (DefaultCamelContext context = new DefaultCamelContext()) {
                context.disableJMX();
                context.build();
                PluginHelper.getRoutesLoader(context).loadRoutes(file);
            } catch (Exception | StackOverflowError | LinkageError e) {
                LOG.debug("{} is what cannot be read", file, e);
                return file.getLocation().replaceFirst("^file:", "");
            }
        }
        return files.folder().toString();
    }

    /**
     * Lets it run.
     *
     * @throws RouteException if a route does not start
     */
    Generation begin() {
        try {
            context().getRouteController().startAllRoutes();
            text = null; // It says where a mistake stands, and there is none.
            routes.begun();
            return this;
        } catch (Throwable e) {
            throw new RouteException(RouteProblems.of(e, text));
        }
    }

    /**
     * Ends it within the limit for a stop. What cannot be ended goes on without effect: it can
     * neither write a journal nor keep a target.
     */
    void end() {
        routes.ends();
        standBy();
        CompletableFuture<Void> stopped = new CompletableFuture<>();
        Thread stop =
                new Thread(
                        () -> {
                            try {
                                main.stop();
                                stopped.complete(null);
                            } catch (RuntimeException e) {
                                stopped.completeExceptionally(e);
                            }
                        },
                        "agent-end");
        stop.setDaemon(true);
        stop.start();
        Duration limit = config.limits().stop();
        try {
            stopped.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.warn(
                    "A call that is not answered is left behind after {} s; its answer will not count",
                    limit.toSeconds());
        } catch (ExecutionException e) {
            LOG.warn("The routes did not stop as they should", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            routes.close();
        }
    }

    /** No schedule fires any more, however long the rest takes to stop. */
    private void standBy() {
        try {
            if (context() != null
                    && context().hasComponent("quartz") instanceof QuartzComponent quartz
                    && quartz.getScheduler() != null) {
                quartz.getScheduler().standby();
            }
        } catch (SchedulerException e) {
            LOG.warn("The schedules could not be held", e);
        }
    }

    AgentConfig config() {
        return config;
    }

    /** Returns the files of the routes; null: those in the jar. */
    RouteFiles files() {
        return files;
    }

    AgentRoutes routes() {
        return routes;
    }

    CamelContext context() {
        return main.getCamelContext();
    }

    /** Returns the one template; each that is made is a service with caches of its own. */
    synchronized ProducerTemplate template() {
        if (template == null) {
            template = context().createProducerTemplate();
        }
        return template;
    }
}
