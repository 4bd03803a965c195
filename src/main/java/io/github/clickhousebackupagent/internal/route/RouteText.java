package io.github.clickhousebackupagent.internal.route;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
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

/**
 * Looks for what is wrong with the files as text, which Camel passes over: one id in two files is
 * one route to it, and of a key that stands twice it takes the last.
 */
final class RouteText {

    /** A file that holds no more than that can be a route, and not a bomb of aliases. */
    private static final int MOST_CODE_POINTS = 1_000_000;

    /** What the agent makes routes of. */
    private static final List<String> TEMPLATES = List.of("target-queue", "schedule");

    private final List<RouteProblem> problems = new ArrayList<>();
    private final Map<String, String> ids = new HashMap<>();
    private final Map<String, Node> documents = new LinkedHashMap<>();

    private RouteText() {}

    /**
     * Reads files of routes.
     *
     * @throws RouteException if anything is wrong
     */
    static RouteText of(RouteFiles files) {
        RouteText text = new RouteText();
        for (Path file : files.paths()) {
            text.check(file.toString(), new String(files.content(file), StandardCharsets.UTF_8));
        }
        for (String template : TEMPLATES) {
            if (!text.ids.containsKey("routetemplate " + template)) {
                text.problems.add(
                        new RouteProblem(
                                files.folder().toString(),
                                null,
                                "found no route template " + template,
                                "one of that name, which the agent makes routes of"));
            }
        }
        if (!text.problems.isEmpty()) {
            throw new RouteException(text.problems);
        }
        return text;
    }

    /** A place in a file. */
    record Place(String file, Integer line) {}

    /**
     * Returns where a part of a route stands.
     *
     * @param route its id
     * @param told what Camel says of the part: the longest value of the route that it names is
     *     meant
     */
    Optional<Place> place(String route, String told) {
        for (Map.Entry<String, Node> document : documents.entrySet()) {
            if (document.getValue() instanceof SequenceNode list) {
                for (Node item : list.getValue()) {
                    Optional<Node> id = idOf(item).filter(node -> text(node).equals(route));
                    if (id.isPresent()) {
                        Node best =
                                scalars(item)
                                        .filter(node -> node != id.get())
                                        .filter(node -> told.contains(text(node)))
                                        .max(Comparator.comparingInt(node -> text(node).length()))
                                        .filter(node -> text(node).length() > 1)
                                        .map(Node.class::cast)
                                        .orElse(id.get());
                        return Optional.of(new Place(document.getKey(), line(best)));
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<Node> idOf(Node item) {
        return item instanceof MappingNode mapping && !mapping.getValue().isEmpty()
                ? Optional.of(mapping.getValue().get(0).getValueNode())
                        .filter(MappingNode.class::isInstance)
                        .flatMap(definition -> find((MappingNode) definition, "id"))
                : Optional.empty();
    }

    /** Returns the values below a node, without the names. */
    private static Stream<ScalarNode> scalars(Node node) {
        if (node instanceof SequenceNode list) {
            return list.getValue().stream().flatMap(RouteText::scalars);
        }
        if (node instanceof MappingNode mapping) {
            return mapping.getValue().stream()
                    .map(NodeTuple::getValueNode)
                    .flatMap(RouteText::scalars);
        }
        return node instanceof ScalarNode scalar ? Stream.of(scalar) : Stream.empty();
    }

    /** Returns what stands in the files, by their names; nothing of those that are empty. */
    Map<String, Node> documents() {
        return documents;
    }

    private void check(String file, String content) {
        try {
            LoadSettings settings =
                    LoadSettings.builder()
                            .setLabel(file)
                            .setCodePointLimit(MOST_CODE_POINTS)
                            .build();
            Optional<Node> root = new Compose(settings).composeString(content);
            if (root.isEmpty()) {
                return; // Nothing but comments: the way to switch a file off.
            }
            documents.put(file, root.get());
            if (root.get() instanceof SequenceNode list) {
                keysOnce(file, list);
                for (Node item : list.getValue()) {
                    item(file, item);
                }
            } else if (!isCustomResource(root.get())) {
                problems.add(
                        new RouteProblem(
                                file,
                                line(root.get()),
                                "found no list",
                                "a list of routes, each with '- ' before it"));
            }
        } catch (MarkedYamlEngineException e) {
            problems.add(
                    new RouteProblem(
                            file,
                            e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(null),
                            e.getProblem(),
                            "YAML"));
        } catch (YamlEngineException e) {
            problems.add(new RouteProblem(file, null, e.getMessage(), "YAML"));
        }
    }

    /** Camel reads those, too: an Integration or a Pipe, as Camel K has them. */
    private static boolean isCustomResource(Node root) {
        return root instanceof MappingNode mapping && find(mapping, "apiVersion").isPresent();
    }

    private void item(String file, Node item) {
        if (!(item instanceof MappingNode mapping)) {
            return; // Camel says what it can be.
        }
        for (NodeTuple entry : mapping.getValue()) {
            String what = text(entry.getKeyNode());
            if (entry.getValueNode() instanceof MappingNode definition) {
                find(definition, "id").ifPresent(id -> id(file, what, id));
            }
        }
    }

    private void id(String file, String what, Node id) {
        String kind = what.toLowerCase(Locale.ROOT).replace("-", "");
        String place = file + ":" + line(id);
        String before = ids.putIfAbsent(kind + " " + text(id), place);
        if (before != null) {
            problems.add(
                    new RouteProblem(
                            file,
                            line(id),
                            "found the id %s again (first in %s)".formatted(text(id), before),
                            "each id once in all files"));
        }
    }

    private void keysOnce(String file, Node node) {
        if (node instanceof SequenceNode list) {
            list.getValue().forEach(item -> keysOnce(file, item));
        } else if (node instanceof MappingNode mapping) {
            Map<String, Integer> lines = new HashMap<>();
            for (NodeTuple entry : mapping.getValue()) {
                String key = text(entry.getKeyNode());
                int line = line(entry.getKeyNode());
                Integer before = lines.putIfAbsent(key, line);
                if (before != null) {
                    problems.add(
                            new RouteProblem(
                                    file,
                                    line,
                                    "found the name %s again (first in line %d)"
                                            .formatted(key, before),
                                    "each name once; a list takes several"));
                }
                keysOnce(file, entry.getValueNode());
            }
        }
    }

    static Optional<Node> find(MappingNode mapping, String key) {
        return mapping.getValue().stream()
                .filter(entry -> text(entry.getKeyNode()).equals(key))
                .map(NodeTuple::getValueNode)
                .findFirst();
    }

    static String text(Node node) {
        return node instanceof ScalarNode scalar ? scalar.getValue() : "";
    }

    static Integer line(Node node) {
        return node.getStartMark().map(Mark::getLine).map(line -> line + 1).orElse(null);
    }
}
