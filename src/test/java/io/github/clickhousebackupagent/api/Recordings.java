package io.github.clickhousebackupagent.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What a real server answered. */
final class Recordings {

    static final ObjectMapper JSON = new ObjectMapper();

    private final List<JsonNode> items = new ArrayList<>();

    private Recordings() {}

    /**
     * @param version {@code 2.4.0} or {@code 2.8.0}
     */
    static Recordings of(String version) {
        Recordings recordings = new Recordings();
        String name = "/contract/clickhouse-backup-" + version + ".jsonl";
        try (InputStream in = Recordings.class.getResourceAsStream(name)) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            for (String line : text.lines().toList()) {
                recordings.items.add(JSON.readTree(line));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return recordings;
    }

    int status(String name) {
        return find(name).at("/response/status").asInt();
    }

    String body(String name) {
        return find(name).at("/response/body").asText();
    }

    String call(String name) {
        JsonNode request = find(name).path("request");
        return request.path("method").asText() + " " + request.path("path").asText();
    }

    ActionRow row(String name) {
        return read(find(name).path("row").toString(), ActionRow.class);
    }

    Acknowledgement acknowledgement(String name) {
        return read(body(name), Acknowledgement.class);
    }

    private JsonNode find(String name) {
        return items.stream()
                .filter(item -> item.path("case").asText().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no case " + name));
    }

    static <T> T read(String json, Class<T> type) {
        try {
            return JSON.readValue(json, type);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(json, e);
        }
    }
}
