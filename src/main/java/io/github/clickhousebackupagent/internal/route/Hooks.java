package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.Durations;
import io.github.clickhousebackupagent.event.Notice;
import io.github.clickhousebackupagent.event.RunEvent;
import io.github.clickhousebackupagent.event.RunSkippedException;
import io.github.clickhousebackupagent.event.RunSuspendedException;
import io.github.clickhousebackupagent.internal.hook.Commands;
import io.github.clickhousebackupagent.internal.hook.HookEvents;
import io.github.clickhousebackupagent.internal.hook.HookException;
import io.github.clickhousebackupagent.internal.hook.HookPoint;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.notice.Deliveries;
import io.github.clickhousebackupagent.internal.notice.Notices;
import io.github.clickhousebackupagent.internal.notice.Owed;
import io.github.clickhousebackupagent.internal.run.Causes;
import io.github.clickhousebackupagent.internal.run.Run;
import io.github.clickhousebackupagent.internal.run.RunListener;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.waiting.Callbacks;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.Route;
import org.apache.camel.spi.CamelEvent.RouteEvent;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * What is hooked in at the points of runs: which routes that are, and what it means that one of
 * them fails. Thread-safe.
 */
public final class Hooks {

    /** Property with the call that goes on. */
    static final String CALL = "hookCall";

    /** Property by which errors.camel.yaml tells the messages of hooks from those of runs. */
    static final String HOOK = "hook";

    private static final Logger LOG = LogManager.getLogger(Hooks.class);
    private static final Pattern HOOKED = Pattern.compile("direct://([^/?]+)(?:[/?].*)?");
    private static final String LATER = "seda:~hooks";
    private static final String NOTICE_LATER = "seda:~notices";

    /**
     * The routes of each point, started or not.
     *
     * @param changes how many routes had come and gone when they were looked for
     */
    private record Hooked(int changes, Map<HookPoint, List<Route>> routes) {}

    private final AgentConfig config;
    private final Clock clock;
    private final Callbacks callbacks;
    private final List<RunListener> listeners;
    private final HookThreads threads;
    private final Notices notices;
    private final BiFunction<String, String, Map<String, String>> traces;
    private final Set<RunResult> told =
            Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));
    private CamelContext context;
    private ProducerTemplate template;
    private final AtomicInteger changes = new AtomicInteger();
    private volatile Hooked hooked;
    private final List<Notice> early = new ArrayList<>();
    private volatile Owed after;
    private volatile boolean ending;
    private boolean begun;

    /**
     * @param config says how long hooks may take
     * @param clock for the times in events
     * @param callbacks tells whether the agent stops
     * @param listeners are told what hooks fail
     * @param journals has the journal of each target
     * @param traces returns the headers by which a hook goes on with the trace of a run, by target
     *     and run; none where there is no trace
     */
    Hooks(
            AgentConfig config,
            Clock clock,
            Callbacks callbacks,
            List<RunListener> listeners,
            Function<String, Journal> journals,
            BiFunction<String, String, Map<String, String>> traces) {
        this.config = config;
        this.clock = clock;
        this.callbacks = callbacks;
        this.listeners = listeners;
        this.traces = traces;
        this.notices = new Notices(journals, config.limits().reminder());
        this.threads = new HookThreads(config.limits().hook());
    }

    /** Binds what routes/hooks.camel.yaml calls. */
    synchronized void bind(CamelContext in) {
        this.context = in;
        in.getRegistry().bind("hooks", this);
        in.getRegistry().bind("commands", new Commands());
        in.getRegistry().bind("hookMessage", new HookMessage());
        in.getRegistry().bind("hookAnswers", new HookAnswers());
        in.getRegistry().bind("hookThreads", threads);
        in.getManagementStrategy()
                .addEventNotifier(new OnEvent(RouteEvent.class, changes::incrementAndGet));
    }

    /** Returns what tells the hooks of what no route tells. */
    RunListener listener() {
        return new News();
    }

    /** All routes run: what came up before that is told now. */
    synchronized void begun() {
        begun = true;
        early.forEach(this::later);
        early.clear();
    }

    /**
     * An edit is about to take the place of these.
     *
     * @param to what is left to it
     */
    void handsOver(Owed to) {
        after = to;
    }

    /** Tells receivers what those before an edit had not got to. Ends when it is all told. */
    void tellAgain(Deliveries deliveries) {
        for (Optional<Owed.Message> next = deliveries.next();
                next.isPresent();
                next = deliveries.next()) {
            Owed.Message message = next.get();
            if (message.receiver() != null && receivers(message).isEmpty()) {
                deliveries.unwanted(message);
                continue;
            }
            try {
                template()
                        .sendBodyAndProperty(
                                "direct:hook", message, "point", HookPoint.ON_NOTICE.word());
            } catch (CamelExecutionException e) {
                LOG.debug("It is left to those after", e);
                return;
            }
            deliveries.told(message);
        }
    }

    private List<Route> receivers(Owed.Message message) {
        List<Route> all = routes(HookPoint.ON_NOTICE);
        if (message.receiver() == null) {
            return all;
        }
        String uri = "direct://%s/%s".formatted(HookPoint.ON_NOTICE.word(), message.receiver());
        return all.stream()
                .filter(
                        route ->
                                route.getEndpoint()
                                        .getEndpointUri()
                                        .replaceFirst("\\?.*", "")
                                        .equals(uri))
                .toList();
    }

    /** The agent stops: what hangs must not hold it up. */
    void ending() {
        ending = true;
        threads.end(config.limits().stop().dividedBy(4));
    }

    /** All has stopped. */
    void close() {
        threads.shutdownNow();
    }

    /**
     * Returns the call of all that is hooked in at a point; null where nothing is, or where there
     * is nothing to tell.
     *
     * @param point its name
     * @param run null where there is none
     * @param body the result at the end of a run; an event that was to be told later
     * @throws IllegalArgumentException if there is no such point
     */
    public HookCall call(String point, Run run, Object body) {
        HookPoint at =
                HookPoint.of(point)
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "found the point %s of a run; allowed: %s"
                                                        .formatted(
                                                                point,
                                                                String.join(
                                                                        ", ", HookPoint.words()))));
        List<Route> routes = routes(at);
        if (routes.isEmpty()) {
            return null;
        }
        if (body instanceof Notice notice) {
            return made(at, notice, routes);
        }
        if (body instanceof Owed.Message owed) {
            return made(at, owed.notice(), receivers(owed));
        }
        if (body instanceof RunEvent event) {
            return made(at, event, routes);
        }
        if (at.isOutcome()) {
            // Not each result is an outcome: a run that is suspended goes on.
            return body instanceof RunResult result && told.remove(result)
                    ? made(at, HookEvents.of(result, clock.instant()), routes)
                    : null;
        }
        return made(at, HookEvents.of(at, run, null, clock.instant()), routes);
    }

    private HookCall made(HookPoint point, Notice notice, List<Route> routes) {
        HookCall call = new HookCall(point, notice, routes, config.limits().hook());
        return call.with(traces.apply(notice.cause().target(), notice.cause().run()));
    }

    private HookCall made(HookPoint point, RunEvent event, List<Route> routes) {
        HookCall call = new HookCall(point, event, routes, config.limits().hook());
        return call.with(traces.apply(event.target(), event.run()));
    }

    private List<Route> routes(HookPoint point) {
        int now = changes.get();
        Hooked known = hooked;
        if (known == null || known.changes() != now) {
            known = new Hooked(now, find());
            hooked = known;
        }
        return known.routes().getOrDefault(point, List.of()).stream()
                .filter(
                        route ->
                                context.getRouteController()
                                        .getRouteStatus(route.getRouteId())
                                        .isStarted())
                .toList();
    }

    /** Looks through all routes, of which there is one for each target: not to be done often. */
    private Map<HookPoint, List<Route>> find() {
        Map<HookPoint, List<Route>> found = new EnumMap<>(HookPoint.class);
        for (Route route : context.getRoutes()) {
            Matcher uri = HOOKED.matcher(route.getEndpoint().getEndpointUri());
            if (uri.matches()) {
                HookPoint.of(uri.group(1))
                        .ifPresent(
                                point ->
                                        found.computeIfAbsent(point, any -> new ArrayList<>())
                                                .add(route));
            }
        }
        return found;
    }

    /** Takes in that the hooks could not be called. */
    public void broken(HookCall call, Exception why) {
        call.broken(why);
    }

    /**
     * Takes in how the hooks of a call ended.
     *
     * @throws HookException if a check failed
     * @throws RunSkippedException if a check wants the run to be skipped
     * @throws RunSuspendedException if the agent stops in the middle of a check that did not hold
     */
    public void judge(HookCall call) {
        List<HookCall.Failure> failures = call.failures();
        if (failures.isEmpty()) {
            return;
        }
        String all =
                failures.stream()
                        .map(failure -> say(call, failure))
                        .collect(Collectors.joining("; "));
        Exception cause = failures.get(0).cause();
        LOG.debug(all, cause);
        if (!call.point().isCheck()) {
            tell(call.event(), all);
            return;
        }
        if (callbacks.closed()) {
            throw new RunSuspendedException(
                    "%s before %s was passed".formatted(callbacks.why(), call.point().word()));
        }
        boolean skip =
                failures.stream()
                        .allMatch(
                                failure ->
                                        Causes.telling(failure.cause())
                                                instanceof RunSkippedException);
        if (skip) {
            throw new RunSkippedException(all);
        }
        // Without the cause, by which Camel would choose what is done about it.
        throw new HookException(all);
    }

    private String say(HookCall call, HookCall.Failure failure) {
        Exception telling = Causes.telling(failure.cause());
        String why =
                telling == null
                        ? "no answer within " + Durations.format(config.limits().hook())
                        : telling.getMessage() == null
                                ? telling.getClass().getSimpleName()
                                : telling.getMessage().strip().replaceAll("\\s+", " ");
        return "%s, route %s: %s".formatted(call.point().word(), failure.route(), why);
    }

    private void later(RunEvent event) {
        later(event, event, event.event(), event.reason());
    }

    private void later(Notice notice) {
        Owed left = after;
        if (left != null) {
            left.add(new Owed.Message(null, notice));
            return;
        }
        later(notice, notice.cause(), notice.event(), notice.title());
    }

    private void later(Object body, RunEvent event, String point, String reason) {
        if (ending) {
            notTold(event, point, "the agent stops", reason);
            return;
        }
        try {
            template().sendBody(body instanceof Notice ? NOTICE_LATER : LATER, body);
        } catch (CamelExecutionException e) {
            notTold(event, point, Causes.telling(e).getMessage(), reason);
        }
    }

    private void notTold(RunEvent event, String point, String why, String reason) {
        tell(event, "%s: not told, as %s: %s".formatted(point, why, reason));
    }

    private void tell(RunEvent event, String what) {
        for (RunListener listener : listeners) {
            try {
                listener.hookFailed(event, what);
            } catch (RuntimeException e) {
                LOG.error("A listener failed; the run goes on", e);
            }
        }
    }

    private synchronized ProducerTemplate template() {
        if (template == null) {
            template = context.createProducerTemplate();
        }
        return template;
    }

    /** Hears of each outcome, and passes on what no route comes by. */
    private final class News implements RunListener {

        @Override
        public void warned(Run run, String warning) {
            if (!routes(HookPoint.ON_NOTICE).isEmpty()) {
                notices.warned(run, warning, clock.instant()).ifPresent(Hooks.this::later);
            }
            if (!routes(HookPoint.ON_WARNING).isEmpty()) {
                later(HookEvents.of(HookPoint.ON_WARNING, run, warning, clock.instant()));
            }
        }

        @Override
        public void withdrawn(Run what, String title, String text) {
            Notice notice = Notices.withdrawn(what, title, text, clock.instant());
            synchronized (Hooks.this) {
                if (!begun) {
                    early.add(notice);
                    return;
                }
            }
            if (!routes(HookPoint.ON_NOTICE).isEmpty()) {
                later(notice);
            }
        }

        @Override
        public void ended(RunResult result) {
            if (!routes(HookPoint.ON_NOTICE).isEmpty()) {
                notices.ended(result).ifPresent(Hooks.this::later);
            }
            HookPoint point = HookPoint.of(result.outcome());
            if (routes(point).isEmpty()) {
                return;
            }
            if (point == HookPoint.ON_MISSED) {
                later(HookEvents.of(result, clock.instant()));
            } else {
                told.add(result);
            }
        }
    }
}
