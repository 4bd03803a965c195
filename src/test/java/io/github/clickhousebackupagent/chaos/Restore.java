package io.github.clickhousebackupagent.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.sandbox.RecordedOperation;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;

/** What a backup is for: brings one back from remote storage into another database. Stateless. */
final class Restore {

    private static final String INTO = "restored";

    private Restore() {}

    /** Restores a backup with what it is based on, or fails. */
    static void of(SimulatedServer server, String backup) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        // A local copy would be restored in its place; where there is none, it says so.
        post(client, server, "/backup/delete/local/" + backup);
        done(client, server, "/backup/download/" + backup);
        done(
                client,
                server,
                "/backup/restore/" + backup + "?restore_database_mapping=shop:" + INTO);
        assertThat(server.rows(INTO, "orders")).as("rows of %s", backup).isPresent();
        assertThat(server.rows(INTO, "orders").getAsLong()).isGreaterThanOrEqualTo(1_000_000);
    }

    private static void done(HttpClient client, SimulatedServer server, String path)
            throws Exception {
        int before = server.operations().size();
        HttpResponse<String> answer = post(client, server, path);
        assertThat(answer.statusCode()).as("%s: %s", path, answer.body()).isEqualTo(200);
        RecordedOperation operation =
                Awaitility.await(path)
                        .atMost(Duration.ofSeconds(10))
                        .pollInterval(Duration.ofMillis(5))
                        .until(() -> ended(server.operations(before)), ended -> ended.isPresent())
                        .orElseThrow();
        assertThat(operation.status()).as(operation.toString()).isEqualTo("success");
    }

    private static Optional<RecordedOperation> ended(List<RecordedOperation> operations) {
        return operations.stream().filter(o -> o.finish().isPresent()).findFirst();
    }

    private static HttpResponse<String> post(HttpClient client, SimulatedServer server, String path)
            throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create(server.uri() + path))
                        .POST(HttpRequest.BodyPublishers.noBody())
                        .timeout(Duration.ofSeconds(10))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
