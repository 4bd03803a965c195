package io.github.clickhousebackupagent.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/**
 * Replays what real servers answered, call by call, against the simulated one. Whoever relies on
 * the simulation relies on this.
 */
class ContractTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private final List<Replay> replays = new ArrayList<>();

    @TestFactory
    Stream<DynamicNode> version24AnswersAsRecorded() throws IOException {
        return replay(ServerVersion.V2_4, "api");
    }

    @TestFactory
    Stream<DynamicNode> version28AnswersAsRecorded() throws IOException {
        return replay(ServerVersion.V2_8, "api", "restore");
    }

    @AfterEach
    void end() {
        replays.forEach(Replay::close);
    }

    private Stream<DynamicNode> replay(ServerVersion version, String... parts) throws IOException {
        List<JsonNode> recording = read(version);
        // A part that is not replayed would be a silent gap.
        assertThat(recording).extracting(i -> i.path("part").asText()).containsOnly(parts);
        List<DynamicNode> nodes = new ArrayList<>();
        for (String part : parts) {
            List<JsonNode> items =
                    recording.stream().filter(i -> i.path("part").asText().equals(part)).toList();
            Replay replay = new Replay(version, items);
            replays.add(replay);
            List<DynamicNode> tests = new ArrayList<>();
            for (int i = 0; i < items.size(); i++) {
                int at = i;
                tests.add(dynamicTest(items.get(i).path("case").asText(), () -> replay.play(at)));
            }
            nodes.add(dynamicContainer(part, tests));
        }
        return nodes.stream();
    }

    private static List<JsonNode> read(ServerVersion version) throws IOException {
        String file = "/contract/clickhouse-backup-" + version.text() + ".jsonl";
        List<JsonNode> items = new ArrayList<>();
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(
                                ContractTest.class.getResourceAsStream(file),
                                StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                items.add(JSON.readTree(line));
            }
        }
        return items;
    }

    /** What the server called back with. */
    private record Callback(
            String method, String path, Map<String, List<String>> headers, String body) {}

    /** One part of a recording, against one server. */
    private static final class Replay implements AutoCloseable {
        private static final String RECORDED_CALLBACK_PORT = "18099";
        private static final Pattern ID =
                Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}");

        private final List<JsonNode> items;
        private final SimulatedServer server;
        private final HttpServer listener;
        private final BlockingQueue<Callback> callbacks = new LinkedBlockingQueue<>();
        private final HttpClient client = HttpClient.newHttpClient();
        private final Semaphore mayWork = new Semaphore(0);
        private final Map<String, Integer> recordedIds = new HashMap<>();
        private final Map<String, Integer> actualIds = new HashMap<>();
        private final Map<Integer, String> actualIdOf = new HashMap<>();

        Replay(ServerVersion version, List<JsonNode> items) throws IOException {
            this.items = items;
            this.server =
                    SimulatedServer.builder()
                            .version(version)
                            .reportedVersion("unknown")
                            .credentials("api", "s3cret")
                            .keepLocal(6)
                            .beforeWork(command -> mayWork.acquire())
                            .start();
            this.listener =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
            listener.createContext(
                    "/",
                    exchange -> {
                        try (exchange) {
                            callbacks.add(
                                    new Callback(
                                            exchange.getRequestMethod(),
                                            exchange.getRequestURI().toString(),
                                            Map.copyOf(exchange.getRequestHeaders()),
                                            new String(
                                                    exchange.getRequestBody().readAllBytes(),
                                                    StandardCharsets.UTF_8)));
                            exchange.sendResponseHeaders(200, -1);
                        }
                    });
            listener.start();
        }

        void play(int at) throws Exception {
            JsonNode item = items.get(at);
            if (isRunning() && !showsThatItRuns(at)) {
                mayWork.release();
                await().pollDelay(Duration.ZERO)
                        .pollInterval(Duration.ofMillis(2))
                        .until(() -> !isRunning());
            }
            if (item.has("request")) {
                playCall(item);
            } else if (item.has("row")) {
                playRow(item.get("row"));
            } else {
                playCallback(item.get("callback"));
            }
        }

        private void playCall(JsonNode item) throws Exception {
            JsonNode recorded = item.get("response");
            HttpResponse<String> response = call(item.get("request"));
            assertThat(response.statusCode()).isEqualTo(recorded.get("status").asInt());
            for (String header : List.of("Content-Type", "Transfer-Encoding", "Www-Authenticate")) {
                assertThat(response.headers().firstValue(header).orElse(null))
                        .as(header)
                        .isEqualTo(recorded.get("headers").path(header).asText(null));
            }
            assertThat(response.headers().firstValue("Content-Length").isPresent())
                    .as("Content-Length is there")
                    .isEqualTo(recorded.get("headers").has("Content-Length"));
            assertThat(masked(response.body(), actualIds, true))
                    .isEqualTo(masked(recorded.get("body").asText(), recordedIds, false));
        }

        private void playRow(JsonNode recorded) throws Exception {
            String command = recorded.get("command").asText();
            HttpResponse<String> actions = get("/backup/actions");
            Optional<String> last =
                    actions.body()
                            .lines()
                            .filter(l -> rowOf(l).get("command").asText().equals(command))
                            .reduce((first, second) -> second);
            assertThat(last).as("a row of " + command).isPresent();
            assertThat(masked(rowOf(last.get()).toString(), actualIds, true))
                    .isEqualTo(masked(recorded.toString(), recordedIds, false));
        }

        private void playCallback(JsonNode recorded) throws Exception {
            Callback got = callbacks.poll(10, TimeUnit.SECONDS);
            assertThat(got).as("a callback").isNotNull();
            assertThat(got.method()).isEqualTo("POST");
            assertThat(got.path()).isEqualTo(recorded.get("path").asText());
            for (String header : List.of("Content-Type", "User-Agent")) {
                assertThat(got.headers().get(capitalised(header)))
                        .containsExactly(recorded.get("headers").get(header).asText());
            }
            assertThat(masked(got.body(), actualIds, true))
                    .isEqualTo(masked(recorded.get("body").asText(), recordedIds, false));
        }

        /** Whether the recorded operation still ran at this item, as this or a later one shows. */
        private boolean showsThatItRuns(int from) {
            for (int i = from; i < items.size(); i++) {
                JsonNode item = items.get(i);
                if (item.has("callback")) {
                    return false;
                }
                if (item.has("row")) {
                    return item.get("row").get("status").asText().equals("in progress");
                }
                String body = item.get("response").get("body").asText();
                boolean killed = body.startsWith("{\"status\":\"success\",\"operation\":\"kill\"");
                if (killed
                        || body.contains("\"in progress\"")
                        || item.get("response").get("status").asInt() == 423) {
                    return true;
                }
                if (body.contains("\"acknowledged\"")) {
                    return false;
                }
            }
            return false;
        }

        private boolean isRunning() {
            return server.operations().stream().anyMatch(o -> o.finish().isEmpty());
        }

        private HttpResponse<String> get(String path) throws Exception {
            return call(
                    JSON.createObjectNode()
                            .put("method", "GET")
                            .put("path", path)
                            .put("auth", "good"));
        }

        private HttpResponse<String> call(JsonNode request) throws Exception {
            String path =
                    request.get("path")
                            .asText()
                            .replace(
                                    RECORDED_CALLBACK_PORT,
                                    String.valueOf(listener.getAddress().getPort()));
            Matcher id = ID.matcher(path);
            if (id.find() && recordedIds.containsKey(id.group())) {
                path = id.replaceFirst(actualIdOf.get(recordedIds.get(id.group())));
            }
            HttpRequest.Builder builder =
                    HttpRequest.newBuilder(URI.create(server.uri() + path))
                            .timeout(Duration.ofSeconds(10));
            String auth = request.get("auth").asText();
            if (!auth.equals("none")) {
                String user = "api:" + (auth.equals("good") ? "s3cret" : "wrong");
                builder.header(
                        "Authorization",
                        "Basic "
                                + Base64.getEncoder()
                                        .encodeToString(user.getBytes(StandardCharsets.UTF_8)));
            }
            String body = request.path("body").asText(null);
            builder.method(
                    request.get("method").asText(),
                    request.path("body").isTextual()
                            ? HttpRequest.BodyPublishers.ofString(body)
                            : HttpRequest.BodyPublishers.noBody());
            return client.send(builder.build(), HttpResponse.BodyHandlers.ofString());
        }

        private static JsonNode rowOf(String line) {
            try {
                return JSON.readTree(line);
            } catch (IOException e) {
                throw new AssertionError(line, e);
            }
        }

        /** As the JDK's server keys its headers: {@code Content-type}. */
        private static String capitalised(String header) {
            return header.charAt(0) + header.substring(1).toLowerCase(Locale.ROOT);
        }

        /** The text without what differs by nature; ids by the order in which they came up. */
        private String masked(String text, Map<String, Integer> ids, boolean actual) {
            String masked =
                    ID.matcher(text)
                            .replaceAll(
                                    m -> {
                                        int n = ids.computeIfAbsent(m.group(), k -> ids.size());
                                        if (actual) {
                                            actualIdOf.put(n, m.group());
                                        }
                                        return "ID-" + n;
                                    });
            return masked.replaceAll("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d", "TIME")
                    .replaceAll("\\d{4}-\\d\\d-\\d\\dT\\d\\d-\\d\\d-\\d\\d", "NAME")
                    .replaceAll(
                            "\"(size|data_size|metadata_size|compressed_size|TotalBytes)\":[1-9]\\d*",
                            "\"$1\":SIZE");
        }

        @Override
        public void close() {
            server.close();
            listener.stop(0);
        }
    }
}
