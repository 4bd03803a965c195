package io.github.clickhousebackupagent.sandbox;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** Answers calls as the server does, or as the faults want it. */
final class Api implements HttpHandler {
    private static final Logger LOG = LogManager.getLogger(Api.class);
    private static final String LOCKED = "another operation is currently running";
    private static final String JSON = "application/json; charset=UTF-8";
    private static final String PLAIN = "text/plain; charset=utf-8";
    // Go's server buffers so many bytes before it gives up to count them for a Content-Length.
    private static final int COUNTED_BYTES = 2048;

    private final Settings settings;
    private final Node node;
    private final LiveTables live;
    private final Faults faults;
    private final Life life;
    private final Commands commands;
    private final Consumer<RecordedCall> calls;

    Api(
            Settings settings,
            Node node,
            LiveTables live,
            Faults faults,
            Life life,
            Consumer<RecordedCall> calls) {
        this.settings = settings;
        this.node = node;
        this.live = live;
        this.faults = faults;
        this.life = life;
        this.commands = new Commands(settings);
        this.calls = calls;
    }

    private record Answer(int status, String contentType, String body, boolean counted) {
        static Answer error(int status, String operation, String error) {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("status", "error");
            if (!operation.isEmpty()) {
                json.put("operation", operation);
            }
            json.put("error", error);
            // The server sets its JSON headers too late; what arrives is what Go guesses.
            return new Answer(status, PLAIN, Json.line(json), true);
        }
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        Instant arrived = settings.clock().instant();
        String path = exchange.getRequestURI().getRawPath();
        boolean recorded = false;
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            Life.pause(faults.latencyOf(path));
            Optional<Faults.Replacement> replacement = faults.take(path);
            Faults.Kind kind = replacement.map(Faults.Replacement::kind).orElse(null);
            if (kind == Faults.Kind.CLOSE) {
                return;
            }
            if (kind == Faults.Kind.ANSWER) {
                Faults.Replacement r = replacement.get();
                record(exchange, arrived, r.status());
                recorded = true;
                exchange.getResponseHeaders().set("Content-Type", r.contentType());
                write(exchange, r.status(), r.body(), true);
                return;
            }
            Answer answer = answer(exchange, new String(body, StandardCharsets.UTF_8));
            if (life.isDead()) {
                return;
            }
            record(exchange, arrived, kind == Faults.Kind.HALF_ANSWER ? 0 : answer.status());
            recorded = true;
            send(exchange, answer, kind == Faults.Kind.HALF_ANSWER);
        } catch (InterruptedException e) {
            // The server was killed while the call waited; the connection ends without an answer.
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            // Else the JDK's server would only close the connection, and a test would call it a
            // fault.
            LOG.error("The simulated server failed at {} {}", exchange.getRequestMethod(), path, e);
            throw e;
        } finally {
            if (!recorded) {
                record(exchange, arrived, 0);
            }
        }
    }

    private void record(HttpExchange exchange, Instant arrived, int status) {
        String query = exchange.getRequestURI().getRawQuery();
        calls.accept(
                new RecordedCall(
                        arrived,
                        exchange.getRequestMethod(),
                        exchange.getRequestURI().getRawPath(),
                        query == null ? "" : query.replaceAll("(^|&)(user|pass)=[^&]*", "$1$2=***"),
                        status));
    }

    private void send(HttpExchange exchange, Answer answer, boolean half) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", answer.contentType());
        if (answer.status() == 401) {
            exchange.getResponseHeaders()
                    .set("Www-Authenticate", "Basic realm=\"Provide username and password\"");
        }
        if (answer.contentType().equals(JSON)) {
            exchange.getResponseHeaders()
                    .set("Cache-Control", "no-store, no-cache, must-revalidate");
            exchange.getResponseHeaders().set("Pragma", "no-cache");
        }
        byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
        if (half) {
            // One byte more than there is, so that even an empty answer breaks off.
            exchange.sendResponseHeaders(answer.status(), body.length + 1L);
            exchange.getResponseBody().write(body, 0, body.length / 2);
            exchange.getResponseBody().flush();
            return;
        }
        boolean counted = answer.counted() || settings.is24() && body.length <= COUNTED_BYTES;
        write(exchange, answer.status(), body, counted);
    }

    private static void write(HttpExchange exchange, int status, byte[] body, boolean counted)
            throws IOException {
        boolean bodiless = exchange.getRequestMethod().equals("HEAD");
        long length = counted ? (body.length == 0 ? -1 : body.length) : 0;
        exchange.sendResponseHeaders(status, bodiless ? -1 : length);
        if (!bodiless && length >= 0) {
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        }
    }

    private Answer answer(HttpExchange exchange, String body) throws InterruptedException {
        String method = exchange.getRequestMethod();
        String path = exchange.getRequestURI().getPath();
        String rawQuery = exchange.getRequestURI().getRawQuery();
        Route route = Route.of(path, settings.is24());
        // Neither of these two asks for credentials.
        if (route == null) {
            return Answer.error(
                    404, path, method + " " + exchange.getRequestURI() + " 404 Not Found");
        }
        if (!route.methods().contains(method)) {
            return Answer.error(405, path, "405 Method " + method + " Not Allowed");
        }
        Query query = new Query(rawQuery);
        if (!isAuthorized(exchange, query)) {
            return new Answer(401, PLAIN, "401 Unauthorized\n", true);
        }
        try {
            return switch (route.name()) {
                case "version" -> one(200, "version", settings.reportedVersion());
                case "health" -> one(200, "status", "OK");
                case "status" -> status(query);
                case "actions" -> method.equals("POST") ? act(body) : actions(query);
                case "list" -> list(route.argument());
                case "tables" -> tables(route.argument().equals("all"), query);
                case "create" -> begin(201, commands.create(query));
                case "create_remote" -> begin(201, commands.createRemote(query));
                case "upload" -> begin(200, commands.upload(route.argument(), query));
                case "download" -> begin(200, commands.download(route.argument(), query));
                case "restore", "restore_remote" ->
                        begin(200, commands.restore(route.name(), route.argument(), query));
                case "delete" -> delete(route.argument(), route.second());
                case "kill" -> kill(query);
                case "clean" -> clean("clean", () -> {});
                case "clean_remote_broken" -> clean("clean_remote_broken", node::cleanRemoteBroken);
                case "clean_local_broken" -> clean("clean_local_broken", node::cleanLocalBroken);
                default -> throw new IllegalStateException(route.name());
            };
        } catch (Commands.Refused e) {
            return Answer.error(e.status(), route.name(), e.getMessage());
        }
    }

    private boolean isAuthorized(HttpExchange exchange, Query query) {
        String user = "";
        String password = "";
        String header = exchange.getRequestHeaders().getFirst("Authorization");
        if (header != null && header.regionMatches(true, 0, "Basic ", 0, 6)) {
            try {
                String decoded =
                        new String(
                                Base64.getDecoder().decode(header.substring(6).trim()),
                                StandardCharsets.UTF_8);
                int colon = decoded.indexOf(':');
                if (colon >= 0) {
                    user = decoded.substring(0, colon);
                    password = decoded.substring(colon + 1);
                }
            } catch (IllegalArgumentException e) {
                return false; // not base64, so not the right credentials either
            }
        }
        // The query wins. An open server refuses credentials, since they are not the empty ones it
        // wants.
        return query.first("user").orElse(user).equals(settings.user())
                && query.first("pass").orElse(password).equals(settings.password());
    }

    private Answer lines(List<Map<String, Object>> rows) {
        return new Answer(
                200, JSON, rows.stream().map(Json::line).collect(Collectors.joining()), false);
    }

    private static Answer one(int status, Map<String, Object> json) {
        return new Answer(status, JSON, Json.line(json), false);
    }

    private static Answer one(int status, String... keysAndValues) {
        Map<String, Object> json = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            json.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        return one(status, json);
    }

    private Answer status(Query query) {
        String id = settings.is24() ? "" : query.first("operationid").orElse("");
        return lines(id.isEmpty() ? life.history().last("", 1) : life.history().byOperationId(id));
    }

    private Answer actions(Query query) {
        String last = query.first("last").orElse("");
        int count = 0;
        if (!last.isEmpty()) {
            try {
                count = Short.parseShort(last);
            } catch (NumberFormatException e) {
                return Answer.error(
                        500,
                        "actions",
                        "strconv.ParseInt: parsing \"" + last + "\": invalid syntax");
            }
        }
        return lines(life.history().last(query.first("filter").orElse(""), count));
    }

    private Answer list(String where) throws InterruptedException {
        History.Row row = life.history().start(where.isEmpty() ? "list" : "list " + where, "");
        List<Map<String, Object>> backups = new ArrayList<>();
        if (where.isEmpty() || where.equals("local")) {
            backups.addAll(node.listLocal());
        }
        if (where.isEmpty() || where.equals("remote")) {
            Life.pause(settings.listTime());
            backups.addAll(node.listRemote());
        }
        // The server ends the row a moment after its answer; a test could not rely on that moment.
        row.end("success", "");
        return lines(backups);
    }

    private Answer begin(int acknowledged, Work work) {
        Optional<History.Row> row = life.begin(work, true);
        if (row.isEmpty()) {
            return Answer.error(423, work.operation(), LOCKED);
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("status", "acknowledged");
        json.put("operation", work.operation());
        json.put("backup_name", work.name());
        if (work.operation().equals("upload")) {
            if (!work.diffFrom().isEmpty()) {
                json.put("backup_from", work.diffFrom());
            }
            json.put("diff", !work.diffFrom().isEmpty());
        }
        if (!row.get().operationId().isEmpty()) {
            json.put("operation_id", row.get().operationId());
        }
        return one(acknowledged, json);
    }

    private Answer delete(String where, String name) throws InterruptedException {
        Optional<History.Row> row = life.history().startAlone("delete " + where + " " + name, "");
        if (row.isEmpty()) {
            return Answer.error(423, "delete", LOCKED);
        }
        try {
            life.delete(row.get(), where, name);
        } catch (OperationFailed e) {
            return Answer.error(500, "delete", e.getMessage());
        }
        return one(
                200,
                "status",
                "success",
                "operation",
                "delete",
                "backup_name",
                name,
                "location",
                where);
    }

    /** No row, no lock. Of a backup where the version can, else of the live tables. */
    private Answer tables(boolean all, Query query) {
        String pattern = query.first("table").orElse("");
        Optional<String> remote = ofBackup(query, "remote_backup");
        if (remote.isPresent()) {
            String name = remote.get();
            return node.remote(name)
                    .map(backup -> lines(BackupTables.of(backup, pattern)))
                    .orElseGet(() -> noTables("backup '" + name + "' not found on remote storage"));
        }
        Optional<String> local = ofBackup(query, "local_backup");
        if (local.isPresent()) {
            String name = local.get();
            return node.local(name)
                    .map(backup -> lines(BackupTables.of(backup, pattern)))
                    .orElseGet(
                            () ->
                                    noTables(
                                            "collectTablesFromLocalBackup getLocalBackup: backup '"
                                                    + name
                                                    + "' is not found"));
        }
        return lines(BackupTables.live(live, pattern, all));
    }

    private Optional<String> ofBackup(Query query, String parameter) {
        return settings.is24() ? Optional.empty() : query.firstInAnySpelling(parameter);
    }

    private static Answer noTables(String error) {
        return Answer.error(500, "tables", error);
    }

    private Answer kill(Query query) {
        try {
            if (settings.is24() && !query.has("command")) {
                throw new OperationFailed("require non empty `command` parameter");
            }
            String asked = query.first("command").orElse("");
            String killed = life.cancel(asked, "canceled from API /backup/kill");
            return one(
                    200,
                    "status",
                    "success",
                    "operation",
                    "kill",
                    "command",
                    settings.is24() ? asked : killed);
        } catch (OperationFailed e) {
            return one(500, "status", "error", "operation", "kill", "error", e.getMessage());
        }
    }

    private Answer clean(String command, Runnable change) {
        History.Row row = life.history().start(command, "");
        change.run();
        row.end("success", "");
        return one(200, "status", "success", "operation", command);
    }

    private Answer act(String body) throws InterruptedException {
        if (body.isEmpty()) {
            return Answer.error(400, "", "empty request");
        }
        List<Map<String, Object>> results = new ArrayList<>();
        for (String line : body.split("\n")) {
            if (line.isEmpty()) {
                continue;
            }
            String command;
            try {
                JsonNode json = Json.read(line);
                command = json.path("command").asText();
            } catch (JsonProcessingException e) {
                return Answer.error(400, line, "invalid JSON");
            }
            List<String> words = Commands.split(command);
            try {
                results.add(act(command, words));
            } catch (Commands.Refused e) {
                return Answer.error(e.status(), command, e.getMessage());
            } catch (OperationFailed e) {
                return Answer.error(500, command, e.getMessage());
            }
        }
        return lines(results);
    }

    private Map<String, Object> act(String command, List<String> words)
            throws OperationFailed, Commands.Refused, InterruptedException {
        String status = "success";
        switch (words.isEmpty() ? "" : words.get(0)) {
            case "create", "restore", "upload", "download", "create_remote", "restore_remote" -> {
                if (life.begin(commands.parse(command), false).isEmpty()) {
                    throw new OperationFailed(LOCKED);
                }
                status = "acknowledged";
            }
            case "delete" -> {
                History.Row row = alone(command);
                life.delete(
                        row,
                        words.size() > 1 ? words.get(1) : "",
                        words.size() > 2 ? words.get(2) : "");
            }
            case "clean_remote_broken" -> {
                History.Row row = alone(command);
                node.cleanRemoteBroken();
                row.end("success", "");
            }
            case "clean", "clean_local_broken" -> {
                if (settings.is24()) {
                    throw new Commands.Refused(400, "unknown command");
                }
                History.Row row = alone(command);
                if (words.get(0).equals("clean_local_broken")) {
                    node.cleanLocalBroken();
                }
                row.end("success", "");
            }
            case "kill" -> {
                if (settings.is24() && words.size() < 2) {
                    throw new OperationFailed("kill <command> parameter empty");
                }
                String killed = words.size() < 2 ? "" : words.get(1);
                // Found before the kill gets a row, or a bare kill would kill itself.
                life.cancel(killed, "canceled from API /backup/actions");
                life.history().start(command, "").end("success", "");
            }
            default -> throw new Commands.Refused(400, "unknown command");
        }
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("status", status);
        result.put("operation", command);
        return result;
    }

    private History.Row alone(String command) throws OperationFailed {
        return life.history()
                .startAlone(command, "")
                .orElseThrow(() -> new OperationFailed(LOCKED));
    }

    /** What a path means. */
    private record Route(String name, List<String> methods, String argument, String second) {
        private static final List<String> READ = List.of("GET");
        private static final List<String> READ_OR_HEAD = List.of("GET", "HEAD");
        private static final List<String> WRITE = List.of("POST");

        static Route of(String path, boolean is24) {
            String[] parts = path.split("/", -1);
            if (path.equals("/health")) {
                return new Route("health", READ, "", "");
            }
            if (parts.length < 3 || !parts[1].equals("backup")) {
                return null;
            }
            String name = parts[2];
            String argument = parts.length > 3 ? parts[3] : "";
            boolean bare = parts.length == 3;
            boolean named = parts.length == 4 && !argument.isEmpty();
            Route route =
                    switch (name) {
                        case "status" -> bare ? new Route(name, READ, "", "") : null;
                        case "actions" ->
                                bare
                                        ? new Route(name, List.of("GET", "HEAD", "POST"), "", "")
                                        : null;
                        case "version" ->
                                bare && !is24 ? new Route(name, READ_OR_HEAD, "", "") : null;
                        case "kill" ->
                                bare ? new Route(name, List.of("POST", "GET"), "", "") : null;
                        case "tables" ->
                                bare || named && argument.equals("all")
                                        ? new Route(name, READ, argument, "")
                                        : null;
                        case "list" ->
                                bare
                                        ? new Route(name, READ_OR_HEAD, "", "")
                                        : named ? new Route(name, READ, argument, "") : null;
                        case "create" -> bare ? new Route(name, WRITE, "", "") : null;
                        case "create_remote" ->
                                bare && !is24 ? new Route(name, WRITE, "", "") : null;
                        case "clean" -> {
                            if (bare) {
                                yield new Route(name, WRITE, "", "");
                            }
                            boolean known =
                                    argument.equals("remote_broken")
                                            || argument.equals("local_broken") && !is24;
                            yield named && known
                                    ? new Route("clean_" + argument, WRITE, "", "")
                                    : null;
                        }
                        case "upload", "download", "restore" ->
                                named ? new Route(name, WRITE, argument, "") : null;
                        case "restore_remote" ->
                                named && !is24 ? new Route(name, WRITE, argument, "") : null;
                        case "delete" ->
                                parts.length == 5
                                                && !argument.isEmpty()
                                                && !Commands.clean(parts[4]).isEmpty()
                                        ? new Route(name, WRITE, argument, parts[4])
                                        : null;
                        default -> null;
                    };
            return route;
        }
    }
}
