package io.github.clickhousebackupagent.sandbox;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * A port on loopback that stays the same from one server to the next that listens there. Guarded by
 * who holds it.
 */
final class Port {
    // Below what Linux, macOS and Windows give to outgoing connections.
    private static final int FIRST = 20_000;
    private static final int LAST = 32_000;
    private static final int MAX_TRIES = 100;
    private static final int CONNECTIONS_WAITING = 128;
    private static final Duration LETTING_GO = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofMillis(10);

    private volatile int number;
    private Socket reservation;

    /**
     * @param number 0 for any free one
     */
    Port(int number) {
        this.number = number;
    }

    /** 0 until something has listened, if any will do. */
    int number() {
        return number;
    }

    /**
     * Binds a server that is yet to be started. Any free port is one that the system gives to
     * nobody by itself: it must be had again after a kill, and an outgoing connection could have
     * got it by then.
     */
    HttpServer listen() throws IOException {
        // Before the JDK's server is loaded: it stalls for the 40 ms of a delayed acknowledgement.
        if (System.getProperty("sun.net.httpserver.nodelay") == null) {
            System.setProperty("sun.net.httpserver.nodelay", "true");
        }
        release();
        for (int tries = 1; number == 0; tries++) {
            try {
                HttpServer server = at(ThreadLocalRandom.current().nextInt(FIRST, LAST));
                number = server.getAddress().getPort();
                return server;
            } catch (BindException e) {
                if (tries == MAX_TRIES) {
                    throw e;
                }
            }
        }
        return at(number);
    }

    private static HttpServer at(int port) throws IOException {
        return HttpServer.create(
                new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port),
                CONNECTIONS_WAITING);
    }

    /**
     * Keeps the port while nothing listens: a socket that is bound only refuses connections, and
     * nobody else is given the port.
     */
    void reserve() {
        long start = System.nanoTime();
        while (reservation == null) {
            try {
                reservation = bound();
            } catch (IOException e) {
                // What listened there may take a moment to let go of it.
                boolean over = System.nanoTime() - start > LETTING_GO.toNanos();
                if (over || !(e instanceof BindException)) {
                    throw new UncheckedIOException("cannot keep port " + number, e);
                }
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        }
    }

    private Socket bound() throws IOException {
        Socket socket = new Socket();
        try {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), number));
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    void release() {
        if (reservation == null) {
            return;
        }
        try {
            reservation.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot release port " + number, e);
        }
        reservation = null;
    }
}
