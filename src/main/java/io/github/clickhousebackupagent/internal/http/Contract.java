package io.github.clickhousebackupagent.internal.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import io.github.clickhousebackupagent.internal.text.Excerpt;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * What the API offers, as {@code openapi.yaml} says it. Immutable but for schemas that are kept.
 */
final class Contract {

    /** Where the API begins; paths in the document are below it. */
    static final String BASE = "/api/v1";

    /** Beyond these, nobody mends one after the other. */
    private static final int PROBLEMS = 5;

    private static final int LONGEST_PROBLEM = 300;

    private static final String FILE = "/io/github/clickhousebackupagent/openapi.yaml";

    /**
     * What a call matches.
     *
     * @param operation as the document has it
     * @param path values in the path, by name
     */
    record Match(JsonNode operation, Map<String, String> path) {

        String id() {
            return operation.path("operationId").asText();
        }

        /** Returns whether it changes anything: then it has a token in the document. */
        boolean changes() {
            return operation.has("security");
        }
    }

    private final ObjectNode document;
    private final Map<String, JsonSchema> schemas = new ConcurrentHashMap<>();

    private Contract(ObjectNode document) {
        this.document = document;
    }

    /** Reads the document of this version. */
    static Contract read() {
        try (InputStream in = Contract.class.getResourceAsStream(FILE)) {
            Object yaml =
                    new Load(LoadSettings.builder().build())
                            .loadFromString(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            return new Contract((ObjectNode) Json.tree(yaml));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    JsonNode document() {
        return document;
    }

    /**
     * Returns what a call asks for.
     *
     * @param path below {@link #BASE}, as it was sent
     * @throws ProblemException if there is nothing such
     */
    Match match(String method, String path) {
        Set<String> allowed = new TreeSet<>();
        for (Map.Entry<String, JsonNode> offered : document.path("paths").properties()) {
            Optional<Map<String, String>> values = values(offered.getKey(), path);
            if (values.isPresent()) {
                JsonNode operation = offered.getValue().get(method.toLowerCase(Locale.ROOT));
                if (operation != null) {
                    return checked(new Match(operation, values.get()));
                }
                offered.getValue()
                        .fieldNames()
                        .forEachRemaining(name -> allowed.add(name.toUpperCase(Locale.ROOT)));
            }
        }
        if (allowed.isEmpty()) {
            throw ProblemException.of(
                    404,
                    "found no "
                            + Excerpt.of(BASE + path)
                            + "; allowed: what openapi.json there offers");
        }
        String methods = String.join(", ", allowed);
        throw ProblemException.of(405, "found %s; allowed: %s".formatted(method, methods))
                .with("Allow", methods);
    }

    /** A value in the path that can be of nothing is of nothing that is there. */
    private Match checked(Match match) {
        for (JsonNode parameter : match.operation().path("parameters")) {
            JsonNode whole = resolved(parameter);
            String name = whole.path("name").asText();
            if (whole.path("in").asText().equals("path")) {
                String value = match.path().get(name);
                if (!schema(whole.path("schema")).validate(Json.tree(value)).isEmpty()) {
                    throw ProblemException.of(
                            404,
                            "%s: found '%s'; allowed: %s"
                                    .formatted(
                                            name,
                                            Excerpt.of(value),
                                            allowed(resolved(whole.path("schema")))));
                }
            }
        }
        return match;
    }

    private static String allowed(JsonNode text) {
        return text.has("pattern")
                ? text.get("pattern").asText()
                : "%d to %d characters"
                        .formatted(text.path("minLength").asInt(), text.path("maxLength").asInt());
    }

    private static Optional<Map<String, String>> values(String template, String path) {
        String[] wanted = template.split("/", -1);
        String[] found = path.split("/", -1);
        if (wanted.length != found.length) {
            return Optional.empty();
        }
        Map<String, String> values = new LinkedHashMap<>();
        for (int i = 0; i < wanted.length; i++) {
            if (wanted[i].startsWith("{")) {
                if (found[i].isEmpty()) {
                    return Optional.empty();
                }
                values.put(wanted[i].substring(1, wanted[i].length() - 1), decoded(found[i]));
            } else if (!wanted[i].equals(found[i])) {
                return Optional.empty();
            }
        }
        return Optional.of(values);
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw ProblemException.of(
                    400, "found '%s'; allowed: percent-encoded text".formatted(Excerpt.of(text)));
        }
    }

    /**
     * Returns the values in a query, each with its default.
     *
     * @param query as it was sent; null: there is none
     * @throws ProblemException if one is unknown, twice there, or not as the document has it
     */
    Map<String, String> query(Match match, String query) {
        Map<String, JsonNode> offered = new LinkedHashMap<>();
        for (JsonNode parameter : match.operation().path("parameters")) {
            JsonNode whole = resolved(parameter);
            if (whole.path("in").asText().equals("query")) {
                offered.put(whole.path("name").asText(), whole.path("schema"));
            }
        }
        Map<String, String> values = new LinkedHashMap<>();
        for (String part :
                query == null || query.isEmpty() ? new String[0] : query.split("&", -1)) {
            int equals = part.indexOf('=');
            String name = decodedQuery(equals < 0 ? part : part.substring(0, equals));
            String value = equals < 0 ? "" : decodedQuery(part.substring(equals + 1));
            if (!offered.containsKey(name)) {
                throw ProblemException.of(
                        400,
                        "found the unknown parameter '%s'; allowed: %s"
                                .formatted(
                                        Excerpt.of(name),
                                        offered.isEmpty()
                                                ? "none"
                                                : String.join(", ", offered.keySet())));
            }
            requireValid(name, typed(value, offered.get(name)), offered.get(name));
            if (values.put(name, value) != null) {
                throw ProblemException.of(400, name + ": found twice; allowed: once");
            }
        }
        offered.forEach(
                (name, schema) -> {
                    if (schema.has("default")) {
                        values.putIfAbsent(name, schema.get("default").asText());
                    }
                });
        return values;
    }

    private static String decodedQuery(String text) {
        return decoded(text.replace("+", "%20"));
    }

    private static JsonNode typed(String value, JsonNode schema) {
        boolean whole = schema.path("type").asText().equals("integer");
        return whole && value.matches("-?[0-9]{1,9}")
                ? Json.tree(Integer.valueOf(value))
                : Json.tree(value);
    }

    /**
     * Returns the body of a call; null: it need not have one, and has none. Nothing but no byte at
     * all is none: what somebody sent must not be taken for the wish that everything is meant.
     *
     * @param contentType header; null: there is none
     * @param sent the body as it was sent; null: there is none
     * @throws ProblemException if it is not as the document has it
     */
    JsonNode body(Match match, String contentType, byte[] sent) {
        JsonNode wanted = match.operation().path("requestBody");
        boolean empty = sent == null || sent.length == 0;
        if (wanted.isMissingNode()) {
            if (!empty) {
                throw ProblemException.of(400, "found a body; allowed: none");
            }
            return null;
        }
        boolean left = empty && !wanted.path("required").asBoolean();
        String type = contentType == null ? "" : contentType.replaceFirst(";.*", "").strip();
        // Of a form, for example, the server that took the call leaves no body.
        if (!type.equalsIgnoreCase(Reply.JSON) && !(left && type.isEmpty())) {
            throw ProblemException.of(415, HttpApi.noJson(contentType));
        }
        if (left) {
            return null;
        }
        JsonNode body;
        try {
            body = Json.parse(empty ? "" : utf8(sent));
        } catch (IOException e) {
            throw ProblemException.of(
                    400, "found no JSON; allowed: one JSON object in UTF-8, with each field once");
        }
        requireValid("body", body, wanted.path("content").path(Reply.JSON).path("schema"));
        return body;
    }

    private static String utf8(byte[] sent) throws CharacterCodingException {
        return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(sent)).toString();
    }

    private void requireValid(String name, JsonNode value, JsonNode schema) {
        Set<String> problems = new LinkedHashSet<>();
        for (ValidationMessage message : schema(schema).validate(value)) {
            problems.add((name.equals("body") ? "" : name + ": ") + told(message));
        }
        if (!problems.isEmpty()) {
            throw ProblemException.of(
                    400,
                    problems.stream().limit(PROBLEMS).collect(Collectors.joining("; "))
                            + (problems.size() > PROBLEMS ? "; and more" : ""));
        }
    }

    /** What was found is told where the validator only says that it is not as it should be. */
    private String told(ValidationMessage message) {
        String where = message.getInstanceLocation().toString().replaceFirst("^\\$\\.?", "");
        JsonNode found = message.getInstanceNode();
        JsonNode allowed = message.getSchemaNode();
        return switch (message.getType()) {
            case "pattern", "const" -> told(where, found.asText(), allowed.asText());
            case "enum" -> told(where, found.asText(), String.join(", ", texts(allowed)));
            case "propertyNames" ->
                    told(where, message.getProperty(), resolved(allowed).path("pattern").asText());
            default ->
                    Excerpt.of(
                            message.getMessage()
                                    .replaceFirst("^\\$: ", "")
                                    .replaceFirst("^\\$\\.", ""),
                            LONGEST_PROBLEM);
        };
    }

    private static String told(String where, String found, String allowed) {
        return (where.isEmpty() ? "" : Excerpt.of(where) + ": ")
                + "found '%s'; allowed: %s".formatted(Excerpt.of(found), allowed);
    }

    private static List<String> texts(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asText).toList();
    }

    /** Returns a part of the document as a schema that finds the others. */
    JsonSchema schema(JsonNode part) {
        return schemas.computeIfAbsent(
                part.toString(),
                any -> {
                    ObjectNode whole = (ObjectNode) Json.tree(Map.of());
                    whole.set("components", document.path("components"));
                    whole.setAll((ObjectNode) part.deepCopy());
                    return JsonSchemaFactory.getInstance(VersionFlag.V202012).getSchema(whole);
                });
    }

    private JsonNode resolved(JsonNode node) {
        return node.has("$ref") ? document.at(node.get("$ref").asText().substring(1)) : node;
    }
}
