package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.event.Notice;
import io.github.clickhousebackupagent.event.RunEvent;
import io.github.clickhousebackupagent.internal.hook.HookEvents;
import io.github.clickhousebackupagent.internal.hook.HookPoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Route;

/** One call of all that is hooked in at a point, and what came of it. Thread-safe. */
public final class HookCall {

    /**
     * A route that did not do what it was called for.
     *
     * @param route its id
     * @param cause what it threw; null: it gave no answer
     */
    record Failure(String route, Exception cause) {}

    private final long began = System.nanoTime();
    private final Duration limit;
    private final HookPoint point;
    private final RunEvent event;
    private final Object body;
    private final Map<String, String> headers;
    private final Map<Endpoint, String> routes = new LinkedHashMap<>();
    private final Map<Exchange, String> sent = new IdentityHashMap<>();
    private final Map<String, Exception> failed = new LinkedHashMap<>();
    private final List<String> open = new ArrayList<>();

    HookCall(HookPoint point, RunEvent event, List<Route> routes, Duration limit) {
        this(point, event, event, HookEvents.headers(event), routes, limit);
    }

    HookCall(HookPoint point, Notice notice, List<Route> routes, Duration limit) {
        this(point, notice.cause(), notice, HookEvents.headers(notice), routes, limit);
    }

    private HookCall(
            HookPoint point,
            RunEvent event,
            Object body,
            Map<String, String> headers,
            List<Route> routes,
            Duration limit) {
        this.body = body;
        this.headers = headers;
        this.limit = limit;
        this.point = point;
        this.event = event;
        for (Route route : routes) {
            this.routes.put(route.getEndpoint(), route.getRouteId());
            open.add(route.getRouteId());
        }
    }

    /** Adds headers. To be called before anything is sent. */
    HookCall with(Map<String, String> more) {
        headers.putAll(more);
        return this;
    }

    HookPoint point() {
        return point;
    }

    /** Returns what happened; of a notice, what it is for. */
    RunEvent event() {
        return event;
    }

    /** Returns what the hooks get: the event, or the notice. */
    Object body() {
        return body;
    }

    Map<String, String> headers() {
        return headers;
    }

    /** Returns where to send the event. */
    public List<Endpoint> endpoints() {
        return List.copyOf(routes.keySet());
    }

    synchronized void sent(Exchange message, String uri) {
        routes.forEach(
                (endpoint, route) -> {
                    if (endpoint.getEndpointUri().equals(uri)) {
                        sent.put(message, route);
                    }
                });
    }

    synchronized void answered(Exchange message) {
        String route = sent.get(message);
        open.remove(route);
        if (message.getException() != null) {
            // What comes of the interrupt at the limit says nothing.
            boolean late = System.nanoTime() - began >= limit.toNanos();
            failed.put(route, late ? null : message.getException());
        }
    }

    /** All that have given no answer yet could not be called. */
    synchronized void broken(Exception why) {
        open.forEach(route -> failed.put(route, why));
        open.clear();
    }

    /** Returns what went wrong until now. */
    synchronized List<Failure> failures() {
        List<Failure> failures = new ArrayList<>();
        failed.forEach((route, cause) -> failures.add(new Failure(route, cause)));
        open.forEach(route -> failures.add(new Failure(route, null)));
        return failures;
    }
}
