package io.github.clickhousebackupagent.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Reads each secret that is given by a file: {@code X-file} beside {@code X}. */
final class SecretFiles {

    /** The secrets of a target. */
    static final List<String> SECRETS = List.of("password", "clickhouse-password");

    /** The secret of {@code http}. */
    static final String TOKEN = "token";

    /** The secret of {@code traces}. */
    static final String HEADERS = "headers";

    private SecretFiles() {}

    static void read(JsonNode root, ConfigTree tree) {
        for (Map.Entry<String, JsonNode> target : root.path("targets").properties()) {
            for (String name : SECRETS) {
                read((ObjectNode) target.getValue(), "/targets/" + target.getKey(), name, tree);
            }
        }
        if (root.path("http") instanceof ObjectNode http) {
            read(http, "/http", TOKEN, tree);
        }
        if (root.path("traces") instanceof ObjectNode traces) {
            read(traces, "/traces", HEADERS, tree);
        }
    }

    private static void read(ObjectNode object, String path, String name, ConfigTree tree) {
        JsonNode given = object.get(name + "-file");
        if (given == null) {
            return;
        }
        String filePath = path + "/" + name + "-file";
        if (object.has(name)) {
            tree.problem(
                    filePath,
                    "both " + name + " and " + name + "-file",
                    "one of the two; better " + name + "-file");
            return;
        }
        try {
            String secret = withoutLastNewline(Files.readString(Path.of(given.asText())));
            if (secret.isEmpty()) {
                tree.problem(filePath, "the empty file " + given.asText(), "a file with a secret");
            }
            object.put(name, secret);
        } catch (NoSuchFileException e) {
            tree.problem(
                    filePath,
                    "'" + given.asText() + "', which does not exist",
                    "a file that holds the secret and that the agent may read");
        } catch (IOException e) {
            tree.problem(
                    filePath,
                    "'" + given.asText() + "', which cannot be read (" + e + ")",
                    "a file that holds the secret and that the agent may read");
        }
    }

    private static String withoutLastNewline(String text) {
        return text.replaceFirst("\\r?\\n\\z", "");
    }
}
