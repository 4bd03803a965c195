package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.api.ApiAnswers;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.HttpConfig;
import io.github.clickhousebackupagent.config.HttpReaders;
import io.github.clickhousebackupagent.internal.control.EditState;
import io.github.clickhousebackupagent.internal.http.Access;
import io.github.clickhousebackupagent.internal.http.CostlyReads;
import io.github.clickhousebackupagent.internal.http.HttpApi;
import io.github.clickhousebackupagent.internal.http.PastViews;
import io.github.clickhousebackupagent.internal.http.Views;
import io.github.clickhousebackupagent.internal.http.Wishes;
import io.github.clickhousebackupagent.internal.metrics.Seen;
import io.github.clickhousebackupagent.internal.notice.ChatMessages;
import io.github.clickhousebackupagent.internal.notice.Deliveries;
import io.github.clickhousebackupagent.internal.notice.Signatures;
import io.github.clickhousebackupagent.internal.run.Beans;
import io.github.clickhousebackupagent.internal.run.Deletions;
import io.github.clickhousebackupagent.internal.run.Handover;
import io.github.clickhousebackupagent.internal.run.Kill;
import io.github.clickhousebackupagent.internal.run.RunListener;
import io.github.clickhousebackupagent.internal.run.Runs;
import io.github.clickhousebackupagent.internal.run.Schedules;
import io.github.clickhousebackupagent.internal.run.Stage;
import io.github.clickhousebackupagent.internal.schedule.CronSchedule;
import io.github.clickhousebackupagent.internal.status.Statuses;
import io.github.clickhousebackupagent.internal.trace.Traces;
import io.github.clickhousebackupagent.internal.waiting.CallbackAddress;
import io.github.clickhousebackupagent.internal.waiting.Callbacks;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.http.HttpMethods;
import org.apache.camel.component.seda.SedaEndpoint;
import org.apache.camel.spi.CamelEvent.CamelContextStoppingEvent;
import org.apache.camel.spi.Registry;
import org.apache.camel.spi.ShutdownPrepared;
import org.apache.camel.support.DefaultRegistry;
import org.apache.camel.support.SimpleTypeConverter;

/**
 * Puts an agent into a Camel context: what the routes in {@code routes/*.camel.yaml} lean on. Has
 * no static state: several agents live in one process, each in a context of its own.
 */
public final class AgentRoutes extends RouteBuilder {

    /** Requests for a target, or events for hooks, that can wait at the same time. */
    private static final int QUEUE_CAPACITY = 1000;

    private final AgentConfig config;
    private final boolean withSchedules;
    private final boolean withCallbacks;
    private final String controlToken;
    private final Clock clock;
    private final Supplier<EditState> edits;
    private final Callbacks callbacks;
    private final Hooks hooks;
    private final Deliveries deliveries;
    private final Seen seen;
    private final Traces traces;
    private final Beans beans;
    private final HttpApi httpApi;
    private Instant ended;

    /**
     * @param config targets, schedules, policies
     * @param withSchedules whether the schedules fire; else runs are made by request only
     * @param httpPort port that the agent listens on for callbacks; 0: it does not
     * @param controlToken what a command must show that wants something; null: no command may
     * @param clock for names, journal and limits
     * @param listeners are told what happens in runs
     * @param handover what the routes before an edit left
     * @param edits which routes and configuration are in force
     * @param seen what this process sees is kept there
     * @param traces are made of runs; null: none are
     */
    public AgentRoutes(
            AgentConfig config,
            boolean withSchedules,
            int httpPort,
            String controlToken,
            Clock clock,
            List<RunListener> listeners,
            Handover handover,
            Supplier<EditState> edits,
            Seen seen,
            Traces traces) {
        this.config = config;
        this.withSchedules = withSchedules;
        this.withCallbacks = httpPort != 0;
        this.controlToken = controlToken;
        this.clock = clock;
        this.edits = edits;
        this.seen = seen;
        this.traces = traces;
        this.callbacks = new Callbacks(config.limits().silence());
        List<RunListener> hooked = new ArrayList<>(listeners);
        hooked.add(seen.hooks());
        this.hooks =
                new Hooks(
                        config,
                        clock,
                        callbacks,
                        hooked,
                        target -> runs().journal(target),
                        traces == null ? (target, run) -> Map.of() : traces::headers);
        this.deliveries =
                new Deliveries(
                        clock,
                        config.limits().notice(),
                        config.limits().stop().dividedBy(4),
                        QUEUE_CAPACITY,
                        seen.notices(),
                        seen.owed());
        List<RunListener> told = new ArrayList<>(listeners);
        told.add(hooks.listener());
        if (traces != null) {
            told.add(traces);
        }
        this.beans =
                Beans.of(
                        config,
                        clock,
                        callbacks,
                        new CallbackAddress(config.http(), httpPort),
                        told,
                        handover);
        this.httpApi = new HttpApi(access());
    }

    /** Returns what takes in calls of the API. */
    HttpApi httpApi() {
        return httpApi;
    }

    /** Returns the beginning and end of runs, and with them the journals. */
    public Runs runs() {
        return beans.runs();
    }

    /** Returns what schedules ask for. */
    Schedules schedules() {
        return beans.schedules();
    }

    /** All routes run. */
    void begun() {
        hooks.begun();
        deliveries.takeOver();
        if (deliveries.next().isPresent()) {
            // A receiver may be slow, and nobody is to wait for that.
            Thread again = new Thread(() -> hooks.tellAgain(deliveries), "notices-again");
            again.setDaemon(true);
            again.start();
        }
    }

    /** An edit is about to take the place of these: what waits for receivers is left to it. */
    void handsOver() {
        deliveries.handsOver();
        hooks.handsOver(seen.owed());
    }

    /** No schedule fires any more. */
    void ends() {
        ended = clock.instant();
    }

    /** Nothing here has any effect from now on. */
    void close() {
        beans.runs().close();
        hooks.close();
        deliveries.close();
        if (traces != null) {
            traces.close();
        }
    }

    /** Returns what others are to go on with. To be called when this is closed. */
    Handover.Left left() {
        return beans.left(ended);
    }

    Deletions deletions() {
        return beans.deletions();
    }

    /** Returns the properties that the routes name. Durations are in milliseconds. */
    public Properties properties() {
        Properties properties = new Properties();
        int parallel = config.parallelRuns();
        properties.setProperty(
                "agent.parallel-runs",
                Integer.toString(parallel == 0 ? Integer.MAX_VALUE : parallel));
        properties.setProperty("agent.schedules", Boolean.toString(withSchedules));
        properties.setProperty("agent.callbacks", Boolean.toString(withCallbacks));
        properties.setProperty("agent.control", Boolean.toString(controlToken != null));
        properties.setProperty("agent.log-directory", config.logDirectory().toString());
        properties.setProperty(
                "agent.call-limit", Long.toString(config.limits().call().toMillis()));
        properties.setProperty(
                "agent.list-limit", Long.toString(config.limits().list().toMillis()));
        properties.setProperty(
                "agent.hook-limit", Long.toString(config.limits().hook().toMillis()));
        return properties;
    }

    /** Binds the beans that the routes call. To be done before the routes are loaded. */
    public void bind(CamelContext context) {
        context.getRegistry().bind("runs", beans.runs());
        context.getRegistry().bind("steps", beans.steps());
        context.getRegistry().bind("operations", beans.operations());
        context.getRegistry().bind("retries", beans.retries());
        context.getRegistry().bind("questions", beans.questions());
        context.getRegistry().bind("schedules", beans.schedules());
        context.getRegistry().bind("pauses", beans.pauses());
        context.getRegistry().bind("deletions", beans.deletions());
        context.getRegistry().bind("restores", beans.restores());
        context.getRegistry().bind("targets", new Targets(config, beans.runs()));
        context.getRegistry().bind("httpApi", httpApi);
        Views views =
                new Views(
                        config,
                        clock,
                        beans.runs(),
                        Statuses.ofAgent(config, clock, beans.runs()::standing),
                        edits,
                        new CostlyReads());
        context.getRegistry().bind("views", views);
        context.getRegistry().bind("pastViews", new PastViews(config, beans.runs(), views));
        context.getRegistry()
                .bind("wishes", new Wishes(config, beans.schedules(), beans.deletions()));
        context.getRegistry().bind("answers", new ApiAnswers());
        context.getRegistry().bind("apiCalls", seen.calls());
        context.getRegistry().bind("callbacks", callbacks);
        context.getRegistry().bind("hooks-queue", new EndingQueue(QUEUE_CAPACITY, true));
        queues(context.getRegistry());
        context.getRegistry().bind("notices", deliveries);
        context.getRegistry().bind("signatures", new Signatures(clock));
        context.getRegistry().bind("chatMessages", new ChatMessages());
        context.getRegistry().bind("noticeQueues", new EndingQueues());
        context.getRegistry().bind("noticeProblems", new NoticeProblems());
        hooks.bind(context);
        if (traces != null) {
            context.getManagementStrategy().addEventNotifier(new CallTraces(traces));
        }
        convert(context, HttpMethods.class);
        convert(context, Stage.class);
        convert(context, Kill.class);
        context.getPropertiesComponent().addPropertiesFunction(new SecretFile());
        context.getPropertiesComponent().addPropertiesFunction(new NoticeLevel());
        // Waits end at once when the agent stops: a run must not hold the stop up.
        context.getManagementStrategy()
                .addEventNotifier(
                        new OnEvent(
                                CamelContextStoppingEvent.class,
                                () -> {
                                    callbacks.close();
                                    hooks.ending();
                                    deliveries.ending();
                                    if (traces != null) {
                                        traces.stopping();
                                    }
                                    endQueues(context);
                                }));
    }

    /**
     * Binds the queues of the targets. For each step of each route Camel goes through all that a
     * registry lists, which would take longer the more queues there are, and they are looked up by
     * name only.
     */
    private void queues(Registry registry) {
        if (registry instanceof DefaultRegistry several) {
            several.addBeanRepository(
                    new QueueRepository(config.targets().keySet(), QUEUE_CAPACITY));
            return;
        }
        for (String target : config.targets().keySet()) {
            registry.bind(QueueRepository.PREFIX + target, new EndingQueue(QUEUE_CAPACITY, false));
        }
    }

    private Access access() {
        HttpConfig http = config.http();
        return new Access(
                http.token() == null ? null : http.token().reveal(),
                controlToken,
                http.read() == HttpReaders.TOKEN,
                http.bind());
    }

    /**
     * Tells all queues at once that it is over. Camel tells one after the other, and waits for each
     * until it has looked for the last time: with a thousand targets that takes minutes. Those that
     * others feed are left to it: a message that comes to one whose consumer has gone is lost.
     */
    private static void endQueues(CamelContext context) {
        for (Route route : context.getRoutes()) {
            if (route.getEndpoint() instanceof SedaEndpoint endpoint
                    && endpoint.getQueue() instanceof EndingQueue queue
                    && route.getConsumer() instanceof ShutdownPrepared consumer) {
                if (queue.isFed()) {
                    queue.end();
                    continue;
                }
                Thread end =
                        new Thread(
                                () -> {
                                    queue.end();
                                    consumer.prepareShutdown(false, false);
                                },
                                "end-" + route.getRouteId());
                end.setDaemon(true);
                end.start();
            }
        }
    }

    /**
     * Lets Camel find at once how to read what routes name all the time: without this it tries all
     * converters at each call, which was a tenth of the time of a run.
     */
    private static <E extends Enum<E>> void convert(CamelContext context, Class<E> type) {
        context.getTypeConverterRegistry()
                .addTypeConverter(
                        type,
                        String.class,
                        new SimpleTypeConverter(
                                false,
                                (as, exchange, value) ->
                                        Enum.valueOf(
                                                type, value.toString().toUpperCase(Locale.ROOT))));
    }

    @Override
    public void configure() {
        for (String target : config.targets().keySet()) {
            templatedRoute("target-queue").routeId("queue-" + target).parameter("target", target);
        }
        if (withSchedules) {
            config.schedules()
                    .forEach(
                            (name, schedule) -> {
                                CronSchedule cron =
                                        CronSchedule.parse(
                                                schedule.cron(),
                                                schedule.zone() == null
                                                        ? config.zone()
                                                        : schedule.zone());
                                for (int i = 0; i < cron.quartz().size(); i++) {
                                    trigger(name, i, cron);
                                }
                            });
        }
    }

    /** Makes one route; a second one of a schedule has a name that no other schedule can have. */
    private void trigger(String schedule, int index, CronSchedule cron) {
        String trigger = index == 0 ? schedule : schedule + "~" + (index + 1);
        templatedRoute("schedule")
                .routeId("schedule-" + trigger)
                .parameter("schedule", schedule)
                .parameter("trigger", trigger)
                .parameter("cron", cron.quartz().get(index))
                .parameter("zone", cron.timeZone().getID());
    }
}
