package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.internal.route.Connections.Bounds;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who holds connections, and sends nothing or as good as nothing by them, keeps nobody out. */
class ConnectionsTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration LONG = Duration.ofMinutes(10);
    private static final Duration SHORT = Duration.ofMillis(300);

    private final List<Socket> sockets = new ArrayList<>();
    private Front front;

    @AfterEach
    void close() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        if (front != null) {
            front.close();
        }
    }

    private void open(Bounds bounds) {
        front = Front.open("127.0.0.1", 0, bounds);
        front.serving(() -> "{\"status\":\"UP\"}");
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket("127.0.0.1", front.port());
        socket.setSoTimeout((int) SOON.toMillis());
        sockets.add(socket);
        return socket;
    }

    private static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
    }

    private static String readAll(Socket socket) throws IOException {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static boolean isOver(Socket socket) throws IOException {
        return socket.getInputStream().read() == -1;
    }

    /** Sends a little, now and then, for as long as somebody takes it. */
    private static void trickle(Socket socket, String piece) {
        await().atMost(SOON)
                .pollInterval(Duration.ofMillis(50))
                .until(
                        () -> {
                            try {
                                write(socket, piece);
                                return false;
                            } catch (IOException e) {
                                return true; // Nobody takes it any more.
                            }
                        });
    }

    @Test
    void aConnectionByWhichNothingIsAskedIsClosed() throws IOException {
        open(new Bounds(10, 10, 0, SHORT, LONG));
        Socket silent = connect();
        Socket asked = connect();
        write(asked, "GET /observe/health HTTP/1.1\r\nHost: localhost\r\n\r\n");

        assertThat(isOver(silent)).isTrue();
        assertThat(readAll(asked)).startsWith("HTTP/1.1 200").endsWith("{\"status\":\"UP\"}");
        await().atMost(SOON).until(() -> front.connections() == 0);
    }

    @Test
    void aHeadThatTricklesForEverIsCutOff() throws IOException {
        open(new Bounds(10, 10, 0, SHORT, LONG));
        Socket slow = connect();
        write(slow, "GET /page/ HTTP/1.1\r\nHost: localhost\r\n");

        trickle(slow, "X: y\r\n");

        await().atMost(SOON).until(() -> front.connections() == 0);
    }

    @Test
    void aBodyThatTricklesForEverIsRefusedAndCutOff() throws IOException {
        open(new Bounds(10, 10, 0, LONG, SHORT));
        Socket slow = connect();
        write(
                slow,
                "POST /api/v1/x HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n");

        assertThat(new String(slow.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
                .isEqualTo("HTTP/1.1 408");
        trickle(slow, "x");

        await().atMost(SOON).until(() -> front.connections() == 0);
    }

    @Test
    void aCallThatIsWorkedOnIsNotCutOffHoweverLongItTakes() throws IOException {
        open(new Bounds(10, 10, 0, SHORT, SHORT));
        CountDownLatch done = new CountDownLatch(1);
        front.serve(
                "/slow",
                call -> {
                    try {
                        assertThat(done.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    call.response().end("done");
                });
        Socket asks = connect();
        write(asks, "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");

        // Twice as long as it may be quiet.
        assertThat(isOver(connect())).isTrue();
        assertThat(isOver(connect())).isTrue();
        done.countDown();

        assertThat(readAll(asks)).startsWith("HTTP/1.1 200").endsWith("done");
    }

    @Test
    void anAnswerThatNobodyTakesIsGivenUp() throws IOException {
        open(new Bounds(10, 10, 0, SHORT, LONG));
        String large = "x".repeat(50_000_000);
        front.serve("/large", call -> call.response().end(large));
        Socket asks = connect();
        write(asks, "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");

        await().atMost(SOON).until(() -> asks.getInputStream().available() > 0);
        await().atMost(SOON).until(() -> front.connections() == 0);

        long got = 0;
        try {
            for (int read = 0; read >= 0; read = asks.getInputStream().read(new byte[65536])) {
                got += read;
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("reset");
        }
        assertThat(got).isLessThan(large.length());
    }

    @Test
    void oneConnectionTooManyIsClosedAndThereIsRoomWhenAnotherIsGone() throws IOException {
        open(new Bounds(2, 2, 0, LONG, LONG));
        Socket first = connect();
        connect();
        await().atMost(SOON).until(() -> front.connections() == 2);

        assertThat(isOver(connect())).isTrue();

        first.close();
        await().atMost(SOON).until(() -> front.connections() == 1);
        Socket next = connect();
        write(next, "GET /observe/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assertThat(readAll(next)).startsWith("HTTP/1.1 200");
    }

    /** All that wait behind one are answered one after the other, and none by the one before it. */
    @Test
    void thousandsOfCallsThatWaitBehindASlowOneAreAllAnswered() throws IOException {
        open(Bounds.USUAL);
        CountDownLatch sent = new CountDownLatch(1);
        front.serve(
                "/slow",
                call -> {
                    try {
                        assertThat(sent.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    call.response().end("done");
                });
        Socket many = connect();
        write(
                many,
                "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n"
                        + "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(2000)
                        + "GET /observe/health HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(2000)
                        + "GET /observe/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        sent.countDown();

        assertThat(readAll(many).split("HTTP/1.1 ")).hasSize(4003);
    }

    private static String posting(String path, int length) {
        return "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                .formatted(path, length);
    }

    /** All of it would be in memory before anybody asks for a token. */
    @Test
    void whoSendsLargeBodiesWithoutEndDoesNotFillTheMemoryNorKeepSmallOnesOut() throws IOException {
        open(new Bounds(100, 100, 0, LONG, LONG));
        for (int i = 0; i < Bodies.LARGE_AT_ONCE; i++) {
            write(connect(), posting("/api/v1/x", Bodies.MOST) + "{");
        }
        await().atMost(SOON).until(() -> front.connections() == Bodies.LARGE_AT_ONCE);
        for (String length : List.of("Content-Length: 500000", "Transfer-Encoding: chunked")) {
            Socket more = connect();
            write(
                    more,
                    "POST /api/v1/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
                            + length
                            + "\r\n\r\n");
            String answer = new String(more.getInputStream().readNBytes(300));
            assertThat(answer).as(length).startsWith("HTTP/1.1 503").contains("Retry-After: 1");
        }

        for (String path : List.of("/api/v1/x", "/callback/x")) {
            Socket small = connect();
            write(small, posting(path, 2) + "{}");
            assertThat(new String(small.getInputStream().readNBytes(12)))
                    .as(path)
                    .isEqualTo("HTTP/1.1 404");
        }
        sockets.get(0).close();
        await().atMost(SOON)
                .untilAsserted(
                        () -> {
                            Socket next = connect();
                            write(next, posting("/api/v1/x", 500_000) + "x".repeat(500_000));
                            assertThat(new String(next.getInputStream().readNBytes(12)))
                                    .isEqualTo("HTTP/1.1 404");
                        });
    }

    @Test
    void aCallThatIsOverLeavesTheRoomOfItsBody() throws IOException {
        open(new Bounds(100, 100, 0, LONG, LONG));
        for (int i = 0; i < 3 * Bodies.LARGE_AT_ONCE; i++) {
            Socket one = connect();
            write(one, posting("/api/v1/x", 1_000_000) + "x".repeat(1_000_000));
            assertThat(new String(one.getInputStream().readNBytes(12))).isEqualTo("HTTP/1.1 404");
            Socket broken = connect();
            write(broken, posting("/api/v1/x", 1_000_000) + "x");
            broken.close();
            await().atMost(SOON)
                    .until(
                            () ->
                                    front.connections()
                                            == sockets.stream().filter(s -> !s.isClosed()).count());
        }
    }

    @Test
    void aCallbackBringsLittle() throws IOException {
        open(new Bounds(10, 10, 0, LONG, LONG));
        Socket asks = connect();
        write(asks, posting("/callback/x", Bodies.SMALL + 1) + "x".repeat(Bodies.SMALL + 1));

        assertThat(new String(asks.getInputStream().readNBytes(12))).isEqualTo("HTTP/1.1 413");
        Socket dots = connect();
        write(dots, posting("/x/../callback/x", Bodies.SMALL + 1) + "x".repeat(Bodies.SMALL + 1));
        assertThat(new String(dots.getInputStream().readNBytes(12))).isEqualTo("HTTP/1.1 413");
    }

    /** One from another machine, which a test has none of; it tells whether it is closed. */
    private static HttpConnection from(String address, AtomicBoolean closed) throws IOException {
        SocketAddress here = SocketAddress.inetSocketAddress(8171, "127.0.0.1");
        SocketAddress there =
                SocketAddress.inetSocketAddress(
                        new InetSocketAddress(InetAddress.getByName(address), 40000));
        return (HttpConnection)
                Proxy.newProxyInstance(
                        HttpConnection.class.getClassLoader(),
                        new Class<?>[] {HttpConnection.class},
                        (proxy, method, arguments) ->
                                switch (method.getName()) {
                                    case "localAddress" -> here;
                                    case "remoteAddress" -> there;
                                    case "close" -> {
                                        closed.set(true);
                                        yield Future.succeededFuture();
                                    }
                                    case "closeHandler" -> proxy;
                                    case "hashCode" -> System.identityHashCode(proxy);
                                    case "equals" -> proxy == arguments[0];
                                    default ->
                                            throw new UnsupportedOperationException(
                                                    method.getName());
                                });
    }

    /** Returns whether one more is taken in. */
    private static boolean takesIn(Connections connections, String address) throws IOException {
        AtomicBoolean closed = new AtomicBoolean();
        connections.opened(from(address, closed));
        return !closed.get();
    }

    @Test
    void commandsAndProbesOfThisMachineGetThroughThoughOthersHaveAllConnections() throws Exception {
        Vertx vertx = Vertx.vertx();
        try {
            Connections connections = new Connections(vertx, new Bounds(3, 2, 1, LONG, LONG));
            assertThat(takesIn(connections, "192.0.2.1")).isTrue();
            assertThat(takesIn(connections, "192.0.2.1")).isTrue();
            assertThat(takesIn(connections, "192.0.2.1")).isFalse();
            assertThat(takesIn(connections, "192.0.2.2")).isTrue();
            assertThat(takesIn(connections, "192.0.2.3")).isFalse();

            assertThat(takesIn(connections, "127.0.0.1")).isTrue();
            assertThat(takesIn(connections, "::1")).isFalse();
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
        }
    }

    /** Who has one address of a network of IPv6 has all 2^64 of them. */
    @Test
    void manyAddressesOfOneNetworkAreOneCaller() throws Exception {
        Vertx vertx = Vertx.vertx();
        try {
            Connections connections = new Connections(vertx, new Bounds(9, 2, 0, LONG, LONG));
            assertThat(takesIn(connections, "2001:db8:0:1::1")).isTrue();
            assertThat(takesIn(connections, "2001:db8:0:1:ffff::2")).isTrue();
            assertThat(takesIn(connections, "2001:db8:0:1::3")).isFalse();
            assertThat(takesIn(connections, "2001:db8:0:2::3")).isTrue();
            assertThat(takesIn(connections, "192.0.2.1")).isTrue();
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
        }
    }
}
