package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.config.HttpConfig;
import io.github.clickhousebackupagent.internal.control.AgentAddress;
import io.github.clickhousebackupagent.internal.control.EditState;
import io.github.clickhousebackupagent.internal.metrics.Seen;
import io.github.clickhousebackupagent.internal.report.RunLog;
import io.github.clickhousebackupagent.internal.run.Handover;
import io.github.clickhousebackupagent.internal.run.StateDirectory;
import io.github.clickhousebackupagent.internal.status.Statuses;
import io.github.clickhousebackupagent.internal.trace.TraceExports;
import io.github.clickhousebackupagent.internal.trace.Traces;
import java.net.URI;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.StartupListener;
import org.apache.camel.component.http.HttpEndpoint;
import org.apache.camel.component.quartz.QuartzComponent;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.spi.PropertiesComponent;
import org.apache.camel.spi.PropertiesSource;
import org.apache.camel.support.service.ServiceSupport;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;

/**
 * An agent in a Camel context that somebody else makes, starts and stops. What it needs to be as it
 * must be is set for its own routes only: the platform's components stay as they are.
 */
public final class Embedding implements AutoCloseable {

    /** What the agent itself is bound as. */
    public static final String NAME = "clickhouse-backup-agent";

    /** What the routes call, beside the agent's own name. */
    static final List<String> BEANS =
            List.of(
                    "runs",
                    "steps",
                    "operations",
                    "retries",
                    "questions",
                    "schedules",
                    "pauses",
                    "deletions",
                    "restores",
                    "targets",
                    "httpApi",
                    "views",
                    "wishes",
                    "pastViews",
                    "pageFiles",
                    "runDiagrams",
                    "answers",
                    "apiCalls",
                    "callbacks",
                    "hooks",
                    "commands",
                    "hookMessage",
                    "hookAnswers",
                    "hookThreads",
                    "notices",
                    "signatures",
                    "chatMessages",
                    "noticeQueues",
                    "noticeProblems");

    /** The endpoints by which the routes call servers. */
    static final List<String> CALLS = List.of("http://clickhouse-backup", "http://clickhouse");

    private static final String OPEN_TELEMETRY = "io.opentelemetry.api.OpenTelemetry";
    private static final String METRICS = "io.prometheus.metrics.model.registry.PrometheusRegistry";
    private static final int MOST_CONNECTIONS = 2000;
    private static final int CONNECTIONS_PER_SERVER = 4;

    private final AgentConfig config;
    private final boolean withSchedules;
    private final String routes;
    private final Clock clock;
    private final Seen seen;
    private final TraceExports exports;
    private StateDirectory stateDirectory;
    private AgentRoutes agentRoutes;
    private Runnable noMetrics = () -> {};

    /**
     * @param config targets, schedules, policies
     * @param withSchedules whether the schedules fire
     * @param routes where the files of the routes are, such as {@code
     *     classpath:routes/*.camel.yaml}
     * @param clock for names, journal and limits
     */
    public Embedding(AgentConfig config, boolean withSchedules, String routes, Clock clock) {
        this.config = config;
        this.withSchedules = withSchedules;
        this.routes = routes;
        this.clock = clock;
        this.seen = Seen.nothing(clock);
        this.exports = new TraceExports(clock, seen.traces());
    }

    /**
     * Puts it into a context that has not started. To be called once.
     *
     * @param agent what is bound under {@value #NAME}
     * @throws ConfigException if the context has something that is in its way
     * @throws RouteException if the routes cannot be used
     * @throws io.github.clickhousebackupagent.internal.run.AgentRunningException if it has
     *     schedules, and another agent with schedules has its state folder
     * @throws Exception if Camel cannot load the routes
     */
    public synchronized void put(CamelContext context, Object agent) throws Exception {
        requireFree(context);
        try {
            takeStateDirectory();
            EditState began = new EditState(clock.instant(), 0, null);
            agentRoutes =
                    new AgentRoutes(
                            config,
                            withSchedules,
                            callbackPort(context),
                            null,
                            clock,
                            List.of(new RunLog(config, clock)),
                            new Handover(),
                            () -> began,
                            seen,
                            traces(context));
            agentRoutes.bind(context);
            context.getRegistry().bind(NAME, agent);
            bindProperties(context);
            context.getCamelContextExtension().registerEndpointCallback(this::settle);
            addQuartz(context);
            new AmongOthers(context).load(routes, agentRoutes);
            RouteCheck.runAmongOthers(context, AmongOthers::isOurs);
            addHealth(context);
            addMetrics(context, seen, () -> began);
            context.addStartupListener(
                    new StartupListener() {
                        @Override
                        public void onCamelContextStarted(
                                CamelContext started, boolean alreadyStarted) {
                            // That is before its routes run.
                        }

                        @Override
                        public void onCamelContextFullyStarted(
                                CamelContext started, boolean alreadyStarted) {
                            agentRoutes.begun();
                        }
                    });
            context.addService(
                    new ServiceSupport() {
                        @Override
                        protected void doStop() {
                            Embedding.this.close();
                        }
                    });
        } catch (Exception e) {
            close();
            throw e;
        }
    }

    /**
     * Returns what makes traces: by the platform's OpenTelemetry if it has one, else as is said.
     */
    private Traces traces(CamelContext context) {
        Class<?> type = context.getClassResolver().resolveClass(OPEN_TELEMETRY);
        Object platforms = type == null ? null : context.getRegistry().findSingleByType(type);
        if (platforms != null) {
            return TraceExports.ofPlatform(platforms, clock);
        }
        try {
            Traces configured = exports.open(config.traces());
            if (configured != null) {
                // Here, and not in the middle of the first run.
                configured.prepare();
            }
            return configured;
        } catch (IllegalStateException | LinkageError e) {
            throw new ConfigException(
                    "traces.endpoint: found %s, but the platform has no io.opentelemetry:opentelemetry-exporter-otlp with a sender (%s); allowed: these, a bean of OpenTelemetry, or no endpoint"
                            .formatted(config.traces().endpoint(), e.getMessage()));
        }
    }

    private static void requireFree(CamelContext context) {
        if (context.getRegistry().lookupByName(NAME) != null) {
            throw new ConfigException(
                    "bean %s: found another agent in the context %s; allowed: one agent in a context"
                            .formatted(NAME, context.getName()));
        }
        for (String bean : BEANS) {
            Object other = context.getRegistry().lookupByName(bean);
            if (other != null) {
                throw new ConfigException(
                        "bean %s: found one of the platform (%s) under a name that the routes of the agent use; allowed: another name for it, or a Camel context of its own for the agent"
                                .formatted(bean, other.getClass().getName()));
            }
        }
    }

    private void takeStateDirectory() {
        if (withSchedules) {
            stateDirectory = StateDirectory.take(config.stateDirectory());
            // What an agent left that was killed: no command reaches this one.
            AgentAddress.remove(config.stateDirectory());
            EditState.remove(config.stateDirectory());
        }
    }

    /**
     * Returns the port that servers call back at; 0: they do not. Only the platform knows where it
     * is reached, so that must be said; what {@code auto} finds out is of a port of our own.
     */
    private int callbackPort(CamelContext context) {
        String url = config.http().callbackUrl();
        if (url.equals(HttpConfig.AUTO) || url.equals(HttpConfig.OFF)) {
            return 0;
        }
        if (context.getComponent("platform-http", true, false) == null) {
            throw new ConfigException(
                    "http.callback-url: found %s, but the platform has no component platform-http that servers could call; allowed: off, or a platform with platform-http"
                            .formatted(url));
        }
        URI uri = URI.create(url);
        return uri.getPort() > 0 ? uri.getPort() : uri.getScheme().equals("https") ? 443 : 80;
    }

    private void bindProperties(CamelContext context) {
        Properties properties = agentRoutes.properties();
        PropertiesComponent all = context.getPropertiesComponent();
        all.addPropertiesSource(
                new PropertiesSource() {
                    @Override
                    public String getName() {
                        return NAME;
                    }

                    @Override
                    public String getProperty(String name) {
                        return properties.getProperty(name);
                    }
                });
        for (String name : properties.stringPropertyNames()) {
            String found = all.resolveProperty(name).orElse(null);
            if (!properties.getProperty(name).equals(found)) {
                throw new ConfigException(
                        "property %s: found one of the platform, which the routes of the agent would take for their own; allowed: another name for it"
                                .formatted(name));
            }
        }
    }

    /** Returns whether the routes call servers by it. */
    static boolean isCall(HttpEndpoint endpoint) {
        return CALLS.contains(address(endpoint));
    }

    /** Returns whether the routes call ClickHouse by it, not the API. */
    static boolean isDatabase(HttpEndpoint endpoint) {
        return CALLS.get(1).equals(address(endpoint));
    }

    private static String address(HttpEndpoint endpoint) {
        return endpoint.getHttpUri().toString().replaceFirst("/$", "");
    }

    /** Makes the calls of the agent what they must be, whatever the platform's others are. */
    private Endpoint settle(String uri, Endpoint endpoint) {
        if (endpoint instanceof HttpEndpoint http && isCall(http)) {
            // A POST must not be sent again behind our back: a second create or upload may do harm.
            http.getClientBuilder().disableAutomaticRetries().disableRedirectHandling();
            http.setConnectTimeout(config.limits().call().toMillis());
            http.setConnectionRequestTimeout(config.limits().call().toMillis());
            if (http.getComponent().getClientConnectionManager() == null
                    && http.getClientConnectionManager()
                            instanceof PoolingHttpClientConnectionManager own) {
                own.setMaxTotal(MOST_CONNECTIONS);
                own.setDefaultMaxPerRoute(CONNECTIONS_PER_SERVER);
            }
        }
        return endpoint;
    }

    /** Adds the component, unless the platform has one of its own. */
    private void addQuartz(CamelContext context) {
        if (!withSchedules
                || context.hasComponent("quartz") != null
                || context.getRegistry().lookupByName("quartz") != null
                || context.getRegistry().lookupByName("quartz-component") != null) {
            return;
        }
        QuartzComponent quartz = new QuartzComponent();
        Map<String, Object> properties = new HashMap<>();
        // Quartz keeps its schedulers by name for the whole process: two agents must not share.
        properties.put("org.quartz.scheduler.instanceName", NAME + "-" + UUID.randomUUID());
        properties.put("org.quartz.threadPool.class", "org.quartz.simpl.SimpleThreadPool");
        properties.put("org.quartz.threadPool.threadCount", "2");
        properties.put("org.quartz.jobStore.class", "org.quartz.simpl.RAMJobStore");
        properties.put("org.quartz.scheduler.skipUpdateCheck", "true");
        properties.put("org.quartz.scheduler.jmx.export", "false");
        quartz.setProperties(properties);
        context.addComponent("quartz", quartz);
    }

    private void addHealth(CamelContext context) {
        HealthCheckRegistry health = HealthCheckRegistry.get(context);
        if (health != null) {
            health.register(
                    new BackupHealth(
                            config,
                            withSchedules,
                            withSchedules
                                    ? Statuses.ofAgent(config, clock, agentRoutes.runs()::standing)
                                    : Statuses.ofFiles(config, clock)));
        }
    }

    /** The library that metrics are made with is the platform's, if it has it. */
    private void addMetrics(CamelContext context, Seen seen, Supplier<EditState> edits) {
        if (context.getClassResolver().resolveClass(METRICS) != null) {
            noMetrics =
                    PlatformMetrics.put(
                            context,
                            Generation.metrics(context, config, clock, agentRoutes, seen, edits));
        }
    }

    /** Lets go of the state folder; nothing here has any effect from now on. Can be repeated. */
    @Override
    public synchronized void close() {
        noMetrics.run();
        noMetrics = () -> {};
        if (agentRoutes != null) {
            agentRoutes.close();
            exports.awaitSent(config.limits().stop().dividedBy(4));
        }
        if (stateDirectory != null) {
            stateDirectory.close();
            stateDirectory = null;
        }
    }
}
