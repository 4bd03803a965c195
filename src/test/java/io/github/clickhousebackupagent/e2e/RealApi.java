package io.github.clickhousebackupagent.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;

/** What a test asks of the API of a {@link RealStack} itself, beside the agent. */
final class RealApi {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(20);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final RealStack stack;
    private final HttpClient http = HttpClient.newHttpClient();

    RealApi(RealStack stack) {
        this.stack = stack;
    }

    /**
     * The commands in progress. Asks for no list: that would be a command itself, and may keep a
     * server that has just been started from resuming.
     */
    List<String> running() {
        return actions().stream()
                .filter(row -> row.path("status").asText().equals("in progress"))
                .map(row -> row.path("command").asText())
                .toList();
    }

    /** The last row whose command begins with the operation and ends with the name. */
    Optional<JsonNode> row(String operation, String backup) {
        return actions().stream()
                .filter(row -> row.path("command").asText().startsWith(operation + " "))
                .filter(row -> row.path("command").asText().endsWith(" " + backup))
                .reduce((first, second) -> second);
    }

    List<JsonNode> localBackups() {
        return get("/backup/list/local");
    }

    List<JsonNode> remoteBackups() {
        return get("/backup/list/remote");
    }

    JsonNode remoteBackup(String name) {
        return remoteBackups().stream()
                .filter(backup -> backup.path("name").asText().equals(name))
                .findFirst()
                .orElseThrow();
    }

    void deleteLocalBackup(String name) {
        post("/backup/delete/local/" + name);
    }

    void deleteLocalBackups() {
        for (JsonNode backup : localBackups()) {
            deleteLocalBackup(backup.path("name").asText());
        }
    }

    /** Downloads a backup with what it is based on, and restores it over what is there. */
    void restore(String backup) {
        succeeds("/backup/download/" + backup, "download", backup);
        succeeds("/backup/restore/" + backup + "?rm", "restore", backup);
    }

    private void succeeds(String path, String operation, String backup) {
        post(path);
        Awaitility.await(operation + " of " + backup)
                .atMost(LIMIT)
                .pollDelay(Duration.ZERO)
                .pollInterval(POLL)
                .until(() -> running().isEmpty());
        JsonNode row = row(operation, backup).orElseThrow();
        assertThat(row.path("status").asText()).as(row.toString()).isEqualTo("success");
    }

    List<JsonNode> actions() {
        return get("/backup/actions");
    }

    private List<JsonNode> get(String path) {
        return jsonLines(text(path));
    }

    String text(String path) {
        HttpResponse<String> answer = send(request(path).GET());
        assertThat(answer.statusCode()).as(path + ": " + answer.body()).isEqualTo(200);
        return answer.body();
    }

    void post(String path) {
        HttpResponse<String> answer = send(request(path).POST(BodyPublishers.noBody()));
        assertThat(answer.statusCode()).as(path + ": " + answer.body()).isIn(200, 201);
    }

    /** Reads one JSON value a line, as the API answers and the agent's journal is written. */
    static List<JsonNode> jsonLines(String text) {
        List<JsonNode> values = new ArrayList<>();
        for (String line : text.lines().toList()) {
            try {
                values.add(JSON.readTree(line));
            } catch (JsonProcessingException e) {
                throw new AssertionError("not JSON: " + line, e);
            }
        }
        return values;
    }

    private HttpRequest.Builder request(String path) {
        String both = stack.username() + ":" + stack.password();
        return HttpRequest.newBuilder(URI.create(stack.apiUri() + path))
                .header(
                        "Authorization",
                        "Basic " + Base64.getEncoder().encodeToString(both.getBytes(UTF_8)))
                .timeout(LIMIT);
    }

    private HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError("no answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }
}
