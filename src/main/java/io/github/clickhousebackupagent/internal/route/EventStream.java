package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.internal.http.HttpApi;
import io.github.clickhousebackupagent.internal.http.Reply;
import io.github.clickhousebackupagent.internal.live.Hub;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Answers {@code GET /api/v1/events}, which no Camel route can: an answer that does not end. So it
 * also lives on while routes are exchanged.
 *
 * @param hub tells what happens
 * @param api who may listen
 */
record EventStream(Hub hub, Supplier<HttpApi> api) implements Handler<RoutingContext> {

    static final String PATH = "/api/v1/events";

    /** Who has more than this before them is too slow, and had better ask how things stand. */
    private static final long MOST_UNSENT = 262_144;

    private static final int TOO_MANY = 503;

    /** RFC 9113, 7: CANCEL. */
    private static final long CANCELLED = 8;

    @Override
    public void handle(RoutingContext call) {
        try {
            api.get().accept("GET", PATH, call.request().query(), headers(call), null);
        } catch (RuntimeException e) {
            answer(call, api.get().problem(e));
            return;
        }
        HttpServerResponse response = call.response();
        Reader reader = new Reader(call);
        call.addEndHandler(gone -> hub.leave(reader));
        // No proxy is to collect events before it passes them on.
        response.setChunked(true)
                .putHeader("Content-Type", "text/event-stream")
                .putHeader("Cache-Control", "no-store")
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("X-Accel-Buffering", "no");
        if (!hub.join(reader)) {
            response.setChunked(false).putHeader("Retry-After", "30");
            answer(
                    call,
                    HttpApi.refusal(
                            TOO_MANY,
                            "found %d who listen already; allowed: %d, and %d from one address"
                                    .formatted(hub.readers(), hub.most(), hub.mostFromOne())));
        } else if (response.closed()) {
            hub.leave(reader); // Gone before it was there.
        }
    }

    /** Returns the headers as a Camel route gets them: what is Camel's own no caller can send. */
    private static Map<String, Object> headers(RoutingContext call) {
        Map<String, Object> headers = new HashMap<>();
        for (String name : call.request().headers().names()) {
            if (!name.toLowerCase(Locale.ROOT).startsWith("camel")) {
                List<String> values = call.request().headers().getAll(name);
                headers.put(name, values.size() == 1 ? values.get(0) : values);
            }
        }
        headers.put(HttpApi.URL, call.request().absoluteURI());
        headers.put(HttpApi.REMOTE, call.request().remoteAddress().toString());
        return headers;
    }

    private static void answer(RoutingContext call, Reply reply) {
        reply.headers().forEach(call.response()::putHeader);
        call.response()
                .setStatusCode(reply.status())
                .putHeader("Content-Type", reply.contentType())
                .end(reply.body());
    }

    /** One connection. */
    private static final class Reader implements Hub.Reader {

        private final RoutingContext call;
        private final Context context;
        private final String address;
        private final AtomicLong unsent = new AtomicLong();

        Reader(RoutingContext call) {
            String from = call.request().remoteAddress().hostAddress();
            this.call = call;
            this.context = call.vertx().getOrCreateContext();
            this.address = Connections.isHere(from) ? null : Connections.source(from);
        }

        @Override
        public String address() {
            return address;
        }

        @Override
        public boolean send(String text) {
            int length = text.getBytes(StandardCharsets.UTF_8).length;
            if (call.response().closed() || unsent.addAndGet(length) > MOST_UNSENT) {
                return false;
            }
            call.response().write(text).onComplete(done -> unsent.addAndGet(-length));
            return true;
        }

        /**
         * Cuts it off: what is unsent would have to be sent first otherwise. Of HTTP/2 the
         * connection stays, by which the same caller may ask something else.
         */
        @Override
        public void end() {
            context.runOnContext(now -> call.response().reset(CANCELLED));
        }
    }
}
