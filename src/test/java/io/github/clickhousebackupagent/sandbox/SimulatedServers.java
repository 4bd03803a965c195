package io.github.clickhousebackupagent.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/** Starts servers, ends them after the test, and calls them. */
@Timeout(30)
abstract class SimulatedServers {
    final HttpClient client = HttpClient.newHttpClient();
    final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void end() throws Exception {
        for (AutoCloseable each : opened) {
            each.close();
        }
    }

    SimulatedServer start(SimulatedServer.Builder builder) {
        SimulatedServer server = builder.start();
        opened.add(server);
        return server;
    }

    HttpRequest.Builder request(SimulatedServer server, String path) {
        return HttpRequest.newBuilder(URI.create(server.uri() + path))
                .timeout(Duration.ofSeconds(10));
    }

    HttpResponse<String> get(SimulatedServer server, String path) throws Exception {
        return client.send(request(server, path).build(), BodyHandlers.ofString());
    }

    HttpResponse<String> post(SimulatedServer server, String path) throws Exception {
        return post(server, path, "");
    }

    HttpResponse<String> post(SimulatedServer server, String path, String body) throws Exception {
        return client.send(
                request(server, path).POST(BodyPublishers.ofString(body)).build(),
                BodyHandlers.ofString());
    }

    CompletableFuture<HttpResponse<String>> posting(SimulatedServer server, String path) {
        return client.sendAsync(
                request(server, path).POST(BodyPublishers.noBody()).build(),
                BodyHandlers.ofString());
    }

    /** Asks for an operation and waits for its end. */
    RecordedOperation done(SimulatedServer server, String path) throws Exception {
        assertThat(post(server, path).statusCode()).isIn(200, 201);
        finished(server);
        return server.operations().get(server.operations().size() - 1);
    }

    /** The same of one that must be a success. */
    void succeed(SimulatedServer server, String path) throws Exception {
        RecordedOperation operation = done(server, path);
        assertThat(operation.status()).as(operation.toString()).isEqualTo("success");
    }

    static void finished(SimulatedServer server) {
        until(() -> server.operations().stream().allMatch(o -> o.finish().isPresent()));
    }

    static void until(Callable<Boolean> condition) {
        Awaitility.await()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(2))
                .until(condition);
    }
}
