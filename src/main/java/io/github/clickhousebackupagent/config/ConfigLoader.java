package io.github.clickhousebackupagent.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import io.github.clickhousebackupagent.internal.text.NearestName;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * Reads and checks a configuration: YAML, then placeholders, then the schema, then what a schema
 * cannot say. A file with any problem is refused whole, and all its problems are told at once.
 *
 * @param environment the value of an environment variable; null where it is not set
 * @param clock the time from which a schedule must fire again
 */
public record ConfigLoader(Function<String, String> environment, Clock clock) {

    private static final String DURATION = "a number and a unit (ms, s, m, h, d), such as 30s";

    private static final ObjectMapper MAPPER = ConfigJson.mapper();

    /** Returns a loader with this process' environment and clock. */
    public static ConfigLoader system() {
        return new ConfigLoader(System::getenv, Clock.systemDefaultZone());
    }

    /**
     * Reads a configuration from a file.
     *
     * @throws ConfigException if the file cannot be read, or anything in it is wrong
     */
    public AgentConfig load(Path file) {
        try {
            return parse(file.toString(), Files.readString(file));
        } catch (NoSuchFileException e) {
            throw new ConfigException(
                    file + ": no such file; give the configuration with --config FILE", e);
        } catch (IOException e) {
            throw new ConfigException(file + ": cannot be read: " + e, e);
        }
    }

    /**
     * Reads a configuration from text.
     *
     * @param file the name to use in messages
     * @throws ConfigException if anything in it is wrong
     */
    public AgentConfig parse(String file, String text) {
        return read(file, ConfigTree.parse(file, text, new Placeholders(environment)));
    }

    /**
     * Takes a configuration from what a platform has read, such as a part of its {@code
     * application.yaml}: the keys are those of {@code agent.yaml}, one below the other. A list may
     * come as a map from 0, 1 and so on, as some platforms make one of it.
     *
     * @param source the name to use in messages
     * @param keys texts, numbers, lists and maps of these; never changed
     * @throws ConfigException if anything in it is wrong
     */
    public AgentConfig parse(String source, Map<String, ?> keys) {
        return read(source, ConfigTree.of(source, keys, new Placeholders(environment)));
    }

    private AgentConfig read(String file, ConfigTree tree) {
        stopOnProblems(tree);
        JsonSchema schema = schema();
        JsonNode root = typed(tree.root(), schema.getSchemaNode(), schema.getSchemaNode());
        for (ValidationMessage message : schema.validate(root)) {
            report(message, root, schema.getSchemaNode(), tree);
        }
        stopOnProblems(tree);
        SecretFiles.read(root, tree);
        new ConfigChecks(root, tree, clock).run();
        stopOnProblems(tree);
        try {
            return MAPPER.treeToValue(root, AgentConfig.class);
        } catch (JsonProcessingException e) {
            // Checked against the schema before, so this is a fault of ours, not of the file.
            throw new ConfigException(file + ": " + e.getOriginalMessage(), e);
        }
    }

    /** Returns the JSON Schema of the configuration, as text. */
    public static String schemaText() {
        try (InputStream in = ConfigLoader.class.getResourceAsStream("agent.schema.json")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns a configuration as JSON with each default filled in, and each secret hidden. */
    public static JsonNode show(AgentConfig config) {
        JsonNode tree = MAPPER.valueToTree(config);
        for (JsonNode target : tree.path("targets")) {
            // Only the one of the two that was given, as both are an error.
            for (String name : SecretFiles.SECRETS) {
                if (target.hasNonNull(name + "-file")) {
                    ((ObjectNode) target).remove(name);
                }
            }
        }
        if (tree.path("http").hasNonNull(SecretFiles.TOKEN + "-file")) {
            ((ObjectNode) tree.path("http")).remove(SecretFiles.TOKEN);
        }
        if (tree.path("traces").hasNonNull(SecretFiles.HEADERS + "-file")) {
            ((ObjectNode) tree.path("traces")).remove(SecretFiles.HEADERS);
        }
        return tree;
    }

    private static JsonSchema schema() {
        return JsonSchemaFactory.getInstance(VersionFlag.V202012).getSchema(schemaText());
    }

    private static void stopOnProblems(ConfigTree tree) {
        if (!tree.problems().isEmpty()) {
            throw new ConfigException(tree.problems());
        }
    }

    /** Returns the tree with whole numbers where the schema wants them. */
    private static JsonNode typed(JsonNode node, JsonNode schema, JsonNode rootSchema) {
        JsonNode wanted = strict(schema, rootSchema);
        if (node instanceof ObjectNode numbered
                && wanted.path("type").asText().equals("array")
                && isList(numbered)) {
            ArrayNode array = JsonNodeFactory.instance.arrayNode();
            numbered.forEach(array::add);
            return typed(array, schema, rootSchema);
        }
        if (node instanceof ObjectNode object) {
            for (Map.Entry<String, JsonNode> field : object.properties()) {
                JsonNode below = wanted.path("properties").path(field.getKey());
                below = below.isMissingNode() ? wanted.path("additionalProperties") : below;
                field.setValue(typed(field.getValue(), below, rootSchema));
            }
        } else if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                array.set(i, typed(array.get(i), wanted.path("items"), rootSchema));
            }
        } else if (wanted.path("type").asText().equals("integer")
                && node.asText().matches("-?[0-9]{1,9}")) {
            return IntNode.valueOf(Integer.parseInt(node.asText()));
        }
        return node;
    }

    /** Returns whether its keys are 0, 1 and so on, in this order. */
    private static boolean isList(ObjectNode object) {
        int next = 0;
        for (Map.Entry<String, JsonNode> field : object.properties()) {
            if (!field.getKey().equals(Integer.toString(next++))) {
                return false;
            }
        }
        return next > 0;
    }

    /** Returns what a schema says of a value once its placeholders are replaced. */
    private static JsonNode strict(JsonNode schema, JsonNode rootSchema) {
        JsonNode found = schema;
        if (found.has("$ref")) {
            found = rootSchema.at(found.get("$ref").asText().substring(1));
        }
        return found.has("anyOf") ? found.get("anyOf").get(0) : found;
    }

    private static void report(
            ValidationMessage message, JsonNode root, JsonNode schema, ConfigTree tree) {
        if (message.getSchemaLocation().toString().contains("/$defs/placeholder")
                || message.getType().equals("anyOf")) {
            // The other half of an anyOf; what is wrong is told by the half that says the type.
            return;
        }
        String path = path(message);
        String allowed = message.getSchemaNode().asText();
        JsonNode node = root.at(path);
        String found = describe(node);
        switch (message.getType()) {
            case "additionalProperties" -> {
                Set<String> names = new LinkedHashSet<>();
                JsonNode properties = parentSchema(message, schema).path("properties");
                properties.fieldNames().forEachRemaining(names::add);
                String name = message.getProperty();
                tree.problem(
                        path + "/" + name,
                        "the unknown key " + name,
                        NearestName.allowed(name, new TreeSet<>(names)));
            }
            case "required" ->
                    tree.problem(
                            path,
                            "no key " + message.getProperty(),
                            message.getProperty() + " must be there");
            case "enum" ->
                    tree.problem(
                            path,
                            found,
                            StreamSupport.stream(message.getSchemaNode().spliterator(), false)
                                    .map(JsonNode::asText)
                                    .collect(Collectors.joining(", ")));
            case "type" -> tree.problem(path, found, typeName(allowed));
            case "minimum" -> tree.problem(path, found, "at least " + allowed);
            case "maximum" -> tree.problem(path, found, "at most " + allowed);
            case "minProperties", "minItems" -> tree.problem(path, "none", "at least " + allowed);
            case "pattern" -> tree.problem(path, found, patternName(allowed));
            default -> tree.problem(path, found, message.getMessage());
        }
    }

    private static String path(ValidationMessage message) {
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < message.getInstanceLocation().getNameCount(); i++) {
            path.append('/').append(message.getInstanceLocation().getElement(i));
        }
        return path.toString();
    }

    private static JsonNode parentSchema(ValidationMessage message, JsonNode schema) {
        // The message holds the node of its keyword; the schema that the keyword stands in is one
        // level up in the document.
        String fragment = message.getSchemaLocation().getFragment().toString();
        return schema.at(fragment.substring(0, fragment.lastIndexOf('/')));
    }

    private static String typeName(String type) {
        return switch (type) {
            case "object" -> "keys and values";
            case "array" -> "a list";
            case "integer" -> "a whole number";
            default -> "a single value";
        };
    }

    private static String patternName(String pattern) {
        return switch (pattern) {
            case Durations.PATTERN -> DURATION;
            case CatchUp.PATTERN -> "never, or " + DURATION;
            default -> "what matches " + pattern;
        };
    }

    private static String describe(JsonNode node) {
        if (node.isObject()) {
            return "keys and values";
        }
        return node.isArray() ? "a list" : "'" + node.asText() + "'";
    }
}
