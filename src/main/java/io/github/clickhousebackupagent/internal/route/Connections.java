package io.github.clickhousebackupagent.internal.route;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * The connections to the ports of an agent: how many there may be, and how long one may stay by
 * which nothing is asked. A call that never comes to its end, a header or a TLS connection without
 * a call, is nothing. Thread-safe.
 *
 * <p>By TLS one counts from the end of its handshake on, as nobody tells of it before: it costs a
 * file descriptor and a few kilobytes until then, and is closed where that takes longer than {@link
 * TlsPort#HANDSHAKE}. Addresses of IPv6 count by the first 64 bits, which are one network: whoever
 * has one address there has all of them.
 */
final class Connections {

    /**
     * What nobody may take more of.
     *
     * @param most connections to one port
     * @param mostFromOne connections to one port from one address that is not this machine's
     * @param moreFromHere connections to one port from this machine, beyond {@code most}: commands
     *     and probes must not be kept out by others
     * @param quiet how long one stays by which nothing is asked; as long again, if what was
     *     answered before is not taken
     * @param body how long the body of a call may take
     */
    record Bounds(int most, int mostFromOne, int moreFromHere, Duration quiet, Duration body) {

        /** Prometheus, which asks once a minute, keeps its connection; so does a page. */
        static final Bounds USUAL =
                new Bounds(1000, 250, 50, Duration.ofSeconds(75), Duration.ofSeconds(30));
    }

    private static final Logger LOG = LogManager.getLogger(Connections.class);

    /** How much of an address of IPv6 tells the network, in bytes. */
    private static final int NETWORK = 8;

    private static final Duration TELLING = Duration.ofMinutes(1);

    private final Vertx vertx;
    private final Bounds bounds;
    private final Map<HttpConnection, Line> open = new ConcurrentHashMap<>();
    private final AtomicLong toldAt = new AtomicLong(System.nanoTime() - TELLING.toNanos());

    Connections(Vertx vertx, Bounds bounds) {
        this.vertx = vertx;
        this.bounds = bounds;
    }

    /** Takes one in, or closes it: there are too many. */
    void opened(HttpConnection connection) {
        int port = connection.localAddress().port();
        String address = connection.remoteAddress().hostAddress();
        String from = source(address);
        if (!hasRoom(port, from, isHere(address))) {
            connection.close();
            tellOfTooMany(port, from);
            return;
        }
        Line line = new Line(connection, port, from);
        open.put(connection, line);
        connection.closeHandler(gone -> left(connection));
        line.lookIn(bounds.quiet());
    }

    private boolean hasRoom(int port, String from, boolean here) {
        long all = open.values().stream().filter(line -> line.port == port).count();
        if (here) {
            return all < bounds.most() + bounds.moreFromHere();
        }
        return all < bounds.most()
                && open.values().stream()
                                .filter(line -> line.port == port && line.from.equals(from))
                                .count()
                        < bounds.mostFromOne();
    }

    /** Whoever opens thousands must not fill the log, too. */
    private void tellOfTooMany(int port, String from) {
        long now = System.nanoTime();
        long before = toldAt.get();
        if (now - before >= TELLING.toNanos() && toldAt.compareAndSet(before, now)) {
            LOG.warn(
                    "Connections to port {} are refused, such as one from {}; allowed: {}, and {} from one address",
                    port,
                    from,
                    bounds.most(),
                    bounds.mostFromOne());
        }
    }

    private void left(HttpConnection connection) {
        Line line = open.remove(connection);
        if (line != null) {
            line.cancel();
        }
    }

    /** Keeps the connection of a call until that is answered. */
    void keepFor(RoutingContext call) {
        Line line = open.get(call.request().connection());
        if (line != null) {
            line.begun();
            call.addEndHandler(done -> line.ended());
        }
    }

    /** Returns how many there are, to all ports. */
    int count() {
        return open.size();
    }

    /** Returns whether an address is one of this machine, as only its own processes have. */
    static boolean isHere(String address) {
        try {
            return InetAddress.getByName(address).isLoopbackAddress(); // No name: nobody is asked.
        } catch (UnknownHostException e) {
            return false;
        }
    }

    /** Returns whose address one is, as far as can be told: of IPv6, the network of it. */
    static String source(String address) {
        if (address == null) {
            return "unknown";
        }
        try {
            // No name: nobody is asked.
            if (InetAddress.getByName(address) instanceof Inet6Address six) {
                byte[] network = Arrays.copyOf(six.getAddress(), NETWORK);
                return InetAddress.getByAddress(Arrays.copyOf(network, six.getAddress().length))
                                .getHostAddress()
                        + "/64";
            }
            return address;
        } catch (UnknownHostException e) {
            return address;
        }
    }

    /** One connection. */
    private final class Line {

        private final HttpConnection connection;
        private final int port;
        private final String from;
        private int calls;
        private boolean closing;
        private long quietSince = System.nanoTime();
        private long timer;

        Line(HttpConnection connection, int port, String from) {
            this.connection = connection;
            this.port = port;
            this.from = from;
        }

        synchronized void begun() {
            calls++;
        }

        synchronized void ended() {
            calls--;
            quietSince = System.nanoTime();
        }

        synchronized void lookIn(Duration pause) {
            timer = vertx.setTimer(Math.max(1, pause.toMillis()), now -> look());
        }

        synchronized void cancel() {
            vertx.cancelTimer(timer);
        }

        private synchronized void look() {
            Duration quiet = Duration.ofNanos(System.nanoTime() - quietSince);
            Duration left = calls > 0 ? bounds.quiet() : bounds.quiet().minus(quiet);
            if (left.toMillis() > 0) {
                lookIn(left);
            } else if (!closing) {
                closing = true;
                connection.close();
                lookIn(bounds.quiet());
            } else if (connection instanceof ConnectionBase cut) {
                cut.channelHandlerContext().close(); // What is unsent is not waited for.
            }
        }
    }
}
