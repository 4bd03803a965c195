package io.github.clickhousebackupagent.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * A YAML file as a tree whose places are known: each key's line, and its problems so far.
 *
 * <p>Every scalar is text here, as it was written and with its placeholders replaced: what the
 * schema calls an integer is made one later, and a password such as {@code 0123} stays what it is.
 * A key without a value is left out.
 */
final class ConfigTree {

    private static final int NO_LINE = 0;

    private final String file;
    private final Placeholders placeholders;
    private final Map<String, Integer> lines = new HashMap<>();
    private final List<ConfigProblem> problems = new ArrayList<>();
    private final Set<Node> open = Collections.newSetFromMap(new IdentityHashMap<>());
    private final JsonNode root;

    private ConfigTree(String file, String text, Placeholders placeholders) {
        this.file = file;
        this.placeholders = placeholders;
        lines.put("", 1);
        Optional<Node> node;
        try {
            node =
                    new Compose(
                                    LoadSettings.builder()
                                            .setLabel(file)
                                            .setParseComments(false)
                                            .build())
                            .composeString(text);
        } catch (MarkedYamlEngineException e) {
            throw new ConfigException(
                    List.of(
                            new ConfigProblem(
                                    file,
                                    e.getProblemMark().map(Mark::getLine).orElse(0) + 1,
                                    "(file)",
                                    "what is not YAML: " + e.getProblem(),
                                    "YAML, with spaces for indentation")));
        } catch (YamlEngineException e) {
            throw new ConfigException(file + ": not YAML: " + e.getMessage(), e);
        }
        root = node.map(top -> convert(top, "")).orElseGet(JsonNodeFactory.instance::objectNode);
    }

    private ConfigTree(String source, Map<?, ?> keys, Placeholders placeholders) {
        this.file = source;
        this.placeholders = placeholders;
        lines.put("", NO_LINE);
        root = of(keys, "");
    }

    /** Takes over a tree that somebody else has read. */
    static ConfigTree of(String source, Map<?, ?> keys, Placeholders placeholders) {
        return new ConfigTree(source, keys, placeholders);
    }

    private JsonNode of(Object value, String path) {
        if (value instanceof Map<?, ?> map) {
            var object = JsonNodeFactory.instance.objectNode();
            map.forEach(
                    (name, below) -> {
                        String key = resolve(String.valueOf(name), path);
                        JsonNode node = of(below, path + "/" + key);
                        if (node != null) {
                            object.set(key, node);
                        }
                    });
            return object;
        }
        if (value instanceof Iterable<?> list) {
            var array = JsonNodeFactory.instance.arrayNode();
            for (Object item : list) {
                JsonNode node = of(item, path + "/" + array.size());
                if (node != null) {
                    array.add(node);
                }
            }
            return array;
        }
        String text = value == null ? "" : resolve(value.toString(), path);
        return text.isEmpty() ? null : JsonNodeFactory.instance.textNode(text);
    }

    /**
     * Reads a tree.
     *
     * @throws ConfigException if the text is not YAML
     */
    static ConfigTree parse(String file, String text, Placeholders placeholders) {
        return new ConfigTree(file, text, placeholders);
    }

    JsonNode root() {
        return root;
    }

    List<ConfigProblem> problems() {
        return List.copyOf(problems);
    }

    /**
     * Notes a problem.
     *
     * @param path of the key: each part behind a slash, as in a JSON pointer, unescaped
     */
    void problem(String path, String found, String allowed) {
        String key = path.isEmpty() ? "(file)" : path.substring(1).replace('/', '.');
        ConfigProblem problem = new ConfigProblem(file, line(path), key, found, allowed);
        // Two parts of the schema may speak of one place.
        if (!problems.contains(problem)) {
            problems.add(problem);
        }
    }

    private int line(String path) {
        String known = path;
        while (!lines.containsKey(known)) {
            known = known.substring(0, known.lastIndexOf('/'));
        }
        return lines.get(known);
    }

    private JsonNode convert(Node node, String path) {
        if (!open.add(node)) {
            problem(path, "an alias of what it is in", "an alias of something else");
            return null;
        }
        try {
            return converted(node, path);
        } finally {
            open.remove(node);
        }
    }

    private JsonNode converted(Node node, String path) {
        if (node instanceof MappingNode mapping) {
            var object = JsonNodeFactory.instance.objectNode();
            for (NodeTuple entry : mapping.getValue()) {
                String key = keyOf(entry.getKeyNode(), path);
                String below = path + "/" + key;
                int line = lineOf(entry.getKeyNode());
                Integer before = lines.putIfAbsent(below, line);
                if (before != null) {
                    problems.add(
                            new ConfigProblem(
                                    file,
                                    line,
                                    below.substring(1).replace('/', '.'),
                                    "the name " + key + " again (first in line " + before + ")",
                                    "each name once"));
                    continue;
                }
                JsonNode value = convert(entry.getValueNode(), below);
                if (value != null) {
                    object.set(key, value);
                }
            }
            return object;
        }
        if (node instanceof SequenceNode sequence) {
            var array = JsonNodeFactory.instance.arrayNode();
            for (Node item : sequence.getValue()) {
                String below = path + "/" + array.size();
                lines.put(below, lineOf(item));
                JsonNode value = convert(item, below);
                if (value != null) {
                    array.add(value);
                }
            }
            return array;
        }
        ScalarNode scalar = (ScalarNode) node;
        if (scalar.getTag().equals(Tag.NULL)) {
            return null;
        }
        String text = resolve(scalar.getValue(), path);
        return text.isEmpty() ? null : JsonNodeFactory.instance.textNode(text);
    }

    private String keyOf(Node node, String path) {
        if (node instanceof ScalarNode scalar) {
            return resolve(scalar.getValue(), path);
        }
        problem(path, "a key that is not a word", "a word as the key");
        return "?";
    }

    private String resolve(String text, String path) {
        try {
            return placeholders.resolve(text);
        } catch (IllegalArgumentException e) {
            problem(path, e.getMessage(), Placeholders.ALLOWED);
            return "";
        }
    }

    private static int lineOf(Node node) {
        return node.getStartMark().map(Mark::getLine).orElse(0) + 1;
    }
}
