package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.api.ActionRow;
import io.github.clickhousebackupagent.api.ApiException;
import io.github.clickhousebackupagent.api.BackupItem;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.internal.control.AgentAddress;
import io.github.clickhousebackupagent.internal.deletion.DeletionPlan;
import io.github.clickhousebackupagent.internal.deletion.DeletionWish;
import io.github.clickhousebackupagent.internal.order.RestoreOrder;
import io.github.clickhousebackupagent.internal.report.RunLog;
import io.github.clickhousebackupagent.internal.restore.RestorePlan;
import io.github.clickhousebackupagent.internal.run.Causes;
import io.github.clickhousebackupagent.internal.run.PauseRequest;
import io.github.clickhousebackupagent.internal.run.Pauses;
import io.github.clickhousebackupagent.internal.run.RunListener;
import io.github.clickhousebackupagent.internal.run.RunRequest;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.run.Runs;
import io.github.clickhousebackupagent.internal.run.StateDirectory;
import io.github.clickhousebackupagent.internal.waiting.CallbackAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.RuntimeCamelException;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;
import org.apache.camel.spi.CamelEvent.CamelContextStoppedEvent;
import org.apache.camel.spi.EventNotifier;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** An agent on camel-main, as the distribution runs it: in the background, or for one command. */
public final class Agent implements AutoCloseable {

    /**
     * How an agent is run.
     *
     * @param routes folder of the routes; null: those in the jar
     * @param withSchedules whether the schedules fire
     * @param withCallbacks whether it listens for callbacks
     * @param listeners are told what happens in runs
     */
    public record Options(
            Path routes,
            boolean withSchedules,
            boolean withCallbacks,
            List<RunListener> listeners) {}

    private static final Logger LOG = LogManager.getLogger(Agent.class);
    private static final Logger TOLD = LogManager.getLogger(RunLog.AGENT);

    private final AgentConfig config;
    private final AgentRoutes agentRoutes;
    private final Main main;
    private final StateDirectory stateDirectory;
    private final String bind;
    private final int port;
    private final boolean withCallbacks;
    private final AgentAddress address;
    private ProducerTemplate template;
    private final Thread stop = new Thread(this::close, "agent-stop");

    /**
     * Prepares an agent; nothing runs yet. One with schedules has its state folder for itself from
     * here on.
     *
     * @throws ConfigException if the folder of routes has none, or the port cannot be had
     * @throws io.github.clickhousebackupagent.internal.run.AgentRunningException if it has
     *     schedules, and another agent with schedules has its state folder
     */
    public Agent(AgentConfig config, Options options, Clock clock) {
        String pattern = pattern(options.routes());
        this.config = config;
        this.stateDirectory =
                options.withSchedules() ? StateDirectory.take(config.stateDirectory()) : null;
        if (stateDirectory != null) {
            // What an agent left that was killed: somebody else may listen there by now.
            AgentAddress.remove(config.stateDirectory());
        }
        this.withCallbacks = options.withCallbacks();
        // For nothing but commands on this machine, any port will do: they read which it is.
        this.bind = withCallbacks ? config.http().bind() : "127.0.0.1";
        boolean listens = withCallbacks || options.withSchedules();
        this.port = listens ? portOrGiveUp() : 0;
        this.address = options.withSchedules() ? AgentAddress.at(URI.create(ownUrl())) : null;
        this.agentRoutes =
                new AgentRoutes(
                        config,
                        options.withSchedules(),
                        withCallbacks ? port : 0,
                        address == null ? null : address.token(),
                        clock,
                        options.listeners());
        this.main = new Main();
        Properties properties = agentRoutes.properties();
        properties.setProperty("camel.main.name", "clickhouse-backup-agent");
        properties.setProperty("camel.main.routes-include-pattern", pattern);
        properties.setProperty("camel.main.startup-summary-level", "Oneline");
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
            // Naming the component makes it, and its stop takes a second: not for one command.
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
        if (port != 0) {
            properties.setProperty("camel.server.enabled", "true");
            properties.setProperty("camel.server.host", bind);
            properties.setProperty("camel.server.port", Integer.toString(port));
            properties.setProperty("camel.server.max-body-size", "65536");
        }
        main.setInitialProperties(properties);
        // The environment is for agent.yaml; it must not change the routes behind its back.
        main.configure().setAutoConfigurationEnvironmentVariablesEnabled(false);
        main.setDefaultPropertyPlaceholderLocation("false");
        main.configure().addRoutesBuilder(agentRoutes);
        onStarted(this::warmUp);
        if (address != null) {
            onStarted(() -> address.write(config.stateDirectory()));
            onStopped(() -> AgentAddress.remove(config.stateDirectory()));
        }
        main.addMainListener(
                new MainListenerSupport() {
                    @Override
                    public void beforeConfigure(BaseMainSupport support) {
                        agentRoutes.bind(support.getCamelContext());
                    }

                    @Override
                    public void afterConfigure(BaseMainSupport support) {
                        RouteCheck.run(support.getCamelContext());
                    }
                });
    }

    /** Starts, and returns when all routes run. */
    public Agent start() {
        main.start();
        Runtime.getRuntime().addShutdownHook(stop);
        return this;
    }

    /**
     * Runs until the process is told to stop.
     *
     * @return exit code
     * @throws Exception if it cannot start
     */
    public int run() throws Exception {
        onStarted(this::askTargets);
        main.run();
        return main.getExitCode();
    }

    /** Has the first call of this process made before a run, which would take longer by it. */
    private void warmUp() {
        if (!withCallbacks || context().getRoute("warm-up") == null) {
            return;
        }
        try {
            template().requestBody("direct:warm-up", ownUrl() + "/callback/0");
        } catch (CamelExecutionException e) {
            LOG.warn(
                    "The address for callbacks cannot be called: {}",
                    Causes.telling(e).getMessage());
        }
    }

    /** Returns where this process reaches itself. */
    private String ownUrl() {
        String host = bind.equals("0.0.0.0") || bind.equals("::") ? "localhost" : bind;
        String authority = host.contains(":") ? "[" + host + "]" : host;
        return "http://" + authority + ":" + port;
    }

    /**
     * Asks each target who it is, beside everything else: one that is down is told now, not at its
     * first run.
     */
    private void askTargets() {
        for (String target : config.targets().keySet()) {
            CompletableFuture.runAsync(() -> ask(target));
        }
    }

    private void ask(String target) {
        try {
            version(target);
        } catch (IOException | RuntimeException e) {
            if (context().isStopping() || context().isStopped()) {
                return; // It is the agent that cannot ask any more.
            }
            TOLD.warn(
                    "{} at {} does not answer as it should, and is tried again at each run: {}",
                    target,
                    config.targets().get(target).url(),
                    e.getMessage());
        }
    }

    /** Has something done once all routes run. To be called before the start. */
    public void onStarted(Runnable action) {
        main.addMainListener(
                new MainListenerSupport() {
                    @Override
                    public void afterStart(BaseMainSupport support) {
                        action.run();
                    }
                });
    }

    /** Has something done once all routes have stopped. To be called before the start. */
    public void onStopped(Runnable action) {
        // Not afterStop of a listener: where a signal ends the process, that may come too late.
        EventNotifier notifier = new OnEvent(CamelContextStoppedEvent.class, action);
        main.addMainListener(
                new MainListenerSupport() {
                    @Override
                    public void beforeConfigure(BaseMainSupport support) {
                        support.getCamelContext()
                                .getManagementStrategy()
                                .addEventNotifier(notifier);
                    }
                });
    }

    /** Returns where a target is told to call back, without the token; empty if it is not to. */
    public Optional<String> callbackAddress(String target) {
        return new CallbackAddress(config.http(), port).towards(config.targets().get(target).url());
    }

    /** Returns the context that the routes are in. */
    public CamelContext context() {
        return main.getCamelContext();
    }

    /** Returns the steps of runs, and with them the journals. */
    public Runs runs() {
        return agentRoutes.runs();
    }

    /** Does what was ordered, after what waits for the target already, and returns the outcome. */
    public RunResult run(RunRequest request) {
        return template().requestBody("direct:request-run", request, RunResult.class);
    }

    /** Makes a backup now, after what waits for the target already, and returns the outcome. */
    public RunResult run(String target, BackupKind kind) {
        return run(RunRequest.byHand(target, kind));
    }

    /**
     * Keeps a target, or one of its schedules, from asking for runs.
     *
     * @throws CamelExecutionException if it cannot be written down
     */
    public Pauses.Change pause(PauseRequest request) {
        return template().requestBody("direct:pause", request, Pauses.Change.class);
    }

    /**
     * Lets a target, or one of its schedules, ask for runs again.
     *
     * @throws CamelExecutionException if it cannot be written down
     */
    public Pauses.Change resume(PauseRequest request) {
        return template().requestBody("direct:resume", request, Pauses.Change.class);
    }

    /**
     * What a target says of itself.
     *
     * @param version of the server
     * @param local backups on its disk
     * @param remote backups on its remote storage
     */
    public record Answer(String version, List<BackupItem> local, List<BackupItem> remote) {}

    /**
     * Asks a target who it is and what it holds.
     *
     * @throws ApiException if it refuses, or says what is not understood
     * @throws IOException if it does not answer
     */
    public Answer check(String target) throws IOException {
        return answer(target, lists("direct:check-target", target));
    }

    /**
     * Asks a target which backups it has, and who it is, as that tells how to read the times.
     *
     * @throws ApiException if it refuses, or says what is not understood
     * @throws IOException if it does not answer
     */
    public Answer list(String target) throws IOException {
        return answer(target, lists(target));
    }

    private Answer answer(String target, Lists lists) throws IOException {
        return new Answer(version(target), lists.local(), lists.remote());
    }

    /**
     * What a target holds.
     *
     * @param local backups on its disk
     * @param remote backups on its remote storage
     */
    public record Lists(List<BackupItem> local, List<BackupItem> remote) {}

    /**
     * Asks a target what it holds.
     *
     * @throws ApiException if it refuses, or says what is not understood
     * @throws IOException if it does not answer
     */
    public Lists lists(String target) throws IOException {
        return lists("direct:list-both", target);
    }

    @SuppressWarnings("unchecked")
    private Lists lists(String route, String target) throws IOException {
        Exchange lists = ask(route, target, Map.of());
        return new Lists(
                lists.getProperty("local", List.class), lists.getProperty("remote", List.class));
    }

    /**
     * Asks a target what a deletion would do.
     *
     * @throws ApiException if it refuses, or says what is not understood
     * @throws IOException if it does not answer
     */
    public DeletionPlan plan(String target, DeletionWish wish) throws IOException {
        Lists lists = lists(target);
        return agentRoutes.deletions().plan(target, wish, lists.local(), lists.remote());
    }

    /**
     * Asks a target what a restore would do.
     *
     * @throws io.github.clickhousebackupagent.internal.run.RefusedException if the backup is
     *     nowhere whole
     * @throws ApiException if it refuses, or says what is not understood
     * @throws IOException if it does not answer
     */
    public RestorePlan plan(String target, RestoreOrder order) throws IOException {
        return ask("direct:plan-restore", target, Map.of("order", order))
                .getMessage()
                .getBody(RestorePlan.class);
    }

    /**
     * Asks a target what it works on.
     *
     * @throws ApiException if it refuses, or says what is not understood
     * @throws IOException if it does not answer
     */
    @SuppressWarnings("unchecked")
    public List<ActionRow> activity(String target) throws IOException {
        return ask("direct:get-activity", target, Map.of()).getMessage().getBody(List.class);
    }

    /**
     * Tells a target to kill what it works on. Newer servers answer when that is at its end.
     *
     * @param command as the server lists it
     * @throws ApiException if it refuses, or says what is not understood
     * @throws IOException if it does not answer
     */
    public void kill(String target, String command) throws IOException {
        ask("direct:kill-command", target, Map.of("command", command));
    }

    private String version(String target) throws IOException {
        try {
            return ask("direct:get-version", target, Map.of()).getMessage().getBody(String.class);
        } catch (ApiException e) {
            if (e.kind() == ApiException.Kind.UNKNOWN_CALL) {
                return "before 2.5.9";
            }
            throw e;
        }
    }

    private Exchange ask(String route, String target, Map<String, Object> more) throws IOException {
        Exchange exchange =
                template()
                        .request(
                                route,
                                asked -> {
                                    asked.setProperty("target", target);
                                    more.forEach(asked::setProperty);
                                });
        Exception failure = Causes.telling(exchange.getException());
        if (failure instanceof IOException io) {
            throw io;
        }
        if (failure != null) {
            throw RuntimeCamelException.wrapRuntimeException(failure);
        }
        return exchange;
    }

    @Override
    public void close() {
        main.stop();
        leaveStateDirectory();
        try {
            Runtime.getRuntime().removeShutdownHook(stop);
        } catch (IllegalStateException e) {
            return; // The process ends already, and the hook is what called.
        }
    }

    private void leaveStateDirectory() {
        if (stateDirectory != null) {
            stateDirectory.close();
        }
    }

    private int portOrGiveUp() {
        try {
            return freePort();
        } catch (ConfigException e) {
            leaveStateDirectory();
            throw e;
        }
    }

    /** Returns the one template; each that is made is a service with caches of its own. */
    private synchronized ProducerTemplate template() {
        if (template == null) {
            template = context().createProducerTemplate();
        }
        return template;
    }

    /**
     * Returns the files of a folder as Camel is told them.
     *
     * @param routes the folder; null: those in the jar
     * @throws ConfigException if it has none
     */
    static String pattern(Path routes) {
        if (routes == null) {
            return "classpath:routes/*.camel.yaml";
        }
        try (Stream<Path> files = Files.list(routes)) {
            // Camel starts without a word where no file matches.
            if (files.noneMatch(file -> file.toString().endsWith(".camel.yaml"))) {
                throw new ConfigException(
                        routes + ": found no *.camel.yaml; allowed: the folder of the routes");
            }
        } catch (IOException e) {
            throw new ConfigException(
                    routes + ": found no readable folder; allowed: the folder of the routes");
        }
        return "file:" + routes + "/*.camel.yaml";
    }

    /**
     * Returns the port to listen on. It is tried first, as the server that Camel starts only logs
     * that it could not have it.
     */
    private int freePort() {
        int wanted = withCallbacks ? config.http().port() : 0;
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName(bind), wanted));
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new ConfigException(
                    "http.port: found %d, which cannot be had on %s (%s); allowed: a free port, or 0"
                            .formatted(wanted, bind, e.getMessage()));
        }
    }
}
