package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import io.github.clickhousebackupagent.internal.control.AgentAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** Calls the API of an agent, and holds each answer against the document that the agent serves. */
final class ApiCaller {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client = HttpClient.newBuilder().connectTimeout(LIMIT).build();
    private final URI base;
    private final String token;
    private JsonNode document;

    private ApiCaller(URI base, String token) {
        this.base = base;
        this.token = token;
    }

    /**
     * Returns one for the agent that runs on a state folder.
     *
     * @param token what is shown; null: none
     */
    static ApiCaller of(Path stateDirectory, String token) {
        URI url = AgentAddress.read(stateDirectory).orElseThrow().url();
        return new ApiCaller(URI.create(url + "/api/v1"), token);
    }

    URI base() {
        return base;
    }

    /**
     * An answer that is as the document says.
     *
     * @param status of HTTP
     * @param json the body
     * @param headers of the answer
     */
    record Answer(int status, JsonNode json, HttpResponse<String> headers) {

        String header(String name) {
            return headers.headers().firstValue(name).orElse(null);
        }

        String detail() {
            return json.path("detail").asText();
        }
    }

    Answer get(String path, String template) {
        return call("GET", path, template, null, Map.of());
    }

    Answer post(String path, String template, String body, Map<String, String> headers) {
        return call("POST", path, template, body, headers);
    }

    /**
     * Makes a call.
     *
     * @param template the path in the document; null: it is not of the document
     */
    Answer call(
            String method, String path, String template, String body, Map<String, String> headers) {
        HttpRequest.Builder call =
                HttpRequest.newBuilder(URI.create(base + path))
                        .timeout(LIMIT)
                        .method(
                                method,
                                body == null
                                        ? BodyPublishers.noBody()
                                        : BodyPublishers.ofString(body));
        if (token != null) {
            call.header("Authorization", "Bearer " + token);
        }
        if (body != null && !headers.containsKey("Content-Type")) {
            call.header("Content-Type", "application/json");
        }
        headers.forEach(call::header);
        try {
            HttpResponse<String> answer = client.send(call.build(), BodyHandlers.ofString());
            JsonNode json = JSON.readTree(answer.body());
            requireDocumented(method, template, answer, json);
            return new Answer(answer.statusCode(), json, answer);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private void requireDocumented(
            String method, String template, HttpResponse<String> answer, JsonNode json)
            throws IOException, InterruptedException {
        String type = answer.headers().firstValue("Content-Type").orElse("");
        int status = answer.statusCode();
        assertThat(type)
                .as("%d %s", status, answer.body())
                .isEqualTo(status < 400 ? "application/json" : "application/problem+json");
        assertThat(status).as(answer.body()).isNotEqualTo(500);
        JsonNode schema;
        if (status >= 400) {
            assertThat(json.path("status").asInt()).isEqualTo(status);
            schema = document().at("/components/schemas/Problem");
        } else {
            JsonNode operation = document().path("paths").path(template).path(method.toLowerCase());
            JsonNode response = operation.path("responses").path(Integer.toString(status));
            String elsewhere = response.path("$ref").asText();
            schema =
                    (elsewhere.isEmpty() ? response : document().at(elsewhere.substring(1)))
                            .path("content")
                            .path(type)
                            .path("schema");
        }
        assertThat(schema.isMissingNode())
                .as("%s %s %d is not documented", method, template, status)
                .isFalse();
        ObjectNode whole = schema.deepCopy();
        whole.set("components", document().path("components"));
        assertThat(
                        JsonSchemaFactory.getInstance(VersionFlag.V202012)
                                .getSchema(whole)
                                .validate(json))
                .as(answer.body())
                .isEmpty();
    }

    private JsonNode document() throws IOException, InterruptedException {
        if (document == null) {
            HttpRequest.Builder call = HttpRequest.newBuilder(URI.create(base + "/openapi.json"));
            if (token != null) {
                call.header("Authorization", "Bearer " + token);
            }
            document =
                    JSON.readTree(
                            client.send(call.timeout(LIMIT).build(), BodyHandlers.ofString())
                                    .body());
        }
        return document;
    }
}
