package io.github.clickhousebackupagent;

import io.github.clickhousebackupagent.api.BackupItem;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.config.ConfigLoader;
import io.github.clickhousebackupagent.event.RunEvent;
import io.github.clickhousebackupagent.internal.hook.HookEvents;
import io.github.clickhousebackupagent.internal.route.Embedding;
import io.github.clickhousebackupagent.internal.route.RouteException;
import io.github.clickhousebackupagent.internal.run.AgentRunningException;
import io.github.clickhousebackupagent.internal.run.Causes;
import io.github.clickhousebackupagent.internal.run.RunRequest;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.text.NearestName;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.RoutesBuilder;

/**
 * An agent in a Camel context of yours. It is a {@link RoutesBuilder}: give it to the context as
 * any other, by {@code context.addRoutes(agent)}, {@code main.configure().addRoutesBuilder(agent)},
 * or as a bean of Spring Boot or Quarkus. It starts and stops with the context.
 *
 * <pre>{@code
 * BackupAgent agent =
 *         BackupAgent.builder(ConfigLoader.system().load(Path.of("agent.yaml"))).build();
 * context.addRoutes(agent);
 * context.start();
 * RunEvent outcome = agent.backup("shard1", BackupKind.FULL);
 * }</pre>
 *
 * <p>Within the context it is the bean {@value #NAME}: a route makes a backup by {@code
 * bean:clickhouse-backup-agent?method=backup('shard1', 'full')}.
 *
 * <p>Thread-safe. Several live in one process, each in a context and on folders of its own.
 */
public final class BackupAgent implements RoutesBuilder, AutoCloseable {

    /** The name of the bean that it is in its context. */
    public static final String NAME = Embedding.NAME;

    private static final String ROUTES = "classpath:routes/*.camel.yaml";

    private final AgentConfig config;
    private final Clock clock;
    private final Embedding embedding;
    private CamelContext context;
    private ProducerTemplate template;
    private ExecutorService threads;

    private BackupAgent(Builder builder) {
        this.config = builder.config;
        this.clock = builder.clock;
        this.embedding =
                new Embedding(config, builder.withSchedules, builder.routes, builder.clock);
    }

    /**
     * Returns what makes an agent.
     *
     * @param config what to back up, and when: see {@link ConfigLoader}
     */
    public static Builder builder(AgentConfig config) {
        return new Builder(config);
    }

    /**
     * Returns an agent with schedules, for platforms that make beans by their properties: {@code
     * camel.beans.NAME=#class:io.github.clickhousebackupagent.BackupAgent#of('agent.yaml')}.
     *
     * @param file the configuration; {@code {{env:NAME}}} in it is of this process' environment
     * @throws io.github.clickhousebackupagent.config.ConfigException if anything in it is wrong
     */
    public static BackupAgent of(String file) {
        return builder(ConfigLoader.system().load(Path.of(file))).build();
    }

    /** Says how an agent is to be. */
    public static final class Builder {

        private final AgentConfig config;
        private boolean withSchedules = true;
        private String routes = ROUTES;
        private Clock clock = Clock.systemUTC();

        private Builder(AgentConfig config) {
            this.config = Objects.requireNonNull(config, "config");
        }

        /**
         * Says whether schedules fire; they do by default. An agent without them makes backups by
         * request only, and may share its folders with one that has them.
         */
        public Builder schedules(boolean fire) {
            withSchedules = fire;
            return this;
        }

        /**
         * Says where the routes are, if not those in the jar are to be used, such as {@code
         * file:backup-routes/*.camel.yaml}: all of them, as they are in {@code routes/}.
         */
        public Builder routes(String location) {
            routes = Objects.requireNonNull(location, "location");
            return this;
        }

        /** Gives another clock for names, journals and limits. */
        public Builder clock(Clock other) {
            clock = Objects.requireNonNull(other, "clock");
            return this;
        }

        /** Makes it. It takes and does nothing before it is put into a context. */
        public BackupAgent build() {
            return new BackupAgent(this);
        }
    }

    /**
     * Puts it into a context that has not started, and checks that its routes can be used there.
     * One with schedules has its state folder for itself from here on, until the context stops.
     *
     * @throws BackupAgentException if it is in a context already, if another agent with schedules
     *     has its state folder, or if its routes cannot be used
     * @throws io.github.clickhousebackupagent.config.ConfigException if the context has something
     *     that is in its way
     */
    @Override
    public synchronized void addRoutesToCamelContext(CamelContext to) throws Exception {
        if (context != null) {
            throw new BackupAgentException(
                    "this agent is in the context %s already; allowed: an agent of its own for each context"
                            .formatted(context.getName()));
        }
        try {
            embedding.put(to, this);
        } catch (AgentRunningException | RouteException e) {
            throw new BackupAgentException(e.getMessage(), e);
        }
        context = to;
    }

    /** Does nothing: those of the agent are there with all its other routes. */
    @Override
    public void addTemplatedRoutesToCamelContext(CamelContext to) {
        // Nothing is left to be done.
    }

    /**
     * Is refused: what runs cannot be exchanged in the middle.
     *
     * @throws BackupAgentException always
     */
    @Override
    public Set<String> updateRoutesToCamelContext(CamelContext to) {
        throw new BackupAgentException(
                "the routes of an agent cannot be updated while they run; allowed: a new context");
    }

    /** Returns the configuration. */
    public AgentConfig config() {
        return config;
    }

    /**
     * Makes a backup now, after what waits for the target already, and returns the outcome,
     * whatever it is: {@link RunEvent#outcome()} is {@code success} only where the backup is
     * proven. Takes as long as the backup takes.
     *
     * @param target its name in the configuration
     * @throws BackupAgentException if there is no such target, or the context does not run
     */
    public RunEvent backup(String target, BackupKind kind) {
        Objects.requireNonNull(kind, "kind");
        Exchange answer =
                ask(
                        "direct:request-run",
                        exchange ->
                                exchange.getMessage()
                                        .setBody(RunRequest.byHand(known(target), kind)));
        return HookEvents.of(answer.getMessage().getBody(RunResult.class), clock.instant());
    }

    /**
     * Does the same on a thread of its own. To cancel what it returns does not end the backup.
     *
     * @throws BackupAgentException if there is no such target, or the context does not run
     */
    public CompletableFuture<RunEvent> backupAsync(String target, BackupKind kind) {
        Objects.requireNonNull(kind, "kind");
        known(target);
        return CompletableFuture.supplyAsync(() -> backup(target, kind), threads());
    }

    /**
     * Asks a target for the backups on its remote storage, the way it lists them.
     *
     * @param target its name in the configuration
     * @throws BackupAgentException if there is no such target, the context does not run, or the
     *     target gives no answer that is understood
     */
    public List<BackupItem> remoteBackups(String target) {
        return list(target, "remote");
    }

    /**
     * The same of the backups on its own disk.
     *
     * @throws BackupAgentException as {@link #remoteBackups}
     */
    public List<BackupItem> localBackups(String target) {
        return list(target, "local");
    }

    @SuppressWarnings("unchecked")
    private List<BackupItem> list(String target, String place) {
        return ask("direct:list-both", exchange -> exchange.setProperty("target", known(target)))
                .getProperty(place, List.class);
    }

    private Exchange ask(String route, Processor question) {
        Exchange answer = template().request(route, question);
        Exception failure = Causes.telling(answer.getException());
        if (failure != null) {
            throw new BackupAgentException(failure.getMessage(), failure);
        }
        return answer;
    }

    private String known(String target) {
        if (!config.targets().containsKey(target)) {
            throw new BackupAgentException(
                    "target: found '%s'; allowed: %s"
                            .formatted(
                                    target,
                                    NearestName.allowed(
                                            String.valueOf(target), config.targets().keySet())));
        }
        return target;
    }

    private synchronized ProducerTemplate template() {
        requireRunning();
        if (template == null) {
            template = context.createProducerTemplate();
        }
        return template;
    }

    private synchronized ExecutorService threads() {
        requireRunning();
        if (threads == null) {
            threads =
                    context.getExecutorServiceManager()
                            .newThreadPool(this, NAME, 0, Integer.MAX_VALUE);
        }
        return threads;
    }

    private void requireRunning() {
        if (context == null || context.isStopping() || context.isStopped()) {
            throw new BackupAgentException(
                    "the agent is in no context that runs; allowed: a context that it was added to, once it has started");
        }
    }

    /**
     * Lets go of what it holds, its state folder first of all. The end of its context does the
     * same; this is for one that was never started. Can be repeated.
     */
    @Override
    public void close() {
        embedding.close();
    }
}
