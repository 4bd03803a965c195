package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.event.RunEvent;
import io.github.clickhousebackupagent.internal.hook.HookPoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.apache.camel.Exchange;

/** A folder of routes to which a test adds files, and what these were told. */
public final class Hooked {

    /** What a route got. */
    record Told(String route, RunEvent event, Map<String, Object> headers, Exchange exchange) {}

    private static final Map<String, Hooked> ALL = new ConcurrentHashMap<>();

    private final String id = UUID.randomUUID().toString();
    private final List<Told> told = new CopyOnWriteArrayList<>();
    private final CountDownLatch released = new CountDownLatch(1);
    private final CountDownLatch interrupted = new CountDownLatch(1);
    final Path routes;

    /**
     * @param directory where the folder is made
     */
    Hooked(Path directory) {
        ALL.put(id, this);
        this.routes = directory.resolve("routes");
        try (Stream<Path> shipped = Files.list(Path.of("routes"))) {
            Files.createDirectories(routes);
            for (Path file : shipped.filter(Files::isRegularFile).toList()) {
                Files.copy(file, routes.resolve(file.getFileName()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Adds a file. */
    Hooked with(String name, String yaml) {
        try {
            Files.writeString(routes.resolve(name + ".camel.yaml"), yaml);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Adds a route with one step that calls this. */
    private Hooked calling(String entry, String method) {
        String name = entry.replace('/', '-');
        return with(
                name,
                """
                # A test.
                - route:
                    id: %s
                    from:
                      uri: direct:%s
                      steps:
                        - bean:
                            beanType: %s
                            method: "%s('%s', '%s', ${exchange})"
                """
                        .formatted(name, entry, Hooked.class.getName(), method, id, name));
    }

    /** Hooks in a route that remembers what it is told, and then makes a mess of its message. */
    Hooked listening(String entry) {
        return calling(entry, "listen");
    }

    /** Hooks in one at each point that tells of a run; a notice is something else. */
    Hooked listeningEverywhere() {
        HookPoint.words().stream()
                .filter(word -> !word.equals(HookPoint.ON_NOTICE.word()))
                .forEach(word -> listening(word + "/listener"));
        return this;
    }

    /** Hooks in a route that hangs until it is interrupted or released. */
    Hooked hanging(String entry) {
        return calling(entry, "hang");
    }

    /** Hooks in a route that hangs until it is released, whoever interrupts it. */
    Hooked hangingForEver(String entry) {
        return calling(entry, "hangForEver");
    }

    /** Hooks in a route that throws. */
    Hooked failing(String entry, String exception, String message) {
        String name = entry.replace('/', '-');
        return with(
                name,
                """
                # A test.
                - route:
                    id: %s
                    from:
                      uri: direct:%s
                      steps:
                        - throwException:
                            exceptionType: %s
                            message: "%s"
                """
                        .formatted(name, entry, exception, message));
    }

    List<Told> told() {
        return told;
    }

    List<RunEvent> events() {
        return told.stream().map(Told::event).toList();
    }

    List<String> points() {
        return events().stream().map(RunEvent::event).toList();
    }

    RunEvent only(String point) {
        List<RunEvent> all = events().stream().filter(e -> e.event().equals(point)).toList();
        if (all.size() != 1) {
            throw new AssertionError("found %s at %s".formatted(all, point));
        }
        return all.get(0);
    }

    boolean wasInterrupted() {
        return interrupted.getCount() == 0;
    }

    void release() {
        released.countDown();
    }

    /** Called by a route. */
    public static void listen(String id, String route, Exchange exchange) {
        ALL.get(id)
                .told
                .add(
                        new Told(
                                route,
                                exchange.getMessage().getBody(RunEvent.class),
                                Map.copyOf(exchange.getMessage().getHeaders()),
                                exchange.copy()));
        exchange.setProperty("run", "nonsense");
        exchange.setProperty("target", "nonsense");
        exchange.setProperty("point", "nonsense");
        exchange.getMessage().setHeader("CamelHttpPath", "/nonsense");
        exchange.getMessage().setBody("nonsense");
    }

    /** Called by a route. */
    public static void hang(String id, String route, Exchange exchange)
            throws InterruptedException {
        listen(id, route, exchange);
        Hooked hooked = ALL.get(id);
        try {
            hooked.released.await();
        } catch (InterruptedException e) {
            hooked.interrupted.countDown();
            throw e;
        }
    }

    /** Called by a route. */
    public static void hangForEver(String id, String route, Exchange exchange) {
        listen(id, route, exchange);
        Hooked hooked = ALL.get(id);
        boolean over = false;
        while (!over) {
            try {
                hooked.released.await();
                over = true;
            } catch (InterruptedException e) {
                hooked.interrupted.countDown();
            }
        }
    }
}
