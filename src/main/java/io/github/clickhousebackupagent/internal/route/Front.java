package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.internal.http.HttpApi;
import io.github.clickhousebackupagent.internal.http.Reply;
import io.vertx.core.Handler;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServerConfiguration;
import org.apache.camel.impl.DefaultCamelContext;

/**
 * The port that an agent listens on. It is open before the routes behind it run, and stays open
 * while they are exchanged: an edit must not turn callers away.
 */
final class Front implements AutoCloseable {

    private static final long MOST_BYTES = 65_536;
    private static final int TOO_LARGE = 413;
    private static final String TOO_MUCH =
            "found a body of more than %d bytes; allowed: less".formatted(MOST_BYTES);
    private static final int NOT_FOUND = 404;
    private static final int AGAIN = 503;
    private static final int BEFORE_ROUTES = -1;

    /** Has no routes: the server needs one for its thread and its registry. */
    private final CamelContext context;

    private final VertxPlatformHttpRouter router;
    private final String bind;
    private final int port;
    private volatile boolean exchanging;
    private volatile boolean standsBy;

    private Front(
            CamelContext context, VertxPlatformHttpRouter router, String bind, int actualPort) {
        this.context = context;
        this.router = router;
        this.bind = bind;
        this.port = actualPort;
    }

    /**
     * Opens it.
     *
     * @param bind address to listen on
     * @param port 0: any
     * @throws ConfigException if the port cannot be had
     */
    static Front open(String bind, int port) {
        requireFree(bind, port);
        VertxPlatformHttpServerConfiguration configuration =
                new VertxPlatformHttpServerConfiguration();
        configuration.setBindHost(bind);
        configuration.setBindPort(port);
        configuration.setMaxBodySize(MOST_BYTES);
        DefaultCamelContext context = new DefaultCamelContext();
        context.getCamelContextExtension().setName("clickhouse-backup-agent-front");
        context.disableJMX();
        try {
            context.build();
            context.getRegistry().bind("vertx-options", quiet());
            VertxPlatformHttpServer server = new VertxPlatformHttpServer(configuration);
            context.addService(server);
            context.start();
            if (server.getPort() == 0) {
                throw taken(bind, port, "it was taken just now");
            }
            VertxPlatformHttpRouter router =
                    context.getRegistry().findSingleByType(VertxPlatformHttpRouter.class);
            Front front = new Front(context, router, bind, server.getPort());
            router.route().order(Integer.MAX_VALUE).handler(front::nobody);
            router.route().order(Integer.MAX_VALUE).failureHandler(Front::failed);
            return front;
        } catch (Exception e) {
            context.stop();
            throw e instanceof ConfigException ours
                    ? ours
                    : new IllegalStateException("the port cannot be listened on", e);
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

    /** Tries it first, as the server only logs that it could not have it. */
    private static void requireFree(String bind, int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName(bind), port));
        } catch (IOException e) {
            throw taken(bind, port, e.getMessage());
        }
    }

    private static ConfigException taken(String bind, int port, String why) {
        return new ConfigException(
                "http.port: found %d, which cannot be had on %s (%s); allowed: a free port, or 0"
                        .formatted(port, bind, why));
    }

    /** Lets the routes of a context answer here. To be done before it starts. */
    void serve(CamelContext routes) {
        routes.getRegistry().bind(VertxPlatformHttpRouter.getRouterNameFromPort(port), router);
    }

    /**
     * Lets something answer at a path that is no route, and so is not exchanged with them.
     *
     * @param answers may take its time
     */
    void serve(String path, Handler<RoutingContext> answers) {
        router.get(path).order(BEFORE_ROUTES).blockingHandler(answers, false);
    }

    /** The routes are being exchanged, or are there again: who calls meanwhile is to call again. */
    void exchanging(boolean now) {
        exchanging = now;
    }

    /** There are no routes yet: they come when another agent is gone. */
    void standBy() {
        standsBy = true;
    }

    private void nobody(RoutingContext call) {
        if (exchanging) {
            call.response().putHeader("Retry-After", "1");
        }
        if ((exchanging || standsBy) && call.request().path().equals("/health")) {
            // A probe must not have it restarted in the middle.
            call.response()
                    .putHeader("Content-Type", "application/json")
                    .end(
                            standsBy
                                    ? "{\"status\":\"UP\",\"standBy\":true}"
                                    : "{\"status\":\"UP\",\"edits\":\"exchanging\"}");
            return;
        }
        // A command on this machine meets one that stands by, and is meant for the agent of
        // another.
        String why =
                exchanging
                        ? "the routes are being exchanged; come again in a second"
                        : standsBy
                                ? "this one stands by; the agent that runs is on another machine"
                                : "there is nothing at " + call.request().path();
        refuse(call, exchanging ? AGAIN : NOT_FOUND, why);
    }

    private static void failed(RoutingContext call) {
        if (call.statusCode() == TOO_LARGE) {
            refuse(call, TOO_LARGE, TOO_MUCH);
        } else {
            call.next();
        }
    }

    private static void refuse(RoutingContext call, int status, String why) {
        Reply reply = HttpApi.refusal(status, why);
        call.response()
                .setStatusCode(status)
                .putHeader("Content-Type", reply.contentType())
                .end(reply.body());
    }

    /** Returns the address that it listens on. */
    String bind() {
        return bind;
    }

    /** Returns the port that it listens on. */
    int port() {
        return port;
    }

    /** Returns where this process reaches it. */
    String url() {
        String host = bind.equals("0.0.0.0") || bind.equals("::") ? "localhost" : bind;
        String authority = host.contains(":") ? "[" + host + "]" : host;
        return "http://" + authority + ":" + port;
    }

    @Override
    public void close() {
        context.stop();
    }
}
