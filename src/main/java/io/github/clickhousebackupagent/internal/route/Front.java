package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.config.TlsConfig;
import io.github.clickhousebackupagent.internal.http.HttpApi;
import io.github.clickhousebackupagent.internal.http.Reply;
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

    /** Why there may be no routes behind it. */
    private enum State {
        STARTING("the agent starts; come again in a second"),
        SERVING(null),
        EXCHANGING("the routes are being exchanged; come again in a second"),
        STANDING_BY("this one stands by; the agent that runs is on another machine");

        private final String why;

        State(String why) {
            this.why = why;
        }
    }

    private static final String HEALTH = "/observe/health";

    /** An alert for an agent that is gone must not be told of one that waits. */
    private static final String STANDS_BY =
            """
            # HELP clickhouse_backup_agent_stand_by Whether it waits for the end of another agent.
            # TYPE clickhouse_backup_agent_stand_by gauge
            clickhouse_backup_agent_stand_by 1
            """;

    /** An order of a restore names each of perhaps ten thousand tables. */
    private static final long MOST_BYTES = 1_048_576;

    private static final int TOO_LARGE = 413;
    private static final String TOO_MUCH =
            "found a body of more than %d bytes; allowed: less".formatted(MOST_BYTES);
    private static final int NOT_FOUND = 404;
    private static final int AGAIN = 503;

    /** Has no routes: the server needs one for its thread and its registry. */
    private final CamelContext context;

    private final VertxPlatformHttpRouter router;
    private final String bind;
    private final int port;
    private TlsPort tls;
    private volatile State state = State.STARTING;

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

    /** The routes are there. */
    void serving() {
        state = State.SERVING;
    }

    /** The routes are being exchanged: who calls meanwhile is to call again. */
    void exchanging() {
        state = State.EXCHANGING;
    }

    /** There are no routes yet: they come when another agent is gone. */
    void standBy() {
        state = State.STANDING_BY;
    }

    private void nobody(RoutingContext call) {
        State now = state;
        String path = call.request().path();
        if (now == State.SERVING) {
            refuse(call, NOT_FOUND, "there is nothing at " + path);
        } else if (path.equals(HEALTH) || path.startsWith(HEALTH + "/")) {
            probe(call, now, path);
        } else if (now == State.STANDING_BY && path.equals("/observe/metrics")) {
            call.response()
                    .putHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                    .end(STANDS_BY);
        } else {
            // A command on this machine meets one that stands by, and is meant for the agent of
            // another.
            if (now != State.STANDING_BY) {
                call.response().putHeader("Retry-After", "1");
            }
            refuse(call, now == State.STANDING_BY ? NOT_FOUND : AGAIN, now.why);
        }
    }

    /** A probe must not have it restarted in the middle, and not have it called too early. */
    private static void probe(RoutingContext call, State now, String path) {
        boolean ready = now != State.STARTING;
        if (!ready && !path.endsWith("/live")) {
            call.response().setStatusCode(AGAIN);
        }
        String detail =
                switch (now) {
                    case STARTING -> "\"starting\":true";
                    case STANDING_BY -> "\"standBy\":true";
                    case EXCHANGING, SERVING -> "\"edits\":\"exchanging\"";
                };
        call.response()
                .putHeader("Content-Type", "application/json")
                .end("{\"status\":\"%s\",%s}".formatted(ready ? "UP" : "DOWN", detail));
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

    /**
     * Listens with TLS as a configuration says, or no longer, and shows what is in its files now.
     *
     * @param config null: without
     * @throws ConfigException if that is not possible; all stays as it was
     */
    void tls(TlsConfig config) {
        if (tls != null && config != null && tls.isAt(config)) {
            tls.show(config);
            return;
        }
        TlsPort next = config == null ? null : TlsPort.open(router.vertx(), router, config);
        if (tls != null) {
            tls.close();
        }
        tls = next;
    }

    /** Returns the port with TLS; 0: there is none. */
    int tlsPort() {
        return tls == null ? 0 : tls.port();
    }

    @Override
    public void close() {
        context.stop();
    }
}
