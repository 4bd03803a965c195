package io.github.clickhousebackupagent.internal.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A Prometheus of this machine, as a process, with its data in a folder of its own. */
final class PrometheusProcess implements AutoCloseable {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration SPAN = Duration.ofMinutes(2);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client = HttpClient.newHttpClient();
    private final Process process;
    private final int port;

    private PrometheusProcess(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /**
     * Returns a program of Prometheus: that of the property of its name, or of the PATH.
     *
     * @param name such as {@code promtool}
     */
    static Optional<Path> program(String name) {
        String told = System.getProperty(name);
        if (told != null) {
            return Optional.of(Path.of(told));
        }
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /**
     * Starts one, and waits until it answers.
     *
     * @param folder of its data and its log; its {@code prometheus.yaml} is there
     */
    static PrometheusProcess start(Path program, Path folder) throws IOException {
        int port = freePort();
        Path log = folder.resolve("log");
        Process process =
                new ProcessBuilder(
                                program.toString(),
                                "--config.file=" + folder.resolve("prometheus.yaml"),
                                "--storage.tsdb.path=" + folder.resolve("data"),
                                "--web.listen-address=127.0.0.1:" + port)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        PrometheusProcess started = new PrometheusProcess(process, port);
        try {
            await().atMost(SOON).until(started::isReady);
        } catch (RuntimeException e) {
            started.close();
            throw new AssertionError("Prometheus does not start: " + Files.readString(log), e);
        }
        return started;
    }

    /** Returns a port of loopback that nobody listens at. */
    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private boolean isReady() {
        assertThat(process.isAlive()).as("it runs").isTrue();
        try {
            return get("/-/ready").statusCode() == 200;
        } catch (UncheckedIOException e) {
            return false; // It does not listen yet.
        }
    }

    /** Asks for the value of a query as it is now, and returns its series. */
    JsonNode query(String query) {
        return data("/api/v1/query?query=" + encoded(query)).get("result");
    }

    /** Asks for the value of the only series that a query finds; NaN if there is not one. */
    double value(String query) {
        JsonNode found = query(query);
        return found.size() == 1
                ? Double.parseDouble(found.get(0).get("value").get(1).asText())
                : Double.NaN;
    }

    /** Asks for the values of a query over the last two minutes, and returns its series. */
    JsonNode queryRange(String query) {
        Instant now = Instant.now();
        return data("/api/v1/query_range?step=2&start=%s&end=%s&query=%s"
                        .formatted(
                                now.minus(SPAN).getEpochSecond(),
                                now.getEpochSecond(),
                                encoded(query)))
                .get("result");
    }

    /** Asks for what a label is, of all series of a selector. */
    JsonNode labelValues(String label, String selector) {
        return data(
                "/api/v1/label/%s/values?%s=%s"
                        .formatted(label, encoded("match[]"), encoded(selector)));
    }

    private JsonNode data(String path) {
        HttpResponse<String> answer = get(path);
        assertThat(answer.statusCode()).as(path + " " + answer.body()).isEqualTo(200);
        try {
            JsonNode json = JSON.readTree(answer.body());
            assertThat(json.get("status").asText()).as(answer.body()).isEqualTo("success");
            return json.get("data");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private HttpResponse<String> get(String path) {
        try {
            return client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                            .timeout(SOON)
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Ends it, and waits until it writes nothing more. */
    @Override
    public void close() {
        process.destroyForcibly();
        try {
            if (!process.waitFor(SOON.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("Prometheus is not gone within " + SOON);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
