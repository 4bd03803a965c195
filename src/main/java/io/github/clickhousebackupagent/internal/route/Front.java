package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.config.TlsConfig;
import io.github.clickhousebackupagent.internal.control.Health;
import io.github.clickhousebackupagent.internal.http.CallRate;
import io.github.clickhousebackupagent.internal.http.HttpApi;
import io.github.clickhousebackupagent.internal.http.Reply;
import io.github.clickhousebackupagent.internal.run.Causes;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.handler.HttpException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServerConfiguration;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * The port that an agent listens on. It is open before the routes behind it run, and stays open
 * while they are exchanged: an edit must not turn callers away. What the routes cannot answer, as
 * they are not there yet or no longer, is answered here, and so are probes: on the one thread that
 * takes calls, which waits for nothing, however busy those are that work on them.
 */
final class Front implements AutoCloseable {

    /** Why there may be no routes behind it. */
    private enum State {
        STARTING("the agent starts; come again in a second", false, "\"starting\":true", 1),
        SERVING(null, true, null, 0),
        EXCHANGING(
                "the routes are being exchanged; come again in a second",
                true,
                "\"edits\":\"exchanging\"",
                1),
        FAILING(
                "the routes from before an edit do not start again, and are tried again and again; the log of the agent says why",
                false,
                "\"edits\":\"failing\"",
                10),
        STANDING_BY(
                "this one stands by; the agent that runs is on another machine",
                true,
                "\"standBy\":true",
                0),
        STOPPING("the agent stops", false, "\"stopping\":true", 10);

        private final String why;
        private final boolean ready;
        private final String detail;
        private final int retryAfter;

        /**
         * @param why what a caller is told
         * @param ready whether probes are told that it is
         * @param detail what they are told beside that, as JSON
         * @param retryAfter seconds; 0: it is not told when to come again
         */
        State(String why, boolean ready, String detail, int retryAfter) {
            this.why = why;
            this.ready = ready;
            this.detail = detail;
            this.retryAfter = retryAfter;
        }
    }

    private static final Logger LOG = LogManager.getLogger(Front.class);

    /** An alert for an agent that is gone must not be told of one that waits. */
    private static final String STANDS_BY =
            """
            # HELP clickhouse_backup_agent_stand_by Whether it waits for the end of another agent.
            # TYPE clickhouse_backup_agent_stand_by gauge
            clickhouse_backup_agent_stand_by 1
            """;

    /** What a server calls back by; it says less than a kilobyte. */
    private static final String CALLBACKS = "/callback/";

    private static final int BAD_REQUEST = 400;
    private static final int NOT_FOUND = 404;
    private static final int TOO_SLOW = 408;
    private static final int TOO_LARGE = 413;
    private static final int TOO_LONG = 414;
    private static final int NO_JSON = 415;
    private static final int NOT_EXPECTED = 417;
    private static final int TOO_MANY_CALLS = 429;
    private static final int TOO_LONG_HEADERS = 431;
    private static final int FAILED = 500;
    private static final int AGAIN = 503;

    /** What Vert.x may refuse by itself. */
    private static final List<Integer> REFUSALS =
            List.of(
                    BAD_REQUEST,
                    NOT_FOUND,
                    405,
                    406,
                    TOO_SLOW,
                    TOO_LARGE,
                    TOO_LONG,
                    NO_JSON,
                    NOT_EXPECTED,
                    TOO_LONG_HEADERS,
                    FAILED,
                    501,
                    AGAIN);

    private static final String JSON = "application/json";

    /** Where the room of the body of a call stands in it. */
    private static final String ROOM = Bodies.Room.class.getName();

    /** What comes before the routes, in this order. */
    private static final int ROOT = -5;

    private static final int ENTERING = -4;
    private static final int READING = -3;
    private static final int NO_ROUTES = -2;
    private static final int PASSING = -1;

    /** What routes/page.camel.yaml takes. */
    private static final String PAGE = "/page/index.html";

    /**
     * How long a call that was taken in may take to get to its route: routes that end then know.
     */
    private static final Duration ARRIVING = Duration.ofSeconds(2);

    /**
     * How long nothing may move, in minutes, while a call is worked on: the lists of a server alone
     * may take ten. All else is cut off much sooner, see {@link Connections}.
     */
    private static final int MOST_SILENCE = 60;

    private static final long PATIENCE_SECONDS = 10;

    private final Vertx vertx;
    private final Router router;
    private final Connections connections;
    private final Connections.Bounds bounds;
    private final CallRate rate = new CallRate();
    private final Bodies bodies = new Bodies();
    private final String bind;
    private HttpServer server;
    private volatile TlsPort tls;
    private volatile State state = State.STARTING;
    private volatile Supplier<String> health;
    private int inRoutes;

    private Front(String bind, Connections.Bounds bounds) {
        this.vertx = Vertx.vertx(quiet());
        this.router = Router.router(vertx);
        this.connections = new Connections(vertx, bounds);
        this.bounds = bounds;
        this.bind = bind;
    }

    /**
     * Opens it.
     *
     * @param bind address to listen on
     * @param port 0: any
     * @throws ConfigException if the port cannot be had
     */
    static Front open(String bind, int port) {
        return open(bind, port, Connections.Bounds.USUAL);
    }

    /**
     * @param bounds what nobody may take more of
     */
    static Front open(String bind, int port, Connections.Bounds bounds) {
        Front front = new Front(bind, bounds);
        try {
            front.answerBesideRoutes();
            front.server = front.server(new HttpServerOptions().setHost(bind).setPort(port));
            done(front.server.listen());
            return front;
        } catch (ExecutionException | TimeoutException e) {
            front.close();
            throw taken(bind, port, Causes.words(e instanceof TimeoutException ? e : e.getCause()));
        } catch (RuntimeException e) {
            front.close();
            throw e;
        }
    }

    /**
     * Returns options with which an idle server costs nothing: one thread that waits, no folder for
     * files that nobody asks for, and nobody who looks each second whether something hangs: nothing
     * here keeps the one thread, as routes are worked on by others.
     */
    private static VertxOptions quiet() {
        return new VertxOptions()
                .setEventLoopPoolSize(1)
                .setBlockedThreadCheckInterval(TimeUnit.DAYS.toMillis(1))
                .setFileSystemOptions(
                        new FileSystemOptions()
                                .setFileCachingEnabled(false)
                                .setClassPathResolvingEnabled(false));
    }

    private static ConfigException taken(String bind, int port, String why) {
        return new ConfigException(
                "http.port: found %d, which cannot be had on %s (%s); allowed: a free port, or 0"
                        .formatted(port, bind, why));
    }

    /** Returns what listens, with or without TLS, and gives the same answers. */
    private HttpServer server(HttpServerOptions options) {
        return vertx.createHttpServer(
                        options.setIdleTimeoutUnit(TimeUnit.MINUTES)
                                .setIdleTimeout(MOST_SILENCE)
                                // Nobody needs it, and until it is told apart no one is counted.
                                .setHttp2ClearTextEnabled(false))
                .connectionHandler(connections::opened)
                .invalidRequestHandler(Front::unreadable)
                .requestHandler(router);
    }

    private void answerBesideRoutes() {
        // A route of Camel's at / would be one at all that begins so.
        router.get("/").order(ROOT).handler(call -> call.reroute(PAGE));
        router.route().order(ENTERING).handler(this::enter);
        BodyHandler any = BodyHandler.create(false).setBodyLimit(Bodies.MOST);
        BodyHandler small = BodyHandler.create(false).setBodyLimit(Bodies.SMALL);
        router.route()
                .order(READING)
                .handler(call -> (mostBytes(call) == Bodies.MOST ? any : small).handle(call));
        router.route().order(PASSING).handler(this::pass);
        router.route().order(Integer.MAX_VALUE).handler(Front::nobody);
        router.route()
                .order(Integer.MAX_VALUE)
                .failureHandler(call -> failed(call, call.statusCode()));
        for (int status : REFUSALS) {
            router.errorHandler(status, call -> failed(call, status));
        }
    }

    private static <T> T done(Future<T> what) throws ExecutionException, TimeoutException {
        try {
            return what.toCompletionStage()
                    .toCompletableFuture()
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Lets the routes of a context answer here. To be done before it starts. */
    void serve(CamelContext routes) {
        VertxPlatformHttpServerConfiguration here = new VertxPlatformHttpServerConfiguration();
        here.setBindHost(bind);
        here.setBindPort(port());
        routes.getRegistry().bind("http-port", here);
        String name = VertxPlatformHttpRouter.getRouterNameFromPort(port());
        routes.getRegistry()
                .bind(
                        name,
                        new VertxPlatformHttpRouter(null, vertx, router, name) {
                            @Override
                            public Handler<RoutingContext> bodyHandler() {
                                return RoutingContext::next; // It was read when the call came.
                            }
                        });
    }

    /**
     * Lets something answer at a path that is no route, and so is not exchanged with them.
     *
     * @param answers may take its time
     */
    void serve(String path, Handler<RoutingContext> answers) {
        router.get(path).order(NO_ROUTES).blockingHandler(answers, false);
    }

    /**
     * The routes are there.
     *
     * @param told returns what probes are told, as JSON; waits for nothing
     */
    void serving(Supplier<String> told) {
        health = told;
        become(State.SERVING);
    }

    /**
     * The routes are being exchanged: who calls meanwhile is to call again. Returns when the calls
     * before have got to their routes.
     */
    void exchanging() {
        become(State.EXCHANGING);
        awaitArrivals();
    }

    /**
     * An exchange has failed: if there are no routes by now, neither the new ones nor those from
     * before, that is told.
     */
    synchronized void failing() {
        if (state == State.EXCHANGING) {
            state = State.FAILING;
        }
    }

    /** There are no routes yet: they come when another agent is gone. */
    void standBy() {
        become(State.STANDING_BY);
    }

    /** It is over: nothing is taken in any more. */
    void stopping() {
        become(State.STOPPING);
    }

    private synchronized void become(State next) {
        if (state != State.STOPPING) {
            state = next;
        }
    }

    /**
     * Waits a moment for calls that were taken in before. Routes wait at their end for the calls
     * that they work on, but do not know of one that is still on its way to them.
     */
    synchronized void awaitArrivals() {
        long end = System.nanoTime() + ARRIVING.toNanos();
        try {
            while (inRoutes > 0 && end - System.nanoTime() > 0) {
                TimeUnit.NANOSECONDS.timedWait(this, end - System.nanoTime());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void arrived() {
        inRoutes++;
    }

    private synchronized void left() {
        inRoutes--;
        notifyAll();
    }

    /** Lets in what the routes are to answer, or says by itself why they do not. */
    private void enter(RoutingContext call) {
        connections.keepFor(call);
        HttpServerRequest request = call.request();
        State now = state;
        if (isProbe(request)) {
            // Not counted: that others call too often must not have it restarted.
            probe(call, now);
        } else if (!isCallback(request)
                && !rate.takes(Connections.source(request.remoteAddress().hostAddress()))) {
            call.response().putHeader("Retry-After", "1");
            refuse(call, TOO_MANY_CALLS, CallRate.REFUSAL);
        } else if (now != State.SERVING) {
            tellWhy(call, now);
        } else if (!request.uri().startsWith("/")) {
            // Whatever it names there would be taken for where it came.
            refuse(call, BAD_REQUEST, "found a whole address in place of a path; allowed: a path");
        } else if (!isReadable(call)) {
            refuse(call, BAD_REQUEST, detail(BAD_REQUEST));
        } else if (isForeign(request)) {
            refuse(call, NO_JSON, HttpApi.noJson(request.getHeader(HttpHeaders.CONTENT_TYPE)));
        } else if (mayHaveBody(request) && !hasRoomForBody(call)) {
            call.response().putHeader("Retry-After", "1");
            refuse(
                    call,
                    AGAIN,
                    "found as many bodies of other calls as there is room for; allowed: to come again in a second");
        } else {
            readForRoutes(call);
            call.next();
        }
    }

    /**
     * Not counted: a thousand servers may be behind one address, and each calls once and not again.
     * It is cheap, and without it a run waits for what is over already.
     */
    private static boolean isCallback(HttpServerRequest request) {
        String path = request.path();
        return request.method() == HttpMethod.POST && path != null && path.startsWith(CALLBACKS);
    }

    private static int mostBytes(RoutingContext call) {
        return call.normalizedPath().startsWith(CALLBACKS) ? Bodies.SMALL : Bodies.MOST;
    }

    /** Takes room for a body before it is read, until the call is over. */
    private boolean hasRoomForBody(RoutingContext call) {
        Optional<Bodies.Room> room = bodies.take(mostBytesOfBody(call));
        room.ifPresent(
                taken -> {
                    call.put(ROOM, taken);
                    call.addEndHandler(done -> taken.leave());
                });
        return room.isPresent();
    }

    /** Nobody sends more than it says, and of most calls that is little. */
    private static long mostBytesOfBody(RoutingContext call) {
        int most = mostBytes(call);
        String length = call.request().getHeader(HttpHeaders.CONTENT_LENGTH);
        boolean told =
                length != null
                        && length.matches("[0-9]{1,9}")
                        && !call.request().headers().contains(HttpHeaders.TRANSFER_ENCODING);
        return told ? Math.min(most, Long.parseLong(length)) : most;
    }

    private static boolean isProbe(HttpServerRequest request) {
        String path = request.path();
        return (request.method() == HttpMethod.GET || request.method() == HttpMethod.HEAD)
                && path != null
                && (path.equals(Health.PATH) || path.startsWith(Health.PATH + "/"));
    }

    private static boolean isReadable(RoutingContext call) {
        try {
            return call.normalizedPath() != null && call.queryParams() != null;
        } catch (IllegalArgumentException | HttpException e) {
            LOG.debug("A call cannot be read", e);
            return false;
        }
    }

    /**
     * Returns whether it brings something that nobody here reads. A form would be made headers of,
     * and files of what is in it, before anybody asked who sends it.
     */
    private static boolean isForeign(HttpServerRequest request) {
        String type = request.getHeader(HttpHeaders.CONTENT_TYPE);
        if (type == null) {
            return false;
        }
        String bare = type.replaceFirst(";.*", "").strip().toLowerCase(Locale.ROOT);
        boolean form = bare.startsWith("multipart/") || bare.endsWith("/x-www-form-urlencoded");
        return form || !bare.equals(JSON) && mayHaveBody(request);
    }

    private static boolean mayHaveBody(HttpServerRequest request) {
        if (request.version() == HttpVersion.HTTP_2) {
            return !request.isEnded();
        }
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        return request.headers().contains(HttpHeaders.TRANSFER_ENCODING)
                || length != null && !length.equals("0");
    }

    private void readForRoutes(RoutingContext call) {
        HttpServerRequest request = call.request();
        if (request.version() == HttpVersion.HTTP_2 && request.authority() != null) {
            // There it is no header, and who asks whether a page is ours looks for one.
            request.headers().set(HttpHeaders.HOST, request.authority().toString());
        }
        // Camel takes each for a header: whoever writes a link could say who he is by it.
        call.queryParams().clear();
        if (mayHaveBody(request)) {
            long late = vertx.setTimer(bounds.body().toMillis(), now -> refuseLate(call));
            call.addEndHandler(done -> vertx.cancelTimer(late));
        }
    }

    private void refuseLate(RoutingContext call) {
        if (call.request().isEnded() || call.response().ended()) {
            return;
        }
        refuse(
                        call,
                        TOO_SLOW,
                        "found a body that is not there after %d s; allowed: one that is"
                                .formatted(bounds.body().toSeconds()))
                .onComplete(
                        told -> {
                            if (call.request().version() == HttpVersion.HTTP_2) {
                                call.response().reset();
                            } else {
                                call.request().connection().close();
                            }
                        });
    }

    /** Its body is read: now or never. */
    private void pass(RoutingContext call) {
        if (call.response().ended()) {
            return; // It came too late.
        }
        Bodies.Room room = call.get(ROOM);
        if (room != null) {
            room.shrink(call.body().length());
        }
        arrived();
        call.addEndHandler(done -> left());
        State now = state;
        if (now == State.SERVING) {
            call.next();
        } else {
            tellWhy(call, now);
        }
    }

    private static void nobody(RoutingContext call) {
        refuse(call, NOT_FOUND, "there is nothing at " + call.request().path());
    }

    private static void tellWhy(RoutingContext call, State now) {
        HttpServerRequest request = call.request();
        if (now != State.STANDING_BY) {
            call.response().putHeader("Retry-After", Integer.toString(now.retryAfter));
            refuse(call, AGAIN, now.why);
        } else if ("/observe/metrics".equals(request.path())) {
            call.response()
                    .putHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                    .end(STANDS_BY);
        } else {
            // A command on this machine meets it, and is meant for the agent of another.
            refuse(call, NOT_FOUND, now.why);
        }
    }

    /** A probe must not have it restarted in the middle, and not have it called too early. */
    private void probe(RoutingContext call, State now) {
        boolean up = now.ready || call.request().path().endsWith("/live");
        if (!up) {
            call.response().setStatusCode(AGAIN);
        }
        String told =
                now == State.SERVING
                        ? health.get()
                        : "{\"status\":\"%s\",%s}".formatted(up ? "UP" : "DOWN", now.detail);
        next(call, () -> call.response().putHeader("Content-Type", JSON).end(told));
    }

    private static void failed(RoutingContext call, int found) {
        // A connection that broke while the body was read is told as 200.
        int status = found < BAD_REQUEST ? FAILED : found;
        if (call.response().closed() || call.response().ended()) {
            return;
        }
        if (status >= FAILED) {
            LOG.error("A call failed in a way that was not foreseen", call.failure());
        }
        if (call.response().headWritten()) {
            call.response().reset();
        } else {
            // At once: Vert.x would give an answer of its own else.
            refuse(
                    call.response(),
                    status,
                    status == TOO_LARGE ? tooLarge(mostBytes(call)) : detail(status));
        }
    }

    private static String tooLarge(int most) {
        return "found a body of more than %d bytes; allowed: less".formatted(most);
    }

    private static String detail(int status) {
        return switch (status) {
            case TOO_LARGE -> tooLarge(Bodies.MOST);
            case TOO_LONG -> "found an address that is too long; allowed: less than 4096 bytes";
            case NOT_EXPECTED -> "Expect: found something else; allowed: 100-continue";
            case TOO_LONG_HEADERS ->
                    "found headers that are too long; allowed: less than 8192 bytes";
            case NOT_FOUND -> "there is nothing there";
            default ->
                    status < FAILED
                            ? "found a call that cannot be read; allowed: HTTP, with a host, and a path and a query in which each % is followed by two hexadecimal digits"
                            : HttpApi.NOT_FORESEEN;
        };
    }

    /** Answers what is not even a call. */
    private static void unreadable(HttpServerRequest request) {
        Throwable why = request.decoderResult().cause();
        int status =
                why instanceof TooLongHttpLineException
                        ? TOO_LONG
                        : why instanceof TooLongHttpHeaderException
                                ? TOO_LONG_HEADERS
                                : BAD_REQUEST;
        refuse(request.response(), status, detail(status))
                .onComplete(told -> request.connection().close());
    }

    private static Future<Void> refuse(RoutingContext call, int status, String why) {
        Promise<Void> told = Promise.promise();
        next(call, () -> refuse(call.response(), status, why).onComplete(told));
        return told.future();
    }

    /**
     * Answers in a turn of its own. Calls may wait in a row behind one that is worked on; answered
     * at once, each would be begun within the end of the one before it, until the stack is full.
     */
    private static void next(RoutingContext call, Runnable answer) {
        call.vertx()
                .runOnContext(
                        now -> {
                            if (!call.response().ended() && !call.response().closed()) {
                                answer.run();
                            }
                        });
    }

    private static Future<Void> refuse(HttpServerResponse response, int status, String why) {
        Reply reply = HttpApi.refusal(status, why);
        return response.setStatusCode(status)
                .putHeader("Content-Type", reply.contentType())
                .putHeader("Cache-Control", "no-store")
                .putHeader("X-Content-Type-Options", "nosniff")
                .end(reply.body());
    }

    /** Returns the address that it listens on. */
    String bind() {
        return bind;
    }

    /** Returns the port that it listens on. */
    int port() {
        return server.actualPort();
    }

    /** Returns where this process reaches it. */
    String url() {
        String host = bind.equals("0.0.0.0") || bind.equals("::") ? "localhost" : bind;
        String authority = host.contains(":") ? "[" + host + "]" : host;
        return "http://" + authority + ":" + port();
    }

    /** What is answered by TLS, once it is taken up; until then all stays as it was. */
    interface TlsChange {

        /** Takes it up. */
        void take();

        /** Leaves it. */
        void drop();
    }

    /**
     * Prepares to listen with TLS as a configuration says, or no longer, and to show what is in its
     * files now.
     *
     * @param wanted null: without
     * @throws ConfigException if that is not possible
     */
    TlsChange tls(TlsConfig wanted) {
        return tls(wanted, this);
    }

    /**
     * The same where this one takes the place of another, which is closed before the change is
     * taken up.
     *
     * @param before may have the port until then
     */
    TlsChange tls(TlsConfig wanted, Front before) {
        if (wanted == null) {
            return change(this::closeTls, () -> {});
        }
        TlsPair pair = TlsPair.read(vertx, wanted);
        if (tls != null && tls.isAt(wanted)) {
            return change(() -> tls.show(wanted, pair), () -> {});
        }
        if (before != this && before.isInTheWayOf(wanted)) {
            return change(() -> tls = TlsPort.open(this::server, wanted, pair), () -> {});
        }
        TlsPort next = TlsPort.open(this::server, wanted, pair);
        return change(
                () -> {
                    closeTls();
                    tls = next;
                },
                next::close);
    }

    private boolean isInTheWayOf(TlsConfig wanted) {
        return wanted.port() != 0 && (wanted.port() == port() || wanted.port() == tlsPort());
    }

    private static TlsChange change(Runnable take, Runnable drop) {
        return new TlsChange() {
            @Override
            public void take() {
                take.run();
            }

            @Override
            public void drop() {
                drop.run();
            }
        };
    }

    private void closeTls() {
        if (tls != null) {
            tls.close();
            tls = null;
        }
    }

    /** Returns the port with TLS; 0: there is none. */
    int tlsPort() {
        return tls == null ? 0 : tls.port();
    }

    /** Returns how many connections there are. */
    int connections() {
        return connections.count();
    }

    @Override
    public void close() {
        try {
            done(vertx.close());
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("The port is not closed as it should be", e);
        }
    }
}
