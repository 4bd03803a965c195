package io.github.clickhousebackupagent.sandbox;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The HTTP interface of the simulated server's ClickHouse: it answers which tables there are and
 * how many rows their parts have, and to all else that it is not a query. It listens from when it
 * is first asked for, also while the backup server is dead. Thread-safe.
 *
 * <p>The two questions are {@code SELECT database, name, engine FROM system.tables ... FORMAT
 * JSONEachRow} and {@code SELECT database, ..., name, ... rows, ... bytes FROM system.parts WHERE
 * active ... FORMAT JSONEachRow}. What else a condition says is not looked at.
 */
public final class SimulatedClickHouse implements AutoCloseable {
    static final List<Table> SYSTEM_TABLES =
            List.of(
                    new Table("system", "parts", "SystemParts", 0, 0),
                    new Table("system", "tables", "SystemTables", 0, 0));

    private static final Pattern TABLES =
            Pattern.compile(
                    "select database, ?name, ?engine from system\\.tables( .*)?"
                            + " format jsoneachrow ?;?");
    private static final Pattern PARTS =
            Pattern.compile(
                    "select database, ?(table as )?name, ?(.* as )?rows, ?(.* as )?bytes from"
                            + " system\\.parts where (.* )?active( .*)? format jsoneachrow ?;?");
    private static final Pattern SPACE = Pattern.compile("\\s+");

    private final LiveTables live;
    private final String user;
    private final String password;
    private final List<String> questions = new ArrayList<>();
    private ExecutorService threads;
    private HttpServer http;
    private final Port port = new Port(0);
    private Replacement replacement = Replacement.NONE;

    private record Replacement(int times, int status, String body) {
        static final Replacement NONE = new Replacement(0, 0, "");
    }

    private record Answer(int status, String body) {}

    SimulatedClickHouse(LiveTables live, String user, String password) {
        this.live = live;
        this.user = user;
        this.password = password;
    }

    /**
     * Where it listens, such as {@code http://127.0.0.1:24123}; the same over an outage.
     *
     * @throws UncheckedIOException if it cannot listen
     */
    public synchronized URI uri() {
        if (port.number() == 0) {
            start();
        }
        return URI.create("http://127.0.0.1:" + port.number());
    }

    /** Refuses connections from now on. */
    public synchronized void stop() {
        uri();
        if (http != null) {
            end();
            port.reserve();
        }
    }

    /**
     * Listens again after a stop.
     *
     * @throws UncheckedIOException if the port cannot be had
     */
    public synchronized void start() {
        if (http != null) {
            return;
        }
        try {
            http = port.listen();
        } catch (IOException e) {
            throw new UncheckedIOException("the simulated ClickHouse cannot listen", e);
        }
        threads =
                Executors.newCachedThreadPool(
                        task -> {
                            Thread thread = new Thread(task, "simulated-clickhouse");
                            thread.setDaemon(true);
                            return thread;
                        });
        http.setExecutor(threads);
        http.createContext("/", this::handle);
        // The dispatcher inherits from the thread that starts it that it is a daemon.
        try {
            threads.submit(http::start).get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while starting", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("cannot start", e.getCause());
        }
    }

    /**
     * Answers the next questions with something else, such as a proxy's 503.
     *
     * @param times how many
     */
    public synchronized void answer(int times, int status, String body) {
        replacement = new Replacement(times, status, Objects.requireNonNull(body, "body"));
    }

    /** What it was asked until now, white space normalised; a copy. */
    public synchronized List<String> questions() {
        return List.copyOf(questions);
    }

    @Override
    public synchronized void close() {
        end();
        port.release();
    }

    private void end() {
        if (http != null) {
            http.stop(0);
            threads.shutdownNow();
            http = null;
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String body =
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            Answer answer = answer(exchange, body);
            byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders()
                    .set(
                            "Content-Type",
                            answer.status() == 200
                                    ? "application/x-ndjson; charset=UTF-8"
                                    : "text/plain; charset=UTF-8");
            exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
            if (bytes.length > 0) {
                try (OutputStream out = exchange.getResponseBody()) {
                    out.write(bytes);
                }
            }
        }
    }

    private Answer answer(HttpExchange exchange, String body) {
        String question =
                SPACE.matcher(
                                new Query(exchange.getRequestURI().getRawQuery())
                                                .first("query")
                                                .orElse("")
                                        + " "
                                        + body)
                        .replaceAll(" ")
                        .trim();
        synchronized (this) {
            questions.add(question);
            if (replacement.times() > 0) {
                Replacement now = replacement;
                replacement = new Replacement(now.times() - 1, now.status(), now.body());
                return new Answer(now.status(), now.body());
            }
        }
        Answer refused = refusal(exchange.getRequestHeaders().getFirst("Authorization"));
        if (refused != null) {
            return refused;
        }
        String lower = question.toLowerCase(Locale.ROOT);
        boolean known = exchange.getRequestURI().getPath().equals("/");
        if (known && TABLES.matcher(lower).matches()) {
            return lines(
                    Stream.concat(live.all().stream(), SYSTEM_TABLES.stream())
                            .map(SimulatedClickHouse::table));
        }
        if (known && PARTS.matcher(lower).matches()) {
            return lines(
                    live.all().stream()
                            .filter(table -> !table.isEmpty())
                            .map(SimulatedClickHouse::parts));
        }
        return new Answer(400, "Code: 62, e.displayText() = DB::Exception: Syntax error\n");
    }

    private Answer refusal(String authorization) {
        String login = "default:";
        if (authorization != null && authorization.regionMatches(true, 0, "Basic ", 0, 6)) {
            try {
                login =
                        new String(
                                Base64.getDecoder().decode(authorization.substring(6).trim()),
                                StandardCharsets.UTF_8);
            } catch (IllegalArgumentException e) {
                return new Answer(401, "Invalid authentication\n"); // not base64
            }
        }
        if (login.equals(user + ":" + password)) {
            return null;
        }
        String asked = login.substring(0, Math.max(0, login.indexOf(':')));
        return asked.equals(user)
                ? new Answer(
                        403,
                        "Code: 193, e.displayText() = DB::Exception: Wrong password for user "
                                + user
                                + "\n")
                : new Answer(
                        403,
                        "Code: 192, e.displayText() = DB::Exception: Unknown user " + asked + "\n");
    }

    private static Answer lines(Stream<Map<String, String>> rows) {
        return new Answer(200, rows.map(Json::line).collect(Collectors.joining()));
    }

    private static Map<String, String> table(Table table) {
        Map<String, String> row = new LinkedHashMap<>();
        row.put("database", table.database());
        row.put("name", table.name());
        row.put("engine", table.engine());
        return row;
    }

    /** 64-bit integers are strings, as JavaScript could not hold them. */
    private static Map<String, String> parts(Table table) {
        Map<String, String> row = new LinkedHashMap<>();
        row.put("database", table.database());
        row.put("name", table.name());
        row.put("rows", Long.toString(table.rows()));
        row.put("bytes", Long.toString(table.bytes()));
        return row;
    }
}
